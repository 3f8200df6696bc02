// The contract's numbers, and what is checked by them, as the host does.

const KIB = 1024;
export const SETTINGS = {
  bytes: 1024 * KIB,
  count: 4_096,
  valueBytes: 8 * KIB,
  deltaBytes: 256 * KIB,
};
export const PATH = { bytes: 1_024, names: 32, nameBytes: 255 };
export const TOASTS = {
  run: 8,
  hour: 60,
  changes: 32,
  bytes: 5 * KIB,
  choices: 5,
  hints: 16,
  uriBytes: 1_024,
};
export const WORK = { keys: 16, keyBytes: 64, bytes: 8 * KIB };
export const LOG = { bytes: 64 * KIB, lines: 1_000, lineBytes: 2 * KIB };
const KEY_BYTES = 64;

const encoder = new TextEncoder();

export const bytesOf = (text) => encoder.encode(text ?? "").length;

/** An error of the contract, as the runtime throws it. */
export function refuse(tag, val) {
  return Object.assign(new Error(tag), { payload: { tag, val } });
}

/** Throws what is wrong with a setting's path. */
export function checkPath(path) {
  const names = path.split("/");
  const wrong =
    (path === "" && "a path has at least one name") ||
    (bytesOf(path) > PATH.bytes && "a path has at most 1,024 bytes") ||
    (names.length > PATH.names && "a path has at most 32 names") ||
    (names.includes("") && "a name in a path has at least 1 byte") ||
    (names.some((name) => bytesOf(name) > PATH.nameBytes) &&
      "a name in a path has at most 255 bytes");
  if (wrong) throw refuse("invalid-path", wrong);
}

const isBadKey = (key) => key !== undefined && (key === "" || bytesOf(key) > KEY_BYTES);

export function checkKey(tag, group) {
  if (isBadKey(tag) || isBadKey(group)) {
    throw refuse("invalid", "a tag and a group have 1 to 64 bytes");
  }
}

/** All the text in a value, in bytes; the contract's own words are none of it. */
function textBytes(value) {
  if (typeof value === "string") return bytesOf(value);
  if (Array.isArray(value)) return value.reduce((sum, part) => sum + textBytes(part), 0);
  if (typeof value !== "object" || value === null) return 0;
  const { scenario, placement, ...texts } = value;
  return textBytes(Object.values(texts));
}

/** Throws what is wrong with a toast. */
export function checkToast(toast, imageHosts) {
  if (textBytes(toast) > TOASTS.bytes) throw refuse("too-large", TOASTS.bytes);
  const { actions, inputs, hints, image } = toast;
  const ids = inputs.map((input) => input.id);
  const wrong =
    (toast.title === "" && "the title is empty") ||
    (actions.length > TOASTS.choices && "a toast has at most 5 actions") ||
    (hints.length > TOASTS.hints && "a toast has at most 16 hints") ||
    (bytesOf(image?.uri) > TOASTS.uriBytes && "an image's address has at most 1,024 bytes");
  if (wrong) throw refuse("invalid", wrong);
  checkKey(toast.tag, toast.group);
  const areMany = ids.length > TOASTS.choices;
  if (areMany || inputs.some((input) => input.choices.length > TOASTS.choices)) {
    throw refuse("invalid", "a toast has at most 5 inputs of at most 5 choices");
  }
  if (new Set(ids).size < ids.length) throw refuse("invalid", "two inputs have the same id");
  if (image) checkImage(image.uri, imageHosts);
}

/**
 * An image comes from the app's own folder, or by `https:` from a host that the manifest allows.
 */
function checkImage(uri, hosts) {
  const isGood = uri.startsWith("https://")
    ? hosts.includes(uri.slice("https://".length).split(/[/?#]/)[0])
    : !/[:\\]/.test(uri) && uri.split("/").every((part) => part !== "" && part !== "..");
  if (isGood) return;
  const where = "neither in the app's folder nor on a host that the manifest allows";
  throw refuse("invalid", `the image's address is ${where}`);
}

/** Throws what is wrong with a change to a toast. */
export function checkChange(change) {
  if (textBytes(change) > TOASTS.bytes) throw refuse("too-large", TOASTS.bytes);
  if (change.title === "") throw refuse("invalid", "the title is empty");
}
