import { SETTINGS, bytesOf, checkPath, refuse } from "./limits.js";

const valueBytes = ({ val }) =>
  typeof val === "string" ? bytesOf(val) : val instanceof Uint8Array ? val.length : 8;

const size = (path, value) => bytesOf(path) + valueBytes(value);

/** The bytes of a text compared, which is how the host orders names. */
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The app's settings during a run. */
export class Settings {
  /** How many bytes the run changed; every change counts, also one of what it changed before. */
  #changed = 0;
  #app;

  constructor(app) {
    this.#app = app;
  }

  get(path) {
    checkPath(path);
    return this.#app.settings.get(path) ?? null;
  }

  set(path, value) {
    checkPath(path);
    const { settings } = this.#app;
    if (valueBytes(value) > SETTINGS.valueBytes) {
      throw refuse("value-too-large", SETTINGS.valueBytes);
    }
    const others = [...settings].filter(([other]) => other !== path);
    const total = others.reduce((sum, entry) => sum + size(...entry), size(path, value));
    if (total > SETTINGS.bytes) throw refuse("quota-exceeded", SETTINGS.bytes);
    if (others.length >= SETTINGS.count) throw refuse("too-many", SETTINGS.count);
    this.#change(size(path, value));
    settings.set(path, structuredClone(value));
  }

  remove(path) {
    checkPath(path);
    if (!this.#app.settings.has(path)) return false;
    this.#change(bytesOf(path));
    return this.#app.settings.delete(path);
  }

  clear(container) {
    const paths = this.#below(container);
    this.#change(paths.reduce((sum, path) => sum + bytesOf(path), 0));
    paths.forEach((path) => this.#app.settings.delete(path));
    return paths.length;
  }

  items(container, after, limit) {
    const start = container === "" ? 0 : container.length + 1;
    const found = this.#below(container).map((path) => path.slice(start).split("/"));
    const kinds = new Map(found.map(([name, ...rest]) => [`${name}/${rest.length > 0}`, name]));
    const items = [...kinds].map(([kind, name]) => ({ name, isContainer: kind.endsWith("true") }));
    items.sort((a, b) => byBytes(a.name, b.name) || a.isContainer - b.isContainer);
    const left = after == null ? items : items.filter((item) => byBytes(item.name, after) > 0);
    // A name that is both counts once.
    const names = [...new Set(left.map((item) => item.name))].slice(0, Math.max(limit, 1));
    const page = left.filter((item) => names.includes(item.name));
    return { items: page, next: page.length < left.length ? names.at(-1) : null };
  }

  version() {
    return this.#app.version;
  }

  setVersion(version) {
    this.#app.version = version >>> 0;
  }

  #below(container) {
    if (container !== "") checkPath(container);
    const prefix = container === "" ? "" : `${container}/`;
    return [...this.#app.settings.keys()].filter((path) => path.startsWith(prefix));
  }

  #change(bytes) {
    if (this.#changed + bytes > SETTINGS.deltaBytes) {
      throw refuse("quota-exceeded", SETTINGS.deltaBytes);
    }
    this.#changed += bytes;
  }
}
