// Drives npm `wns` (raw, toast, badge, tile). The library hard-codes https, port 443 and
// login.live.com, so https.request is redirected to the hosts of the plan; the scheme of
// `target.login` (http or https) is used for both. An issued token is reused, as its README asks.
import http from 'node:http';
import https from 'node:https';
import wns from 'wns';
import { asText, run } from './plan.mjs';

const overTls = https.request;
let accessToken;

function redirect({ login, channel }) {
  const request = login.startsWith('https:') ? overTls : http.request;
  https.request = ({ host, hostname, ...rest }, onResponse) => {
    const to = new URL((hostname ?? host) === 'login.live.com' ? login : channel);
    return request({ ...rest, hostname: to.hostname, port: to.port }, onResponse);
  };
}

function start(channel, content, { type, text1, text2, value }, options, done) {
  const texts = () => ({ text1: text1 ?? asText(content), text2 });
  switch (type) {
    case 'toast':
      return wns.sendToastText02(channel, texts(), options, done);
    case 'tile':
      return wns.sendTileSquareText02(channel, texts(), options, done);
    case 'badge':
      return wns.sendBadge(channel, value ?? asText(content), options, done);
    default:
      return wns.sendRaw(channel, asText(content), options, done);
  }
}

await run((target, content, options) => new Promise((resolve, reject) => {
  redirect(target);
  accessToken ??= target.access_token;
  const { client_id, client_secret, channel } = target;
  const settings = { client_id, client_secret, headers: { ...options.headers } };
  if (accessToken) settings.accessToken = accessToken;
  start(channel, content, options, settings, (error, result) => {
    accessToken = (error ?? result).newAccessToken ?? accessToken;
    if (error) reject(error);
    else resolve({ status: result.statusCode });
  });
}));
