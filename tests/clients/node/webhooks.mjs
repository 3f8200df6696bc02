// Signs as senders of webhooks do: by Standard Webhooks (npm `standardwebhooks`), or as GitHub does
// (npm `@octokit/webhooks-methods` for what is text).

import { createHmac } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { run } from "./plan.mjs";

const signers = {
  standard(key, content, { id, age_s: age = 0, name }) {
    const time = new Date(Date.now() - age * 1000);
    return {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(time / 1000)),
      ...(name && { "idempotency-key": name }),
      "webhook-signature": new Webhook(key).sign(id, time, content.toString()),
    };
  },
  async hub(key, content, { signs }) {
    const signed = signs ?? content;
    // The library signs text only; servers of GitHub's sign whatever they send.
    const signature =
      typeof signed === "string"
        ? await sign(key, signed)
        : `sha256=${createHmac("sha256", key).update(signed).digest("hex")}`;
    return { "x-hub-signature-256": signature };
  },
  nobody: () => ({}),
};

await run(async (target, content, options) => {
  const headers = await signers[options.as](target.key, content, options);
  const answer = await fetch(target.url, { method: "POST", body: content, headers });
  return { ok: answer.ok, status: answer.status, error: answer.ok ? null : await answer.text() };
});
