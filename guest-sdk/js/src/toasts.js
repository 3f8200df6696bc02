import { kindOf, list, optionalText, record, text, u32 } from "./convert.js";
import { refusal } from "./error.js";
import { host } from "./host.js";

const MESSAGES = {
  "too-large": (_, max) => `the toast is too large: it may have ${max} bytes of text`,
  "too-many": (_, max) => `too many toasts: no more than ${max} may be raised or changed`,
  invalid: (_, reason) => `the toast is not valid: ${reason}`,
};

const SCENARIOS = ["standard", "reminder", "alarm", "incoming-call", "quiet"];
const PLACEMENTS = ["inline", "app-logo", "hero"];

function oneOf(names, value, what) {
  if (names.includes(value)) return value;
  const told = typeof value === "string" ? `\`${value}\`` : kindOf(value);
  throw new TypeError(`${what} is ${told}, not one of ${names.join(", ")}`);
}

function imageOf(image) {
  const fields = record(image, "a toast's image", "uri", "alternativeText", "placement");
  const { uri, alternativeText = "", placement = "inline" } = fields;
  return {
    uri: text(uri, "the uri of a toast's image"),
    alternativeText: text(alternativeText, "the alternative text of a toast's image"),
    placement: oneOf(PLACEMENTS, placement, "the placement of a toast's image"),
  };
}

function action(given) {
  const fields = record(given, "a toast's action", "label", "argument", "foreground");
  const { label, argument = "", foreground = false } = fields;
  return {
    label: text(label, "the label of a toast's action"),
    argument: text(argument, "the argument of a toast's action"),
    foreground: Boolean(foreground),
  };
}

function choice(given) {
  const { id, label } = record(given, "a choice", "id", "label");
  return { id: text(id, "the id of a choice"), label: text(label, "the label of a choice") };
}

function input(given) {
  const fields = record(given, "a toast's input", "id", "label", "placeholder", "choices");
  const { id, label, placeholder, choices = [] } = fields;
  return {
    id: text(id, "the id of a toast's input"),
    label: optionalText(label, "the label of a toast's input"),
    placeholder: optionalText(placeholder, "the placeholder of a toast's input"),
    choices: list(choices, "the choices of a toast's input").map(choice),
  };
}

function fractionOf(value) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  throw new TypeError(`the fraction of a toast's progress is ${kindOf(value)}, not a number`);
}

function progressOf(progress) {
  const fields = record(progress, "a toast's progress", "title", "status", "fraction", "valueText");
  const { title, status, fraction, valueText } = fields;
  return {
    title: optionalText(title, "the title of a toast's progress"),
    status: text(status, "the status of a toast's progress"),
    fraction: fractionOf(fraction),
    valueText: optionalText(valueText, "the value text of a toast's progress"),
  };
}

const hint = ([name, value]) => ({ name: text(name, "a hint"), value: text(value, "a hint") });

function hintsOf(hints) {
  const isPlain = typeof hints === "object" && !(Symbol.iterator in hints);
  if (isPlain) return Object.entries(hints).map(hint);
  throw new TypeError(`the hints of a toast are ${kindOf(hints)}, not an object of texts by name`);
}

/**
 * What a toast has unless it says otherwise. The contract's record needs all of its fields; as a
 * prototype they cost nothing.
 */
const DEFAULTS = {
  __proto__: null,
  title: undefined,
  body: "",
  attribution: undefined,
  argument: "",
  image: undefined,
  actions: [],
  inputs: [],
  progress: undefined,
  scenario: "standard",
  silent: false,
  tag: undefined,
  group: undefined,
  expiresAfter: undefined,
  hints: [],
};

