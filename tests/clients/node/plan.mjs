// Shared by the drivers: reads the plan from stdin, sends its entries in order, prints one JSON
// line for each. What a library throws becomes a line with `ok` false; only a bad plan or a driver
// that cannot load ends the process with another exit code than 0.
import { text as readAll } from 'node:stream/consumers';

// `send(target, content, options)` returns {ok, status, error} (missing ones mean a silent
// success) or throws; `content` is a Buffer, or null for a push without a body.
export async function run(send) {
  const { target, sends } = JSON.parse(await readAll(process.stdin));
  for (const { name, content, options } of sends) {
    const bytes = content == null ? null : Buffer.from(content, 'base64');
    let verdict;
    try {
      verdict = await send(target, bytes, options ?? {});
    } catch (e) {
      const why = [e.message, e.cause?.message, e.body].filter(Boolean).join(': ');
      verdict = { ok: false, status: e.statusCode, error: why };
    }
    const { ok = true, status = null, error = null } = verdict ?? {};
    const short = error && error.replace(/\s+/g, ' ').trim().slice(0, 200);
    process.stdout.write(`${JSON.stringify({ name, ok, status, error: short })}\n`);
  }
}

// The content as text, for a client that can send nothing else.
export function asText(content) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content ?? undefined);
  } catch {
    throw new Error('not sendable');
  }
}

// The verdict of a user who sends a built request with fetch: whether `ok` is set on the reply.
export async function verdictOf(reply) {
  const body = await reply.text();
  const error = reply.ok ? null : `${reply.statusText} ${body}`;
  return { ok: reply.ok, status: reply.status, error };
}

// The VAPID details of one send: the target's, changed by `vapid_override` (null: send without).
export function vapidOf(target, { vapid_override: override }) {
  return override === null || !(target.vapid || override) ? null : { ...target.vapid, ...override };
}
