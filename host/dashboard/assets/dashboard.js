// What pages do beyond being read: they stay as the host is, and forms tell it what to do.
"use strict";

const said = document.getElementById("said");

/** Says one thing to who looks or listens. */
function say(text) {
  said.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (said.textContent = ""), 10_000);
}

/** Clocks of the place where the page is read. */
function localTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    if (!isNaN(moment)) time.textContent = moment.toLocaleTimeString();
  }
}

/** What a person has typed or ticked stays theirs while the rest is renewed. */
function keepWhatWasTyped(old, fresh) {
  for (const field of old.querySelectorAll("input[id], select[id], textarea[id]")) {
    const same = fresh.querySelector("#" + CSS.escape(field.id));
    if (!same) continue;
    same.value = field.value;
    same.checked = field.checked;
  }
}

/** Where the keyboard is, if that is in a region. */
function place(region) {
  const active = document.activeElement;
  return active && region.contains(active) ? { id: active.id, start: active.selectionStart } : null;
}

/** Only to what it was at: what is in its place now may be another toast's. */
function putBack(place) {
  const target = place && document.getElementById(place.id);
  if (!target) return;
  target.focus({ preventScroll: true });
  if (typeof place.start === "number" && target.setSelectionRange) {
    try { target.setSelectionRange(place.start, place.start); } catch { /* not a field of text */ }
  }
}

let renewing = false;
let again = false;

/** Asks for this page as it is now, and takes over the parts that live. */
async function renew() {
  if (renewing) { again = true; return; }
  renewing = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) return over();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const region of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(region.id);
      if (!fresh) continue;
      localTimes(fresh);
      keepWhatWasTyped(region, fresh);
      if (fresh.innerHTML === region.innerHTML) continue;
      const where = place(region);
      // What could not be found again is not taken from under the keyboard.
      if (where && !where.id) continue;
      region.replaceChildren(...document.adoptNode(fresh).childNodes);
      putBack(where);
    }
  } catch {
    // It is away; the stream of events comes back with it.
  } finally {
    renewing = false;
    if (again) { again = false; setTimeout(renew, 250); }
  }
}

let events = null;

/** The host tells that something changed; what it is now is asked for. */
function listen() {
  if (events || document.hidden) return;
  events = new EventSource("/events");
  // Also after it was away, for however long.
  events.onopen = renew;
  events.onmessage = renew;
  events.onerror = () => {
    if (events && events.readyState === EventSource.CLOSED) over();
  };
}

function over() {
  if (events) events.close();
  events = null;
  say("This page is not signed in any more: `bugle dashboard` prints a new link.");
}

// A browser has few connections to one host: those of pages that nobody sees are given back.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return listen();
  if (events) events.close();
  events = null;
});

async function ask(path, method, body, type) {
  const answer = await fetch(path, { method, body, headers: { "content-type": type } });
  const kind = answer.headers.get("content-type") || "";
  const content = kind.startsWith("application/json") ? await answer.json() : await answer.text();
  if (!answer.ok) throw new Error(content.message || answer.statusText);
  return content;
}

/** The fields of a form as a command. */
function commandOf(form, button) {
  const command = { command: (button && button.dataset.command) || form.dataset.command };
  const data = new FormData(form, button && button.name ? button : null);
  for (const name of new Set(data.keys())) {
    if (name === "trigger") command.triggers = data.getAll(name);
    else if (name === "action") command.action = Number(data.get(name));
    else if (data.get(name) !== "") command[name] = data.get(name);
  }
  if (form.dataset.toast) {
    command.toast = form.dataset.toast;
    if (command.command === "choose-toast") {
      const inputs = [...form.querySelectorAll("[data-input]")].filter((field) => field.value !== "");
      command.inputs = inputs.map((field) => [field.dataset.input, field.value]);
    }
  }
  return command;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.command) return;
  event.preventDefault();
  const command = commandOf(form, event.submitter);
  const buttons = [...form.querySelectorAll("button:not(:disabled)")];
  buttons.forEach((button) => (button.disabled = true));
  try {
    const path = form.dataset.path || "/commands";
    const answer = await ask(path, "POST", JSON.stringify(command), "application/json");
    const place = document.getElementById("answer");
    if (place) place.textContent = answer.message;
    say(answer.message);
  } catch (error) {
    say(error.message);
  } finally {
    buttons.forEach((button) => (button.disabled = false));
    renew();
  }
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.dataset.all) {
    for (const box of field.form.elements) if (box.name === field.dataset.all) box.checked = field.checked;
  } else if (field.id === "folder" || field.id === "file") {
    upload([...field.files].map((file) => [file.webkitRelativePath || file.name, file]));
  }
});

/** All files of what was dropped, with their paths. */
async function filesOf(entry, path = "") {
  if (entry.isFile) return [[path + entry.name, await new Promise((ok, no) => entry.file(ok, no))]];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((ok, no) => reader.readEntries(ok, no));
    if (some.length === 0) return files;
    for (const each of some) files.push(...(await filesOf(each, path + entry.name + "/")));
  }
}

/** Hands files over, and shows what they are; nothing is installed yet. */
async function upload(files) {
  const place = document.getElementById("answer");
  try {
    const { upload } = await ask("/uploads", "POST", "{}", "application/json");
    for (const [path, file] of files) {
      const name = path.split("/").map(encodeURIComponent).join("/");
      await ask(`/uploads/${upload}/${name}`, "PUT", file, "application/octet-stream");
    }
    const about = await ask(`/uploads/${upload}/look`, "POST", "{}", "application/json");
    const page = new DOMParser().parseFromString(about.page, "text/html");
    for (const form of page.querySelectorAll("form")) form.dataset.path = `/uploads/${upload}/install`;
    place.replaceChildren(...page.body.childNodes);
  } catch (error) {
    say(error.message);
  }
}

const drop = document.getElementById("drop");
if (drop) {
  const over = (event) => { event.preventDefault(); drop.classList.toggle("over", event.type === "dragover"); };
  drop.addEventListener("dragover", over);
  drop.addEventListener("dragleave", over);
  drop.addEventListener("drop", async (event) => {
    over(event);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    const files = [];
    for (const entry of entries) files.push(...(await filesOf(entry)));
    upload(files);
  });
}

const channel = new URLSearchParams(location.search).get("channel");
const field = document.querySelector("input[name=channel]");
if (channel && field) field.value = channel;

localTimes(document);
listen();
