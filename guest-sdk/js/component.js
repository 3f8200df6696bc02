// What a component is made from: the SDK, connected with the host's side of the contract, and the
// author's source, which the bundler finds under the name `bugle-task`.
//
// All of this runs once, when the component is built; what is kept is the memory as it is then.
import "./src/web/install.js";
import { run as task } from "bugle-task";
import badge from "bugle:task/badge@0.1.0";
import localSettings from "bugle:task/local-settings@0.1.0";
import log from "bugle:task/log@0.1.0";
import shortcuts from "bugle:task/shortcuts@0.1.0";
import context from "bugle:task/task-context@0.1.0";
import toasts from "bugle:task/toasts@0.1.0";
import { connect } from "./src/host.js";
import { wrap } from "./src/run.js";
import { toPush } from "./src/trigger.js";

connect({ badge, context, localSettings, log, shortcuts, toasts });

export const entry = { run: wrap(task) };
/** For a push, of which the host keeps the parts until they are asked for. */
export const pushed = { run: wrap(task, toPush) };
