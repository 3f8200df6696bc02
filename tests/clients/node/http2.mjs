// Drives Node's own `http2`: all pushes at once, on one connection, with or without TLS.
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { run } from './plan.mjs';

let session;

await run(async ({ origin, path, copies }, content, options) => {
  const ca = process.env.NODE_EXTRA_CA_CERTS;
  session ??= http2.connect(origin, ca ? { ca: readFileSync(ca) } : {});
  const answers = Array.from({ length: copies }, () => push(path, content, options));
  const statuses = new Set(await Promise.all(answers));
  const [status] = statuses;
  return { ok: statuses.size === 1 && status === 201, status, error: [...statuses].join(' ') };
});
session?.close();

function push(path, content, headers) {
  const request = session.request({ ':method': 'POST', ':path': path, ...headers });
  return new Promise((resolve, reject) => {
    request.on('response', (answer) => resolve(answer[':status'])).on('error', reject);
    request.resume();
    request.end(content);
  });
}
