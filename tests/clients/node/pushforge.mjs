// Drives npm `@pushforge/builder` the way its README does: it builds the request, fetch sends it.
// Always aesgcm, https endpoints only (NODE_EXTRA_CA_CERTS), VAPID compulsory as a JWK. Every
// payload goes through JSON.stringify: content that is JSON arrives compact, other text quoted.
import { buildPushHTTPRequest } from '@pushforge/builder';
import { asText, run, vapidOf, verdictOf } from './plan.mjs';

function jwkOf({ publicKey, privateKey }) {
  const point = Buffer.from(publicKey, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((c) => c.toString('base64url'));
  return { kty: 'EC', crv: 'P-256', x, y, d: privateKey };
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

await run(async (target, content, options) => {
  const { ttl, urgency, topic } = options;
  const vapid = vapidOf(target, options);
  if (!vapid) return { ok: false, error: 'not sendable' };
  const { endpoint, headers, body } = await buildPushHTTPRequest({
    privateJWK: jwkOf(vapid),
    subscription: target.subscription,
    message: {
      payload: jsonOf(asText(content)),
      options: { ttl, urgency, topic },
      adminContact: vapid.subject,
    },
  });
  return verdictOf(await fetch(endpoint, { method: 'POST', headers, body }));
});
