import { decodeAt } from "./text";

/** Arrays and objects inside one another, as in the Rust crate `serde_json`: bounds the stack. */
const DEPTH_MAX = 127;

/** Halfway between the largest `f64` and what would follow it: what rounds to infinity. */
const MOST = "17976931348623158079";
/** What its first digit stands for, as a power of ten. */
const EXPONENT_MAX: i64 = 308;

export enum JsonKind {
  Null,
  Boolean,
  Number,
  String,
  Array,
  Object,
}

/** What reading a document gave: a value, or where and why it is not JSON. */
export class JsonResult {
  constructor(
    readonly value: Json | null,
    readonly reason: string,
    /** From 1; columns are bytes. */
    readonly line: i32,
    readonly column: i32,
  ) {}
}

/** A value of a JSON document. */
export class Json {
  /** Of a boolean. */
  boolean: bool = false;
  /** Of a string its text, of a number how it is written: see `number` and `integer`. */
  text: string = "";
  /** Of an array or an object. */
  values: Array<Json> = [];
  /** Of an object, in the order of `values`. */
  names: Array<string> = [];

  constructor(readonly kind: JsonKind) {}

  /**
   * Reads JSON as RFC 8259 has it, and nothing else: one value, UTF-8 (no byte order mark), no half
   * of a surrogate pair, numbers in the range of an `f64`, at most 127 arrays and objects inside
   * one another. The same texts are refused as by `serde_json`.
   */
  static read(document: Uint8Array): JsonResult {
    const reader = new Reader(document);
    const value = reader.document();
    if (value != null && reader.reason == "") return new JsonResult(value, "", 0, 0);
    let line = 1;
    let column = 1;
    for (let at = document.dataStart; at < reader.at; at++) {
      const isEnd = load<u8>(at) == 0x0a;
      line += isEnd ? 1 : 0;
      column = isEnd ? 1 : column + 1;
    }
    return new JsonResult(null, reader.reason, line, column);
  }

  /** The member of a name, the last one if there are more; null if there is none, or no object. */
  get(name: string): Json | null {
    for (let i = this.names.length - 1; i >= 0; i--) {
      if (this.names[i] == name) return this.values[i];
    }
    return null;
  }

  /** The text of the member that is a string; null otherwise. */
  getText(name: string): string | null {
    const member = this.get(name);
    return member != null && member.kind == JsonKind.String ? member.text : null;
  }

  /** The number, as near as an `f64` has it; not-a-number for what is none. */
  get number(): f64 {
    return this.kind == JsonKind.Number ? F64.parseFloat(this.text) : NaN;
  }

  /** Whether it is a number without fraction and exponent that fits an `i64`. */
  get isInteger(): bool {
    if (this.kind != JsonKind.Number) return false;
    const text = this.text;
    const from = text.charCodeAt(0) == 0x2d ? 1 : 0;
    for (let i = from; i < text.length; i++) {
      if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39) return false;
    }
    // JSON has no leading zeros, so that of equally many digits the larger text is the larger number.
    const most = from == 1 ? "9223372036854775808" : "9223372036854775807";
    const digits = text.substring(from);
    return digits.length < most.length || (digits.length == most.length && digits <= most);
  }

  /** The integer; 0 for what is none: see `isInteger`. */
  get integer(): i64 {
    return this.isInteger ? I64.parseInt(this.text) : 0;
  }

  /** The number of the member that is one; the fallback otherwise. */
  getNumber(name: string, fallback: f64 = NaN): f64 {
    const member = this.get(name);
    return member != null && member.kind == JsonKind.Number ? member.number : fallback;
  }

  /** The integer of the member that is one; the fallback otherwise. */
  getInteger(name: string, fallback: i64 = 0): i64 {
    const member = this.get(name);
    return member != null && member.isInteger ? member.integer : fallback;
  }

  /** A text as a JSON string, in quotes. */
  static quote(text: string): string {
    let quoted = '"';
    let plain = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x20 && unit != 0x22 && unit != 0x5c) continue;
      quoted += text.substring(plain, i) + escape(unit);
      plain = i + 1;
    }
    return quoted + text.substring(plain) + '"';
  }
}

