import { byteLength, encodeText, Failure, Json, JsonKind, Toast, toasts } from "bugle";

/** The most bytes an id may have, since it is also the tag of a toast. */
const ID_BYTES_MAX = 64;

/** One mail, as the push has it. */
export class Mail {
  constructor(
    readonly id: string,
    readonly from: string,
    readonly subject: string,
    readonly preview: string | null,
  ) {}

  /** Raises a toast that a later push of the same mail replaces. */
  show(): Failure | null {
    const toast = new Toast(this.from.length > 0 ? this.from : "Unknown sender");
    const preview = this.preview;
    toast.body = preview == null ? this.subject : this.subject + "\n" + preview;
    toast.tag = this.id;
    toast.group = "mail";
    toast.argument = this.id;
    return toasts.show(toast);
  }
}

/** The mails of a push, or why it is no list of mails. */
export class Parsed {
  constructor(readonly mails: Array<Mail>, readonly error: string | null) {}

  static failed(error: string): Parsed {
    return new Parsed([], error);
  }
}

/** Reads the mails of a push, the oldest first. Fields that are not known are ignored. */
export function parse(content: Uint8Array): Parsed {
  const json = Json.read(content);
  const list = json.value;
  if (list == null) {
    const where = `${json.reason} at line ${json.line} column ${json.column}`;
    return Parsed.failed(`the push is not a JSON list of mails: ${where}`);
  }
  if (list.kind != JsonKind.Array) {
    return Parsed.failed("the push is not a JSON list of mails, but another value");
  }
  const mails = new Array<Mail>();
  for (let i = 0; i < list.values.length; i++) {
    const value = list.values[i];
    const wrong = whatIsWrong(value);
    if (wrong != null) return Parsed.failed(`mail ${i + 1} of the push ${wrong}`);
    const id = value.getText("id")!;
    const from = value.getText("from")!;
    mails.push(new Mail(id, from, value.getText("subject")!, value.getText("preview")));
  }
  return new Parsed(mails, null);
}

function whatIsWrong(value: Json): string | null {
  const id = value.getText("id");
  if (id == null) return "has no text `id`";
  const bytes = byteLength(id);
  if (bytes < 1 || bytes > ID_BYTES_MAX) {
    return `has an id of ${bytes} bytes, not 1 to ${ID_BYTES_MAX}`;
  }
  if (value.getText("from") == null) return "has no text `from`";
  return value.getText("subject") == null ? "has no text `subject`" : null;
}

/** The mails that come after the one that was announced last; all, if it is not among them. */
export function after(mails: Array<Mail>, last: string): Array<Mail> {
  for (let at = mails.length - 1; at >= 0; at--) {
    if (mails[at].id == last) return mails.slice(at + 1);
  }
  return mails;
}

/** The ids as a JSON list, for the app to fetch. */
export function ids(mails: Array<Mail>): Uint8Array {
  const quoted = new Array<string>();
  for (let i = 0; i < mails.length; i++) quoted.push(Json.quote(mails[i].id));
  return encodeText("[" + quoted.join(",") + "]");
}
