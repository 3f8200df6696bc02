#include "bugle_json.h"

/* Arrays and objects inside one another, as in serde_json: bounds the stack. */
#define DEPTH_MAX 127

typedef struct {
    const uint8_t *start, *at, *end;
    const char *reason;
    unsigned depth;
} reader;

static bool fail(reader *json, const char *reason)
{
    json->reason = reason;
    return false;
}

/* The byte that comes next; 0, which no JSON has outside of texts, at the end. */
static uint8_t peek(const reader *json)
{
    return json->at < json->end ? *json->at : 0;
}

static bool take(reader *json, uint8_t byte)
{
    bool is_next = peek(json) == byte && json->at < json->end;
    json->at += is_next;
    return is_next;
}

static void skip_space(reader *json)
{
    while (json->at < json->end
           && (*json->at == ' ' || *json->at == '\n' || *json->at == '\t' || *json->at == '\r')) {
        json->at++;
    }
}

static bool word(reader *json, bugle_json *value, bugle_json_kind kind, const char *letters)
{
    value->kind = kind;
    size_t len = strlen(letters);
    if ((size_t)(json->end - json->at) < len || memcmp(json->at, letters, len) != 0) {
        return fail(json, "expected a value");
    }
    json->at += len;
    return true;
}

static bool hex(reader *json, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        uint8_t byte = peek(json);
        uint32_t digit = byte >= '0' && byte <= '9'   ? byte - '0'
                         : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                         : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                                      : 16;
        if (digit == 16) {
            return fail(json, "an escape has four hexadecimal digits behind its `u`");
        }
        *unit = *unit << 4 | digit;
    }
    return true;
}

static uint8_t *encode(uint8_t *to, uint32_t scalar)
{
    if (scalar < 0x80) {
        *to++ = (uint8_t)scalar;
    } else if (scalar < 0x800) {
        *to++ = (uint8_t)(0xc0 | scalar >> 6);
        *to++ = (uint8_t)(0x80 | (scalar & 0x3f));
    } else if (scalar < 0x10000) {
        *to++ = (uint8_t)(0xe0 | scalar >> 12);
        *to++ = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (scalar & 0x3f));
    } else {
        *to++ = (uint8_t)(0xf0 | scalar >> 18);
        *to++ = (uint8_t)(0x80 | (scalar >> 12 & 0x3f));
        *to++ = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (scalar & 0x3f));
    }
    return to;
}

