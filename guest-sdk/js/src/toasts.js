import { kindOf, list, optionalText, text, u32 } from "./convert.js";
import { refusal } from "./error.js";
import { host } from "./host.js";

const MESSAGES = {
  "too-large": (_, max) => `the toast is too large: it may have ${max} bytes of text`,
  "too-many": (_, max) => `too many toasts: no more than ${max} may be raised or changed`,
  invalid: (_, reason) => `the toast is not valid: ${reason}`,
};

const SCENARIOS = ["standard", "reminder", "alarm", "incoming-call", "quiet"];
const PLACEMENTS = ["inline", "app-logo", "hero"];
const NONE = [];

function oneOf(names, value, what) {
  if (names.includes(value)) return value;
  const told = typeof value === "string" ? `\`${value}\`` : kindOf(value);
  throw new TypeError(`${what} is ${told}, not one of ${names.join(", ")}`);
}

const imageOf = ({ uri, alternativeText = "", placement = "inline" }) => ({
  uri: text(uri, "the uri of a toast's image"),
  alternativeText: text(alternativeText, "the alternative text of a toast's image"),
  placement: oneOf(PLACEMENTS, placement, "the placement of a toast's image"),
});

const action = ({ label, argument = "", foreground = false }) => ({
  label: text(label, "the label of a toast's action"),
  argument: text(argument, "the argument of a toast's action"),
  foreground: Boolean(foreground),
});

const choice = ({ id, label }) => ({
  id: text(id, "the id of a choice"),
  label: text(label, "the label of a choice"),
});

const input = ({ id, label, placeholder, choices = [] }) => ({
  id: text(id, "the id of a toast's input"),
  label: optionalText(label, "the label of a toast's input"),
  placeholder: optionalText(placeholder, "the placeholder of a toast's input"),
  choices: list(choices, "the choices of a toast's input").map(choice),
});

function fractionOf(value) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  throw new TypeError(`the fraction of a toast's progress is ${kindOf(value)}, not a number`);
}

const progressOf = ({ title, status, fraction, valueText }) => ({
  title: optionalText(title, "the title of a toast's progress"),
  status: text(status, "the status of a toast's progress"),
  fraction: fractionOf(fraction),
  valueText: optionalText(valueText, "the value text of a toast's progress"),
});

const hint = ([name, value]) => ({ name: text(name, "a hint"), value: text(value, "a hint") });

/** The toast with all its fields: those of the contract's record are all needed. */
function complete(toast) {
  const { image, actions, inputs, progress, scenario, expiresAfter, hints } = toast;
  return {
    title: text(toast.title, "the title of a toast"),
    body: text(toast.body ?? "", "the body of a toast"),
    attribution: optionalText(toast.attribution, "the attribution of a toast"),
    argument: text(toast.argument ?? "", "the argument of a toast"),
    image: image ? imageOf(image) : undefined,
    actions: actions ? list(actions, "the actions of a toast").map(action) : NONE,
    inputs: inputs ? list(inputs, "the inputs of a toast").map(input) : NONE,
    progress: progress ? progressOf(progress) : undefined,
    scenario: scenario ? oneOf(SCENARIOS, scenario, "the scenario of a toast") : "standard",
    silent: toast.silent === true,
    tag: optionalText(toast.tag, "the tag of a toast"),
    group: optionalText(toast.group, "the group of a toast"),
    expiresAfter:
      expiresAfter == null ? undefined : u32(expiresAfter, "the time after which a toast expires"),
    hints: hints ? Object.entries(hints).map(hint) : NONE,
  };
}

function keyOf({ tag, group }) {
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
    const outgoing = complete(toast);
    try {
      host.toasts.show(outgoing);
    } catch (error) {
      throw refusal(error, MESSAGES);
    }
  },
  update({ tag, group, sequence = 0 }, { title, body, progress }) {
    const key = text(tag, "the tag of a toast");
    const inGroup = optionalText(group, "the group of a toast");
    const order = u32(sequence, "the sequence of an update");
    const change = {
      title: optionalText(title, "the title of a toast"),
      body: optionalText(body, "the body of a toast"),
      progress: progress ? progressOf(progress) : undefined,
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