function escape(unit: i32): string {
  if (unit >= 0x20) return unit == 0x22 ? '\\"' : "\\\\";
  if (unit >= 8 && unit <= 13 && unit != 11) return "\\" + "btn_fr".charAt(unit - 8);
  return "\\u00" + (unit >> 4).toString(16) + (unit & 15).toString(16);
}

class Reader {
  at: usize;
  reason: string = "";
  private end: usize;
  private depth: i32 = 0;

  constructor(document: Uint8Array) {
    this.at = document.dataStart;
    this.end = document.dataStart + <usize>document.length;
  }

  document(): Json | null {
    const value = this.value();
    if (value == null) return null;
    this.space();
    return this.at == this.end ? value : this.fail("something follows the value");
  }

  private fail(reason: string): Json | null {
    if (this.reason == "") this.reason = reason;
    return null;
  }

  /** The byte that comes next; 0, which no JSON has outside of texts, at the end. */
  private peek(): u8 {
    return this.at < this.end ? load<u8>(this.at) : 0;
  }

  private take(byte: u8): bool {
    if (this.peek() != byte || this.at == this.end) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (this.at < this.end) {
      const byte = load<u8>(this.at);
      if (byte != 0x20 && byte != 0x0a && byte != 0x09 && byte != 0x0d) return;
      this.at++;
    }
  }

  private value(): Json | null {
    this.space();
    switch (this.peek()) {
      case 0x7b: return this.values(JsonKind.Object, 0x7d);
      case 0x5b: return this.values(JsonKind.Array, 0x5d);
      case 0x22: return this.text();
      case 0x6e: return this.word("null", new Json(JsonKind.Null));
      case 0x66: return this.word("false", new Json(JsonKind.Boolean));
      case 0x74: {
        const yes = new Json(JsonKind.Boolean);
        yes.boolean = true;
        return this.word("true", yes);
      }
      default: return this.number();
    }
  }

  private word(letters: string, value: Json): Json | null {
    for (let i = 0; i < letters.length; i++) {
      if (!this.take(<u8>letters.charCodeAt(i))) return this.fail("expected a value");
    }
    return value;
  }

  private values(kind: JsonKind, close: u8): Json | null {
    this.at++;
    if (++this.depth > DEPTH_MAX) {
      return this.fail("too many arrays and objects inside one another");
    }
    const parent = new Json(kind);
    this.space();
    let isOpen = !this.take(close);
    while (isOpen) {
      if (kind == JsonKind.Object && !this.name(parent)) return null;
      const child = this.value();
      if (child == null) return null;
      parent.values.push(child);
      this.space();
      isOpen = this.take(0x2c);
      if (!isOpen && !this.take(close)) return this.fail("expected `,` or the closing bracket");
    }
    this.depth--;
    return parent;
  }

  private name(parent: Json): bool {
    this.space();
    if (this.peek() != 0x22) return this.fail("expected the name of a member, in quotes") != null;
    const name = this.text();
    if (name == null) return false;
    parent.names.push(name.text);
    this.space();
    return this.take(0x3a) || this.fail("expected `:` behind the name of a member") != null;
  }

  private text(): Json | null {
    const from = ++this.at;
    let quote = from;
    let isPlain = true;
    for (; quote < this.end && load<u8>(quote) != 0x22; quote++) {
      const byte = load<u8>(quote);
      if (byte == 0x5c) {
        isPlain = false;
        quote++; // what is escaped closes nothing
      } else if (byte < 0x20) {
        this.at = quote;
        return this.fail("a control character in a text must be escaped");
      }
    }
    if (quote >= this.end) {
      this.at = this.end;
      return this.fail("the document ends inside a text");
    }
    const whole = decodeAt(from, <i32>(quote - from));
    if (whole == null) return this.fail("a text is not UTF-8");
    const value = new Json(JsonKind.String);
    value.text = isPlain ? whole : this.unescape(quote);
    this.at = quote + 1;
    return this.reason == "" ? value : null;
  }

