/** Background tasks in AssemblyScript: see README.md. */

export { task } from "./task";
export {
  Trigger, RawNotification, ToastActivation, ToastDismissal, TimerTick, ApplicationRequest,
  ChannelExpiry, SystemEvent, CustomEvent, Pair, TriggerKind, Dismissal,
} from "./trigger";
export { Failure, FailureCode, TaskError, TaskErrorKind } from "./outcome";
export { settings, Got, Item } from "./settings";
export {
  toasts, Toast, ToastUpdate, Action, Input, Choice, Image, Progress, Scenario, Placement,
} from "./toasts";
export { badge, Mark, Glyph } from "./badge";
export { context, Cancellation, CancellationReason } from "./context";
export { log, Level } from "./log";
export { Json, JsonKind, JsonResult } from "./json";
export { decodeText, encodeText, byteLength } from "./text";