/** What each of the rarer fields becomes. */
const RARER = {
  __proto__: null,
  attribution: (value) => text(value, "the attribution of a toast"),
  image: imageOf,
  actions: (value) => list(value, "the actions of a toast").map(action),
  inputs: (value) => list(value, "the inputs of a toast").map(input),
  progress: progressOf,
  scenario: (value) => oneOf(SCENARIOS, value, "the scenario of a toast"),
  silent: Boolean,
  expiresAfter: (value) => u32(value, "the time after which a toast expires"),
  hints: hintsOf,
};

function complete(toast) {
  const { title, body, argument, tag, group, ...rarer } = toast;
  const whole = { __proto__: DEFAULTS, title: text(title, "the title of a toast") };
  if (body != null) whole.body = text(body, "the body of a toast");
  if (argument != null) whole.argument = text(argument, "the argument of a toast");
  if (tag != null) whole.tag = text(tag, "the tag of a toast");
  if (group != null) whole.group = text(group, "the group of a toast");
  for (const field in rarer) {
    const convert = RARER[field];
    if (!convert) throw new TypeError(`a toast has no field \`${field}\``);
    if (rarer[field] != null) whole[field] = convert(rarer[field]);
  }
  return whole;
}

/** What names a toast that the shortcut `show` shows. */
const TAG = 1;
const GROUP = 2;

/**
 * Shows a toast that has none of the rarer fields; otherwise does nothing, and says so. What is wrong
 * with a toast `complete` tells.
 */
function showShort(toast) {
  const { title, body = "", argument = "", tag, group } = toast;
  let fields = 1;
  let names = 0;
  if (toast.body !== undefined) fields += 1;
  if (toast.argument !== undefined) fields += 1;
  if (tag !== undefined) {
    fields += 1;
    names = TAG;
  }
  if (group !== undefined) {
    fields += 1;
    names |= GROUP;
  }
  if (Object.keys(toast).length !== fields) return false;
  const isText = typeof title === "string" && typeof body === "string" &&
    typeof argument === "string" && typeof (tag ?? "") === "string" &&
    typeof (group ?? "") === "string";
  // A separator, so that two halves of a surrogate pair do not become one.
  if (!isText || !`${title}\n${body}\n${argument}\n${tag}\n${group}`.isWellFormed()) return false;
  const error = host.shortcuts.show(title, body, argument, tag ?? "", group ?? "", names);
  if (error) throw refusal({ payload: error }, MESSAGES);
  return true;
}

function keyOf(key) {
  const { tag, group } = record(key, "what names a toast", "tag", "group");
  return [optionalText(tag, "the tag of a toast"), optionalText(group, "the group of a toast")];
}

function hide(tag, group) {
  try {
    host.toasts.hide(tag, group);
  } catch (error) {
    throw refusal(error, MESSAGES);
  }
}

export const toasts = {
  get permitted() {
    return host.toasts.permitted();
  },
  show(toast) {
    if (host.shortcuts && showShort(toast)) return;
    const outgoing = complete(toast);
    try {
      host.toasts.show(outgoing);
    } catch (error) {
      throw refusal(error, MESSAGES);
    }
  },
  update(toast, changed) {
    const named = record(toast, "what names a toast", "tag", "group", "sequence");
    const { tag, group, sequence = 0 } = named;
    const { title, body, progress } = record(changed, "a change", "title", "body", "progress");
    const key = text(tag, "the tag of a toast");
    const inGroup = optionalText(group, "the group of a toast");
    const order = u32(sequence, "the sequence of an update");
    const change = {
      title: optionalText(title, "the title of a toast"),
      body: optionalText(body, "the body of a toast"),
      progress: progress == null ? undefined : progressOf(progress),
    };
    try {
      host.toasts.update(key, inGroup, order, change);
    } catch (error) {
      throw refusal(error, MESSAGES);
    }
  },
  hide(key) {
    const [tag, group] = keyOf(key);
    if (tag === undefined && group === undefined) {
      throw new TypeError("which toast: `hide` needs a tag or a group; `hideAll` hides all");
    }
    hide(tag, group);
  },
  hideAll() {
    hide(undefined, undefined);
  },
};
