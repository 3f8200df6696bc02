import { placesOf } from "../stack.js";

/** How deep objects are shown; below, only what they are. A line of the log has 2 KiB. */
const DEPTH_MAX = 4;

/** A value as a programmer wants to read it. */
export function inspect(value, depth = 0, parents = []) {
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
  const inner = (part) => inspect(part, depth + 1, [...parents, value]);
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
  return Object.entries(value).map(([key, part]) => `${key}: ${inner(part)}`);
}

function error(value) {
  return [String(value), ...placesOf(value)].join("\n");
}
