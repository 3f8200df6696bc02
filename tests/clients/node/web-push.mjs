// Drives npm `web-push` (its API). Always speaks TLS, whatever the scheme of the endpoint: give it
// the server's certificate in NODE_EXTRA_CA_CERTS. Does not check the size of the content.
import webPush from 'web-push';
import { run, vapidOf } from './plan.mjs';

await run(async (target, content, options) => {
  const settings = { vapidDetails: vapidOf(target, options) };
  if (options.ttl !== undefined) settings.TTL = options.ttl;
  if (options.urgency) settings.urgency = options.urgency;
  if (options.topic) settings.topic = options.topic;
  if (options.encoding) settings.contentEncoding = options.encoding;
  const reply = await webPush.sendNotification(target.subscription, content, settings);
  return { status: reply.statusCode };
});
