// Drives npm `ntfy`. Text only, not empty; success needs a 2xx answer with a JSON body; the status
// is not shown by the library. Header values (title, tags) must be Latin-1.
import { NtfyClient } from 'ntfy';
import { asText, run } from './plan.mjs';

await run(async ({ server, topic, token }, content, options) => {
  const client = new NtfyClient({ server, topic, ...(token && { authorization: token }) });
  await client.publish({ ...options, message: asText(content) });
});
