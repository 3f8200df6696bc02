// A browser that does what it is told, one line of JSON at a time, and answers each with one: Debian's
// headless Chromium, driven by npm `playwright-core`. Its arguments: the program, its environment as JSON,
// and how it finds names.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [executablePath, environment, names] = process.argv.slice(-3);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath,
  // Root has no sandbox of its own, and where there are no namespaces nobody has; only our pages are opened.
  chromiumSandbox: false,
  args: ["--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", `--host-resolver-rules=${names}`],
  env: { ...process.env, ...JSON.parse(environment) },
});
const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", acceptDownloads: true });
const page = await context.newPage();
page.setDefaultTimeout(20_000);

const asked = new Set();
const complaints = [];
page.on("request", (request) => asked.add(request.url()));
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));

const doings = {
  async open({ url }) {
    const answer = await page.goto(url);
    // No title: a page that leads on may be gone while it is asked for.
    return { status: answer?.status(), url: page.url() };
  },
  async text({ selector }) { return page.locator(selector).first().innerText(); },
  async texts({ selector }) { return page.locator(selector).allInnerTexts(); },
  async wait({ selector, text }) {
    const place = page.locator(selector).filter({ hasText: text }).first();
    await place.waitFor({ state: "attached" });
    // A page that is led to may still be coming: what is behind the element, and its script, which runs last.
    await page.waitForLoadState();
    return place.innerText();
  },
  async gone({ selector }) { await page.locator(selector).first().waitFor({ state: "detached" }); },
  async click({ selector }) { await page.locator(selector).first().click(); },
  async fill({ selector, text }) { await page.locator(selector).first().fill(text); },
  async press({ keys }) { for (const key of keys) await page.keyboard.press(key); },
  async focused() {
    return page.evaluate(() => {
      const at = document.activeElement;
      return (at.id && "#" + at.id) || at.innerText || at.tagName;
    });
  },
  async files({ selector, path }) { await page.locator(selector).setInputFiles(path); },
  // As from a file manager, which hands over folders too.
  async drop({ selector, path }) {
    const { x, y, width, height } = await page.locator(selector).boundingBox();
    const at = { x: x + width / 2, y: y + height / 2 };
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    const session = await context.newCDPSession(page);
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await session.send("Input.dispatchDragEvent", { type, ...at, data });
    }
    await session.detach();
  },
  async evaluate({ code }) { return page.evaluate(code); },
  async look({ width, height, scheme, motion }) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: motion });
  },
  async shot({ path }) { await page.screenshot({ path, animations: "disabled" }); },
  async download({ selector }) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(selector).click()]);
    return readFileSync(await file.path(), "utf8");
  },
  // What is serious to who cannot see, or not well (axe's "serious" and "critical").
  async axe() {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  },
  async asked() { return [...asked]; },
  async complaints() { return complaints.splice(0); },
  async cookies() { return context.cookies(); },
  async offline({ is }) { await context.setOffline(is); },
};

for await (const line of createInterface({ input: process.stdin })) {
  const doing = JSON.parse(line);
  let answer;
  try {
    answer = { ok: (await doings[doing.do](doing)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
await browser.close();
