import { Level, log } from "./log";

/** What `throw`, a failed assertion or an index out of bounds leaves in the log before it traps. */
export function abort(
  message: string | null, file: string | null, line: u32, column: u32,
): void {
  const what = message == null ? "aborted" : message;
  const where = file == null ? "" : ` at ${file}:${line}:${column}`;
  log.write(Level.Error, what + where);
  unreachable();
}
