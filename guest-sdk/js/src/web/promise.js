// Nobody calls the callbacks of promises: the engine keeps them for later, and the run is over when
// `run` returns. What a promise still had to do, or had to say of a failure, would be lost without
// a word; so a run that leaves such a promise fails.

const Promise = globalThis.Promise;
const { then } = Promise.prototype;

let isRunning = false;
/** What promises were rejected with. */
let rejections = [];
/** An error that was made where something first waited for a promise. */
let waiting;

/** A run begins. */
export function begin() {
  isRunning = true;
  rejections = [];
  waiting = undefined;
}

/** A run is over, however it ended. */
export function end() {
  isRunning = false;
}

/** Throws if the run that is over left something to promises, or left a failure in one. */
export function refuseLeftovers() {
  if (waiting === undefined && rejections.length === 0) return;
  // What was rejected may be what a callback was to handle.
  if (waiting && rejections.length > 0) [waiting.cause] = rejections;
  throw waiting ?? rejections[0];
}

const nothing = () => {};

/** The engine's promise, which notes what rejects it. */
export const WatchedPromise = new Proxy(Promise, {
  construct(target, [executor], derived) {
    let outcome;
    const rejected = (reason) => {
      if (outcome === undefined) rejections.push(reason);
      outcome ??= "rejected";
    };
    const watched = (resolve, reject) => {
      const onResolve = (value) => {
        outcome ??= "resolved";
        resolve(value);
      };
      const onReject = (reason) => {
        rejected(reason);
        reject(reason);
      };
      try {
        executor(onResolve, onReject);
      } catch (error) {
        rejected(error);
        throw error;
      }
    };
    const isCallable = typeof executor === "function";
    const promise = Reflect.construct(target, [isCallable ? watched : executor], derived);
    // The run fails if it is rejected: in a unit test, Node need not tell of it as well.
    then.call(promise, nothing, nothing);
    return promise;
  },
});

/** `Promise.prototype.then`, which notes that something waits. While a task loads, it works. */
export function watchedThen(...callbacks) {
  if (!isRunning) return then.apply(this, callbacks);
  waiting ??= new TypeError(
    "the run waits for a promise, but its callbacks are never called: the run is over when `run` " +
      "returns, and every call to the host answers at once",
  );
  then.call(this, nothing, nothing);
  return new Promise(nothing);
}
