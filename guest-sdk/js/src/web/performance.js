const engine = globalThis.performance;

/** The engine counts from when the component was built; this, from the first time it is asked. */
let origin;

export const performance = {
  now() {
    const now = engine.now();
    origin ??= now;
    return now - origin;
  },
};
