import type { Toast } from "#bugle";

/** One mail, as the push has it. */
export interface Mail {
  readonly id: string;
  readonly from: string;
  readonly subject: string;
  readonly preview?: string;
}

/** The most bytes an id may have, since it is also the tag of a toast. */
const ID_BYTES_MAX = 64;

/** A push is UTF-8; a byte order mark is not skipped, since JSON has none. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The mails of a push, the oldest first. Throws an error that says where the push is not JSON, or
 * which mail is not as it should be.
 */
export function parse(content: Uint8Array): Mail[] {
  const list = json(content);
  if (!Array.isArray(list)) {
    throw new Error("the push is not a JSON list of mails, but another value");
  }
  return list.map(mail);
}

function json(content: Uint8Array): unknown {
  try {
    const text = utf8.decode(content);
    const value: unknown = JSON.parse(text);
    if (text.includes("\\u")) refuseHalves(value);
    return value;
  } catch (error) {
    throw new Error(`the push is not a JSON list of mails: ${(error as Error).message}`);
  }
}

/** What JSON writes for half of a surrogate pair, after an even number of backslashes. */
const HALF = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** Half of a surrogate pair is no text, though JSON can write it. */
function refuseHalves(value: unknown): void {
  if (HALF.test(JSON.stringify(value))) throw new SyntaxError("half of a surrogate pair");
}

/** What JSON may have where a mail is expected: anything. */
type Fields = Readonly<Partial<Record<keyof Mail, unknown>>> | null;

/** A mail from JSON. Fields that are not known are ignored, so that the sender may add some. */
function mail(value: Fields, at: number): Mail {
  const { id, from, subject, preview } = value ?? NO_FIELDS;
  if (typeof id !== "string") throw lacks("id", at);
  const bytes = bytesOf(id);
  if (bytes < 1 || bytes > ID_BYTES_MAX) {
    const range = `not 1 to ${ID_BYTES_MAX}`;
    throw new Error(`mail ${at + 1} of the push has an id of ${bytes} bytes, ${range}`);
  }
  if (typeof from !== "string") throw lacks("from", at);
  if (typeof subject !== "string") throw lacks("subject", at);
  return { id, from, subject, preview: typeof preview === "string" ? preview : undefined };
}

const NO_FIELDS: NonNullable<Fields> = {};

function lacks(name: string, at: number): Error {
  return new Error(`mail ${at + 1} of the push has no text \`${name}\``);
}

/** How long an id is in UTF-8. A unit has up to 3 bytes, so that short ids need no closer look. */
function bytesOf(id: string): number {
  const { length } = id;
  return length * 3 <= ID_BYTES_MAX ? length : new TextEncoder().encode(id).length;
}

/** The mails that come after the one that was announced last; all, if it is not among them. */
export function after(mails: readonly Mail[], last: string | undefined): readonly Mail[] {
  if (last === undefined) return mails;
  return mails.slice(mails.findLastIndex((mail) => mail.id === last) + 1);
}

/** The mail as a toast that a later push of the same mail replaces. */
export function toToast({ id, from, subject, preview }: Mail): Toast {
  const body = preview === undefined ? subject : `${subject}\n${preview}`;
  return { title: from || "Unknown sender", body, tag: id, group: "mail", argument: id };
}
