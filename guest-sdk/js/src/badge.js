import { text, u32 } from "./convert.js";
import { host } from "./host.js";

const GLYPHS = [
  "activity",
  "alarm",
  "alert",
  "attention",
  "available",
  "away",
  "busy",
  "error",
  "new-message",
  "paused",
  "playing",
  "unavailable",
];

function markOf(mark) {
  if (typeof mark === "number") return { tag: "number", val: u32(mark, "the badge's number") };
  if (GLYPHS.includes(mark)) return { tag: "glyph", val: mark };
  throw new TypeError(
    `the badge shows a number, or one of ${GLYPHS.join(", ")}, not \`${text(String(mark))}\``,
  );
}

export const badge = {
  get() {
    const mark = host.badge.get();
    if (mark == null) return undefined;
    return mark.tag === "number" ? mark.val >>> 0 : mark.val;
  },
  set(mark) {
    if (host.shortcuts && typeof mark === "number") {
      host.shortcuts.setBadge(u32(mark, "the badge's number"));
      return;
    }
    host.badge.set(markOf(mark));
  },
  clear() {
    host.badge.clear();
  },
};