  /** The text up to its closing quote. */
  private unescape(quote: usize): string {
    let text = "";
    while (this.at < quote) {
      const from = this.at;
      while (this.at < quote && load<u8>(this.at) != 0x5c) this.at++;
      text += String.UTF8.decodeUnsafe(from, this.at - from);
      if (this.at == quote) break;
      this.at++;
      text += this.escaped();
      if (this.reason != "") break;
    }
    return text;
  }

  /** Behind the backslash: one scalar value, of one escape or of the two of a surrogate pair. */
  private escaped(): string {
    const letter = this.peek();
    this.at++;
    switch (letter) {
      case 0x22: return '"';
      case 0x5c: return "\\";
      case 0x2f: return "/";
      case 0x62: return "\b";
      case 0x66: return "\f";
      case 0x6e: return "\n";
      case 0x72: return "\r";
      case 0x74: return "\t";
      case 0x75: break;
      default:
        this.fail("an escape that JSON does not know");
        return "";
    }
    const unit = this.hex();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    if (unit < 0xdc00 && this.take(0x5c) && this.take(0x75)) {
      const low = this.hex();
      if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(unit, low);
    }
    this.fail("half of a surrogate pair");
    return "";
  }

  private hex(): i32 {
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const byte = <i32>this.peek();
      const small = byte | 0x20;
      let digit = -1;
      if (byte >= 0x30 && byte <= 0x39) digit = byte - 0x30;
      else if (small >= 0x61 && small <= 0x66) digit = small - 0x61 + 10;
      if (digit < 0) this.fail("an escape has four hexadecimal digits behind its `u`");
      unit = (unit << 4) | (digit & 15);
      this.at++;
    }
    return unit;
  }

  private digits(): i32 {
    const from = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) this.at++;
    return <i32>(this.at - from);
  }

  private number(): Json | null {
    const from = this.at;
    const isNegative = this.take(0x2d);
    const whole = this.at;
    const isZero = this.peek() == 0x30;
    const count = this.digits();
    if (count == 0) {
      return this.fail(isNegative ? "a number has a digit behind its sign" : "expected a value");
    }
    if (isZero && count > 1) return this.fail("a number begins with one 0, or with another digit");
    if (this.take(0x2e) && this.digits() == 0) {
      return this.fail("a number has a digit behind its point");
    }
    const end = this.at;
    let power: i64 = 0;
    if (this.take(0x65) || this.take(0x45)) {
      const sign: i64 = this.take(0x2d) ? -1 : 1;
      if (sign > 0) this.take(0x2b);
      const first = this.at;
      if (this.digits() == 0) return this.fail("a number has a digit behind its `e`");
      for (let at = first; at < this.at; at++) {
        // More than any document has digits is as good as infinite.
        if (power < 1_000_000_000) power = power * 10 + (load<u8>(at) - 0x30);
      }
      power *= sign;
    }
    if (!isInRange(whole, count, end, power)) return this.fail("a number is out of range");
    const value = new Json(JsonKind.Number);
    value.text = String.UTF8.decodeUnsafe(from, this.at - from);
    return value;
  }
}

/** Whether digits, `count` of them before the point, times ten to a power fit into an `f64`. */
function isInRange(whole: usize, count: i32, end: usize, power: i64): bool {
  let first = whole;
  while (first < end && (load<u8>(first) == 0x30 || load<u8>(first) == 0x2e)) first++;
  if (first == end) return true;
  const isFraction: i64 = first > whole + <usize>count ? 1 : 0;
  const place = <i64>count - 1 - <i64>(first - whole) + isFraction + power;
  if (place != EXPONENT_MAX) return place < EXPONENT_MAX;
  for (let i = 0; i < MOST.length; first++) {
    if (first < end && load<u8>(first) == 0x2e) continue;
    const digit = first < end ? <i32>load<u8>(first) : 0x30;
    if (digit != MOST.charCodeAt(i)) return digit < MOST.charCodeAt(i);
    i++;
  }
  return false;
}
