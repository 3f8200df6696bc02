/**
 * What came of a run: the app as it is afterwards, and what the run did. After any end but a good
 * one the app is as it was before, and only the log tells.
 */
export class Report {
  /** How the run ended and what it said: what a failed assertion should show. */
  toString() {
    const { type, message, after } = this.outcome;
    const said = message ?? (after === undefined ? undefined : `after ${after} ms`);
    const lines = this.log.map(({ level, message }) => `${level.padEnd(5)} ${message}`);
    return [said === undefined ? type : `${type}: ${said}`, ...lines].join("\n");
  }

  /** The messages of the log, a line each. */
  get logText() {
    return this.log.map((line) => line.message).join("\n");
  }
}

export function report(outcome, host) {
  const isKept = outcome.type === "completed";
  const app = isKept ? host.app : host.before;
  const areWanted = isKept && host.permissions.toasts;
  return Object.assign(new Report(), {
    outcome,
    settings: Object.fromEntries([...app.settings].map(([path, value]) => [path, inward(value)])),
    settingsVersion: app.version,
    badge: app.badge?.val,
    toasts: areWanted ? host.raised : [],
    toastChanges: areWanted ? host.changes : [],
    resumeWork: isKept ? Object.fromEntries(host.work) : {},
    progress: host.progress,
    log: host.log.lines,
    logLinesDropped: host.log.dropped,
  });
}

const inward = ({ tag, val }) => (tag === "timestamp" ? new Date(val) : val);
