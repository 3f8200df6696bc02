// A toast as the task laid it out, and what is wrong with it.

const SCENARIOS = ["standard", "reminder", "alarm", "incoming-call", "quiet"];
const PLACEMENTS = ["inline", "app-logo", "hero"];

/** The limits of the contract, which says them in `wit/`. */
const TOAST_BYTES_MAX = 5120;
const KEY_BYTES_MAX = 64;

export function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

export function isKey(key) {
  return key === undefined || (bytesOf(key) >= 1 && bytesOf(key) <= KEY_BYTES_MAX);
}

function readProgress(memory, at) {
  if (memory.u8(at) === 0) return undefined;
  return {
    title: memory.optionAt(at + 8),
    status: memory.stringAt(at + 20),
    fraction: memory.u8(at + 32) === 0 ? undefined : memory.f64(at + 40),
    valueText: memory.optionAt(at + 48),
  };
}

function readImage(memory, at) {
  if (memory.u8(at) === 0) return undefined;
  return {
    uri: memory.stringAt(at + 4),
    alternativeText: memory.stringAt(at + 12),
    placement: PLACEMENTS[memory.u8(at + 20)],
  };
}

export function readToast(memory, at) {
  const pair = (at) => ({ name: memory.stringAt(at), value: memory.stringAt(at + 8) });
  const choice = (at) => ({ id: memory.stringAt(at), label: memory.stringAt(at + 8) });
  const action = (at) => ({
    label: memory.stringAt(at),
    argument: memory.stringAt(at + 8),
    foreground: memory.u8(at + 16) !== 0,
  });
  const input = (at) => ({
    id: memory.stringAt(at),
    label: memory.optionAt(at + 8),
    placeholder: memory.optionAt(at + 20),
    choices: memory.listAt(at + 32, 16, choice),
  });
  return {
    title: memory.stringAt(at),
    body: memory.stringAt(at + 8),
    attribution: memory.optionAt(at + 16),
    argument: memory.stringAt(at + 28),
    image: readImage(memory, at + 36),
    actions: memory.listAt(at + 60, 20, action),
    inputs: memory.listAt(at + 68, 40, input),
    progress: readProgress(memory, at + 80),
    scenario: SCENARIOS[memory.u8(at + 144)],
    silent: memory.u8(at + 145) !== 0,
    tag: memory.optionAt(at + 148),
    group: memory.optionAt(at + 160),
    expiresAfter: memory.u8(at + 172) === 0 ? undefined : memory.u32(at + 176),
    hints: memory.listAt(at + 180, 16, pair),
  };
}

export function readUpdate(memory, at) {
  return {
    tag: memory.stringAt(at),
    group: memory.optionAt(at + 8),
    sequence: memory.u32(at + 20),
    title: memory.optionAt(at + 24),
    body: memory.optionAt(at + 36),
    progress: readProgress(memory, at + 48),
  };
}

/** The bytes of all texts in a value of whatever shape. */
function textBytes(value) {
  if (typeof value === "string") return bytesOf(value);
  if (typeof value !== "object") return 0;
  return Object.values(value).reduce((sum, inner) => sum + textBytes(inner), 0);
}

/** Why the host would refuse a toast: the error's case and what it has. */
export function refusal(toast) {
  const bytes = textBytes({ ...toast, scenario: "", image: { ...toast.image, placement: "" } });
  const invalid = (reason) => ({ tag: 2, reason });
  if (bytes > TOAST_BYTES_MAX) return { tag: 0, limit: TOAST_BYTES_MAX };
  if (toast.title === "") return invalid("the title is empty");
  if (toast.actions.length > 5) return invalid("a toast has at most 5 actions");
  if (toast.hints.length > 16) return invalid("a toast has at most 16 hints");
  if (!isKey(toast.tag) || !isKey(toast.group)) {
    return invalid("a tag and a group have 1 to 64 bytes");
  }
  if (toast.inputs.length > 5 || toast.inputs.some((input) => input.choices.length > 5)) {
    return invalid("a toast has at most 5 inputs of at most 5 choices");
  }
  if (new Set(toast.inputs.map((input) => input.id)).size < toast.inputs.length) {
    return invalid("two inputs have the same id");
  }
  return undefined;
}
