// What only the engine itself can show: how numbers and text go through its bindings, and that its
// own functions do what the SDK makes of them. A push names a check; the run is rejected where one
// does not hold.
import contract from "bugle:task/log@0.1.0";
import { TaskError, badge, context, localSettings, toasts } from "#bugle";

function same(seen, expected, what) {
  if (!Object.is(seen, expected)) throw TaskError.rejected(`${what}: ${seen}, not ${expected}`);
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const checks = {
  numbers() {
    for (const number of [5, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      badge.set(number);
      same(badge.get(), number, "badge");
    }
    for (const integer of [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
      localSettings.set("n", integer);
      same(localSettings.get("n", "integer"), integer, "integer");
    }
    for (const float of [0.1, -0, NaN, -Infinity, 2 ** 60]) {
      localSettings.set("n", float, "float");
      same(localSettings.get("n", "float"), float, "float");
    }
    localSettings.set("n", new Date(8.64e15));
    same(localSettings.get("n", "timestamp").getTime(), 8.64e15, "timestamp");
    localSettings.version = 2 ** 32 - 1;
    same(localSettings.version, 2 ** 32 - 1, "version");
  },

  /** Bytes, and what Node's decoder makes of them. */
  decoder() {
    const texts = [
      ["", ""],
      ["61253431c3bce282acf09f9880", "a%41ü€😀"],
      ["efbbbf61", "a"],
      ["61ff62", "a\ufffdb"],
      ["c080", "\ufffd\ufffd"],
      ["eda080", "\ufffd\ufffd\ufffd"],
      ["e28261", "\ufffda"],
      ["f09f98", "\ufffd"],
      ["f4908080", "\ufffd\ufffd\ufffd\ufffd"],
      ["f0808080e0a080", "\ufffd\ufffd\ufffd\ufffd\u0800"],
    ];
    for (const [digits, text] of texts) {
      same(new TextDecoder().decode(bytes(digits)), text, digits);
    }
    same(
      hex(new TextEncoder().encode("a%41ü€😀\ud800")),
      "61253431c3bce282acf09f9880efbfbd",
      "encoder",
    );
    same(hex(new TextEncoder().encode("")), "", "encoder");
  },

  text() {
    localSettings.set("t", "a\ud800");
    same(localSettings.get("t"), "a\ufffd", "half of a surrogate pair");
    localSettings.set("t", Uint8Array.of(1, 2, 3).subarray(1));
    same(hex(localSettings.get("t")), "0203", "a view of bytes");
    toasts.show({ title: "\udc00", actions: [{ label: "\ud83d" }], hints: { sound: "x" } });
    context.onResume("k", "ü");
  },

  /** What the engine was given when it was built must not be what every run draws. */
  randomness() {
    const drawn = [Math.random(), Math.random(), crypto.randomUUID(), hex(context.random(4))];
    same(new Set(drawn).size, drawn.length, "how many differ");
    console.log("%j", drawn);
  },

  time() {
    same(new Date().getFullYear(), 2026, "the year");
    same(Math.abs(Date.now() - context.now().getTime()) <= 1, true, "one clock");
    same(performance.now(), 0, "performance");
  },

  /** Past the SDK, which would refuse it. */
  panic() {
    contract.write("info", 5);
  },

  deep() {
    JSON.parse("[".repeat(4_900));
  },

  wait: async () => {},

  circle() {
    const error = new Error("far");
    error.cause = new RangeError("near", { cause: error });
    throw error;
  },

  rejected() {
    localSettings.set("n", 1);
    Promise.reject(new RangeError("far"));
  },

  helper() {
    localSettings.set("n", 1);
    const helper = async () => {
      throw new RangeError("far");
    };
    helper();
  },

  later() {
    localSettings.set("n", 1);
    const later = async () => {
      await undefined;
      localSettings.set("n", 2);
    };
    later();
  },

  each() {
    const numbers = async function* () {
      yield 1;
    };
    const each = async () => {
      for await (const number of numbers()) localSettings.set("n", number);
    };
    each();
  },

  waits() {
    localSettings.set("n", 1);
    Promise.resolve().then(() => localSettings.set("n", 2));
  },

  console() {
    const hidden = new Proxy({}, {});
    Object.defineProperty(hidden, "x", {
      enumerable: true,
      get() {
        throw new Error("no");
      },
    });
    console.group("group");
    console.log("%d", Symbol("x"), hidden);
    console.groupEnd();
    console.count();
    console.time();
    console.timeEnd();
    console.table([1]);
    console.dir(1);
  },
  parts(push) {
    console.log(push, JSON.stringify({ ...push, content: push.text() }));
    same(push.content, push.content, "content");
    same(push.headers, push.headers, "headers");
    same(push.header("from"), "ada", "header");
    same(push.receivedAt, push.receivedAt, "receivedAt");
  },
};

export function run(trigger) {
  const { content } = trigger.asRawNotification();
  return checks[new TextDecoder().decode(content)](trigger);
}
