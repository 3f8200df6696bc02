// Drives the command line program of npm `web-push`: text only, TLS only. It always exits with 0
// (the verdict is in what it prints), shows a status only for a refusal, reads an all-digit text as
// a number (and refuses it), and takes a TTL of 0 for "not given".
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { asText, run, vapidOf } from './plan.mjs';

const program = createRequire(import.meta.url).resolve('web-push/src/cli.js');
const start = promisify(execFile);

await run(async ({ subscription, ...target }, content, options) => {
  const text = asText(content);
  if (text.includes('\0')) return { ok: false, error: 'not sendable' };
  const vapid = vapidOf(target, options);
  const given = {
    endpoint: subscription.endpoint,
    key: subscription.keys.p256dh,
    auth: subscription.keys.auth,
    payload: text,
    ttl: options.ttl,
    encoding: options.encoding,
    'vapid-subject': vapid?.subject,
    'vapid-pubkey': vapid?.publicKey,
    'vapid-pvtkey': vapid?.privateKey,
  };
  const args = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  const flags = args.map(([name, value]) => `--${name}=${value}`);
  const { stdout } = await start(process.execPath, [program, 'send-notification', ...flags]);
  if (stdout.startsWith('Push message sent.')) return { ok: true };
  const status = stdout.match(/statusCode: (\d+)/);
  const said = stdout.replace(/^Error sending push message:|\n +at .*/g, '');
  const error = said.replace(/headers: \{.*?\n {2}\},/s, '');
  return { ok: false, status: status ? Number(status[1]) : null, error };
});
