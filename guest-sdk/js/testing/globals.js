import { console } from "../src/web/console.js";
import { WatchedPromise, watchedThen } from "../src/web/promise.js";
import { crypto, random } from "../src/web/random.js";

/** A `Date` whose clock stands at a time. It stays what `instanceof` knows. */
function dateAt(now) {
  return new Proxy(Date, {
    construct: (date, given, derived) => {
      return Reflect.construct(date, given.length === 0 ? [now] : given, derived);
    },
    apply: (date) => new date(now).toString(),
    get: (date, name) => (name === "now" ? () => now : Reflect.get(date, name)),
  });
}

/** What a component has in place of Node's own, as the object, the name, and the value. */
const replacements = (now) => [
  [globalThis, "Date", dateAt(now)],
  [globalThis, "Promise", WatchedPromise],
  [globalThis, "console", console],
  [globalThis, "crypto", crypto],
  // Time advances with the work done, of which native code does none.
  [globalThis, "performance", { now: () => 0 }],
  [Math, "random", random],
  [Promise.prototype, "then", watchedThen],
];

/** Puts a component's globals in place of Node's; gives back a function that undoes it. */
export function replaceGlobals(now) {
  const undo = replacements(now).map(([owner, name, value]) => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { value, writable: true, configurable: true });
    return () => Object.defineProperty(owner, name, before);
  });
  return () => undo.forEach((restore) => restore());
}
