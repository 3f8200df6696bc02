// Drives npm `@block65/webcrypto-web-push` the way its README does: it builds the request, fetch
// sends it. Text only, https endpoints only (NODE_EXTRA_CA_CERTS), VAPID compulsory; every body is
// padded to exactly 4096 bytes and a TTL of 0 becomes 60.
import { buildPushPayload } from '@block65/webcrypto-web-push';
import { asText, run, vapidOf, verdictOf } from './plan.mjs';

await run(async (target, content, options) => {
  const { ttl, urgency, topic } = options;
  const vapid = vapidOf(target, options);
  if (!vapid) return { ok: false, error: 'not sendable' };
  const message = { data: asText(content), options: { ttl, urgency, topic } };
  const request = await buildPushPayload(message, target.subscription, vapid);
  return verdictOf(await fetch(target.subscription.endpoint, request));
});
