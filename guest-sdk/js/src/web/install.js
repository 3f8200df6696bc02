// The web's interfaces that the engine lacks. Imported first, so that whatever loads later finds
// them.
import { console } from "./console.js";
import { parseJson } from "./json.js";
import { crypto, random } from "./random.js";
import { performance } from "./performance.js";
import { WatchedPromise, watchedThen } from "./promise.js";
import { structuredClone } from "./structured-clone.js";
import { TextDecoder, TextEncoder } from "./text.js";

const present = { TextDecoder, TextEncoder, console, crypto, performance, structuredClone };
Object.assign(globalThis, present, { Promise: WatchedPromise });
Promise.prototype.then = watchedThen;
JSON.parse = parseJson;
// The engine's own was seeded when the component was built: every run would draw the same numbers.
Math.random = random;
// It would never call anybody back: a run is over when `run` returns.
delete globalThis.queueMicrotask;
