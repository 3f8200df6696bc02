// Verifies a webhook as its receivers do, by npm `standardwebhooks`: reads {"secret", "headers", "body"} from
// standard input, and prints what the library gives back. Nothing that is not signed comes out.

import { Webhook } from "standardwebhooks";

let text = "";
for await (const part of process.stdin) text += part;
const { secret, headers, body } = JSON.parse(text);
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
