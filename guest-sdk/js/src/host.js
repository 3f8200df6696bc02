/**
 * The host's side of the contract, one object for each interface of `wit/`, in the shape in which
 * the runtime gives it: names in camel case, variants as `{ tag, val }`, options as the value or
 * null or undefined, errors thrown with a `payload`. In a component it is the host itself, in a
 * unit test the one of `testing/`. `takesUnsigned` says that numbers of 32 bits may be above 2^31 -
 * 1. `shortcuts`, in QuickJS only, do what tasks do most without the objects that the contract's
 * functions take and give, which cost that engine more than all else: they return an error.
 */
export let host;

/** Connects the SDK with a host; gives back the one before. */
export function connect(next) {
  const before = host;
  host = next;
  return before;
}

const absent = new Proxy(
  {},
  {
    get(_, name) {
      throw new Error(
        `\`${String(name)}\` needs a host: call it from \`run\`, not from the top level of the ` +
          "task, which runs once when the component is built; in a test, wake the task by " +
          "`wake` of `bugle/testing`",
      );
    },
  },
);

/** No host: while a component is being built, and in a test outside of a run. */
export const disconnected = {
  badge: absent,
  context: absent,
  localSettings: absent,
  /** Libraries may say something as they load; nobody is there to read it. */
  log: { write() {} },
  toasts: absent,
};

connect(disconnected);
