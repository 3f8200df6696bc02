import { attempt } from "../attempt.js";
import { chainOf, placesOf } from "../stack.js";

/** How deep objects are shown; below, only what they are. A line of the log has 2 KiB. */
const DEPTH_MAX = 4;

/** A value as a programmer wants to read it. Never throws. */
export function inspect(value) {
  return show(value, 0, []);
}

const show = (value, depth, parents) => attempt(() => showAny(value, depth, parents));

function showAny(value, depth, parents) {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return `[Function ${value.name || "anonymous"}]`;
    case "object":
      return value === null ? "null" : object(value, depth, parents);
    default:
      return String(value);
  }
}

function object(value, depth, parents) {
  if (value instanceof Error) return error(value);
  if (value instanceof Date) return Number.isNaN(+value) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (parents.includes(value)) return "[Circular]";
  const name = value.constructor?.name ?? "";
  if (depth > DEPTH_MAX) return `[${name || "Object"}]`;
  const inner = (part) => show(part, depth + 1, [...parents, value]);
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (ArrayBuffer.isView(value)) return `${name}(${value.byteLength} bytes)`;
  const prefix = name === "" || name === "Object" ? "" : `${name} `;
  return `${prefix}{${entries(value, inner).join(", ")}}`;
}

function entries(value, inner) {
  if (value instanceof Map) {
    return [...value].map(([key, part]) => `${inner(key)} => ${inner(part)}`);
  }
  if (value instanceof Set) return [...value].map(inner);
  return Object.keys(value).map((key) => `${key}: ${attempt(() => inner(value[key]))}`);
}

function error(value) {
  const chain = chainOf(value).map((part) => [String(part), ...placesOf(part)].join("\n"));
  return chain.join("\ncaused by ");
}
