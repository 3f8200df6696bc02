export { badge } from "./src/badge.js";
export { context } from "./src/context.js";
export { BugleError } from "./src/error.js";
export { log } from "./src/log.js";
export { localSettings } from "./src/settings.js";
export { TaskError } from "./src/task-error.js";
export { toasts } from "./src/toasts.js";
