// As `component.js`, for SpiderMonkey: it has the web's interfaces but for the log, and promises
// whose callbacks would be lost are told; it gives the host's functions one by one.
import { console } from "./src/web/console.js";
import { WatchedPromise, watchedThen } from "./src/web/promise.js";
import { run as task } from "bugle-task";
import * as badge from "bugle:task/badge@0.1.0";
import * as localSettings from "bugle:task/local-settings@0.1.0";
import * as log from "bugle:task/log@0.1.0";
import * as context from "bugle:task/task-context@0.1.0";
import * as toasts from "bugle:task/toasts@0.1.0";
import { connect } from "./src/host.js";
import { wrap } from "./src/run.js";

Object.assign(globalThis, { console, Promise: WatchedPromise });
Promise.prototype.then = watchedThen;
connect({ badge, context, localSettings, log, toasts, takesUnsigned: true });

export const entry = { run: wrap(task) };