/* Behind `\u`: one scalar value, of one escape or of the two of a surrogate pair. */
static bool unicode(reader *json, uint8_t **to)
{
    uint32_t scalar, low;
    if (!hex(json, &scalar)) {
        return false;
    }
    if (scalar >= 0xd800 && scalar <= 0xdfff) {
        if (scalar > 0xdbff || !take(json, '\\') || !take(json, 'u')) {
            return fail(json, "half of a surrogate pair");
        }
        if (!hex(json, &low)) {
            return false;
        }
        if (low < 0xdc00 || low > 0xdfff) {
            return fail(json, "half of a surrogate pair");
        }
        scalar = 0x10000 + ((scalar - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = encode(*to, scalar);
    return true;
}

static bool escape(reader *json, uint8_t **to)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (take(json, 'u')) {
        return unicode(json, to);
    }
    const char *at = peek(json) == 0 ? NULL : strchr(letters, peek(json));
    if (at == NULL) {
        return fail(json, "an escape that JSON does not know");
    }
    json->at++;
    *(*to)++ = (uint8_t)bytes[at - letters];
    return true;
}

/* To the quote that closes it, which is there; from the first escape on in memory of its own. */
static bool unescape(reader *json, const uint8_t *from, const uint8_t *quote, bugle_string *text)
{
    size_t plain = (size_t)(json->at - from);
    /* No escape is shorter than what it stands for. */
    uint8_t *copy = bugle_alloc((size_t)(quote - from)), *to = copy + plain;
    memcpy(copy, from, plain);
    while (json->at < quote) {
        if (take(json, '\\')) {
            if (!escape(json, &to)) {
                return false;
            }
        } else {
            *to++ = *json->at++;
        }
    }
    *text = (bugle_string){copy, (size_t)(to - copy)};
    return true;
}

/* Behind the quote that opens it. */
static bool string(reader *json, bugle_string *text)
{
    const uint8_t *from = json->at, *quote = from, *escaped = NULL;
    uint8_t high = 0;
    for (; quote < json->end && *quote != '"'; quote++) {
        high |= *quote;
        if (*quote == '\\') {
            escaped = escaped == NULL ? quote : escaped;
            quote++; /* what is escaped closes nothing */
        } else if (*quote < 0x20) {
            json->at = quote;
            return fail(json, "a control character in a text must be escaped");
        }
    }
    if (quote >= json->end) {
        json->at = json->end;
        return fail(json, "the document ends inside a text");
    }
    *text = (bugle_string){(uint8_t *)from, (size_t)(quote - from)};
    if (high >= 0x80 && !bugle_text_of((bugle_bytes){text->ptr, text->len}, text)) {
        return fail(json, "a text is not UTF-8");
    }
    json->at = escaped == NULL ? quote : escaped;
    bool is_good = escaped == NULL || unescape(json, from, quote, text);
    json->at += is_good;
    return is_good;
}

static size_t digits(reader *json)
{
    const uint8_t *from = json->at;
    while (peek(json) >= '0' && peek(json) <= '9') {
        json->at++;
    }
    return (size_t)(json->at - from);
}

/* Whether the digits of a number, the first of which stands for 10 to the power of `exponent`, are
 * at most the largest double. */
static bool is_in_range(const uint8_t *from, const uint8_t *end, int64_t exponent)
{
    /* Halfway between the largest double and what would follow it: what rounds to infinity. */
    static const char most[] = "17976931348623158079";
    for (size_t i = 0; exponent == 308 && most[i] != '\0'; from++) {
        if (from < end && *from == '.') {
            continue;
        }
        char digit = from < end ? (char)*from : '0';
        if (digit != most[i]) {
            return digit < most[i];
        }
        i++;
    }
    return exponent <= 308;
}

static bool exponent(reader *json, int64_t *power)
{
    bool is_negative = take(json, '-');
    if (!is_negative) {
        take(json, '+');
    }
    const uint8_t *from = json->at;
    if (digits(json) == 0) {
        return fail(json, "a number has a digit behind its `e`");
    }
    int64_t value = 0;
    for (; from < json->at; from++) {
        /* More than any document has digits is as good as infinite. */
        value = value > 1000000000 ? value : value * 10 + (*from - '0');
    }
    *power = is_negative ? -value : value;
    return true;
}

static bool number(reader *json, bugle_json *value)
{
    const uint8_t *from = json->at;
    take(json, '-');
    const uint8_t *whole = json->at, *first = NULL;
    bool is_zero = peek(json) == '0';
    size_t count = digits(json);
    if (count == 0 || (is_zero && count > 1)) {
        return fail(json, "a number begins with one 0, or with another digit");
    }
    if (take(json, '.') && digits(json) == 0) {
        return fail(json, "a number has a digit behind its point");
    }
    const uint8_t *end = json->at;
    for (first = whole; first < end && (*first == '0' || *first == '.'); first++) {
    }
    /* What the first digit that counts stands for. */
    int64_t place = (int64_t)count - 1 - (first - whole) + (first > whole + count), power = 0;
    if ((take(json, 'e') || take(json, 'E')) && !exponent(json, &power)) {
        return false;
    }
    if (first < end && !is_in_range(first, end, place + power)) {
        return fail(json, "a number is out of range");
    }
    value->kind = BUGLE_JSON_NUMBER;
    value->text = (bugle_string){(uint8_t *)from, (size_t)(json->at - from)};
    return true;
}

static bool value_of(reader *json, bugle_json *value);

static bool name_of(reader *json, bugle_json *value)
{
    skip_space(json);
    if (!take(json, '"')) {
        return fail(json, "expected the name of a member, in quotes");
    }
    if (!string(json, &value->name)) {
        return false;
    }
    skip_space(json);
    return take(json, ':') ? true : fail(json, "expected `:` behind the name of a member");
}

/* Behind the bracket that opens it. */
static bool values(reader *json, bugle_json *parent, uint8_t close)
{
    if (++json->depth > DEPTH_MAX) {
        return fail(json, "too many arrays and objects inside one another");
    }
    const bugle_json **link = &parent->first;
    skip_space(json);
    for (bool is_open = !take(json, close); is_open;) {
        bugle_json *child = bugle_alloc(sizeof *child);
        memset(child, 0, sizeof *child);
        if ((close == '}' && !name_of(json, child)) || !value_of(json, child)) {
            return false;
        }
        *link = child;
        link = (const bugle_json **)&child->next;
        parent->count++;
        skip_space(json);
        is_open = take(json, ',');
        if (!is_open && !take(json, close)) {
            return fail(json, close == '}' ? "expected `,` or `}`" : "expected `,` or `]`");
        }
    }
    json->depth--;
    return true;
}

static bool value_of(reader *json, bugle_json *value)
{
    skip_space(json);
    switch (peek(json)) {
    case '{':
        json->at++;
        value->kind = BUGLE_JSON_OBJECT;
        return values(json, value, '}');
    case '[':
        json->at++;
        value->kind = BUGLE_JSON_ARRAY;
        return values(json, value, ']');
    case '"':
        json->at++;
        value->kind = BUGLE_JSON_STRING;
        return string(json, &value->text);
    case 'n':
        return word(json, value, BUGLE_JSON_NULL, "null");
    case 'f':
        return word(json, value, BUGLE_JSON_FALSE, "false");
    case 't':
        return word(json, value, BUGLE_JSON_TRUE, "true");
    default:
        if (peek(json) == '-' || (peek(json) >= '0' && peek(json) <= '9')) {
            return number(json, value);
        }
        return fail(json, json->at < json->end ? "expected a value" : "expected a value, but "
                                                                      "the document ends");
    }
}

static void locate(const reader *json, bugle_json_error *error)
{
    *error = (bugle_json_error){json->reason, 1, 1};
    for (const uint8_t *at = json->start; at < json->at; at++) {
        error->column++;
        if (*at == '\n') {
            error->line++;
            error->column = 1;
        }
    }
}

const bugle_json *bugle_json_read(bugle_bytes document, bugle_json_error *error)
{
    reader json = {document.ptr, document.ptr, document.ptr + document.len, NULL, 0};
    bugle_json *value = bugle_alloc(sizeof *value);
    memset(value, 0, sizeof *value);
    bool is_good = value_of(&json, value);
    if (is_good) {
        skip_space(&json);
        is_good = json.at == json.end || fail(&json, "something follows the value");
    }
    if (!is_good && error != NULL) {
        locate(&json, error);
    }
    return is_good ? value : NULL;
}

const bugle_json *bugle_json_member(const bugle_json *value, const char *name)
{
    const bugle_json *found = NULL;
    bugle_string wanted = bugle_text(name);
    bool is_object = value != NULL && value->kind == BUGLE_JSON_OBJECT;
    for (const bugle_json *child = is_object ? value->first : NULL; child; child = child->next) {
        found = bugle_string_equals(child->name, wanted) ? child : found;
    }
    return found;
}

const bugle_string *bugle_json_string(const bugle_json *value)
{
    return value != NULL && value->kind == BUGLE_JSON_STRING ? &value->text : NULL;
}

bool bugle_json_integer(const bugle_json *value, int64_t *number)
{
    if (value == NULL || value->kind != BUGLE_JSON_NUMBER) {
        return false;
    }
    bool is_negative = value->text.ptr[0] == '-';
    int64_t sum = 0;
    for (size_t i = is_negative; i < value->text.len; i++) {
        int digit = value->text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum)
            || __builtin_add_overflow(sum, is_negative ? -digit : digit, &sum)) {
            return false;
        }
    }
    *number = sum;
    return true;
}
