#include "bugle.h"

/* The bytes of a UTF-8 sequence after its first, by that first byte, and the least that the second
 * may be and the most: shorter forms, surrogates and what lies above U+10FFFF are none. */
static size_t sequence(uint8_t first, uint8_t *least, uint8_t *most)
{
    *least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        return 1;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 2;
    }
    return first >= 0xf0 && first <= 0xf4 ? 3 : 0;
}

bool bugle_text_of(bugle_bytes bytes, bugle_string *text)
{
    const uint8_t *at = bytes.ptr, *end = bytes.ptr + bytes.len;
    while (at < end) {
        if (*at < 0x80) {
            at++;
            continue;
        }
        uint8_t least, most;
        size_t more = sequence(*at, &least, &most);
        if (more == 0 || (size_t)(end - at) <= more || at[1] < least || at[1] > most) {
            return false;
        }
        for (size_t i = 2; i <= more; i++) {
            if ((at[i] & 0xc0) != 0x80) {
                return false;
            }
        }
        at += more + 1;
    }
    *text = (bugle_string){bytes.ptr, bytes.len};
    return true;
}

void bugle_append(bugle_builder *builder, const void *bytes, size_t len)
{
    if (len > builder->capacity - builder->len) {
        /* Twice as much, so that n bytes are moved at most 2 n times; a line of a log at once. */
        size_t capacity = 2 * builder->capacity + (len > 64 ? len : 64);
        uint8_t *larger = bugle_alloc(capacity);
        if (builder->len > 0) {
            memcpy(larger, builder->ptr, builder->len);
        }
        builder->ptr = larger;
        builder->capacity = capacity;
    }
    if (len > 0) {
        memcpy(builder->ptr + builder->len, bytes, len);
        builder->len += len;
    }
}

static void append_number(bugle_builder *to, uint64_t number, unsigned base)
{
    char digits[20]; /* 2^64 - 1 has as many */
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    bugle_append(to, digits + at, sizeof digits - at);
}

static void append_signed(bugle_builder *to, int64_t number)
{
    if (number < 0) {
        bugle_append(to, "-", 1);
    }
    append_number(to, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}

static void append_c_string(bugle_builder *to, const char *text)
{
    text = text == NULL ? "(null)" : text;
    bugle_append(to, text, strlen(text));
}

/* The arguments, behind a pointer that can be handed on. */
typedef struct {
    va_list list;
} arguments;

static int64_t next_signed(arguments *from, int longs)
{
    return longs == 0   ? va_arg(from->list, int)
           : longs == 1 ? va_arg(from->list, long)
                        : va_arg(from->list, long long);
}

static uint64_t next_unsigned(arguments *from, int longs)
{
    return longs == 0   ? va_arg(from->list, unsigned)
           : longs == 1 ? va_arg(from->list, unsigned long)
                        : va_arg(from->list, unsigned long long);
}

/* How many `l` the length before a conversion amounts to; moves on behind it. */
static int length(const char **format)
{
    int longs = 0;
    for (;; (*format)++) {
        switch (**format) {
        case 'l':
            longs++;
            continue;
        case 'j':
            longs = sizeof(intmax_t) == sizeof(long) ? 1 : 2;
            continue;
        case 'z':
            longs = sizeof(size_t) == sizeof(int) ? 0 : 1;
            continue;
        case 'h': /* such arguments come as int */
            continue;
        default:
            return longs;
        }
    }
}

/* Writes one conversion and gives what comes behind it. `percent` is at its `%`. */
static const char *convert(bugle_builder *to, const char *percent, arguments *from)
{
    const char *format = percent + 1;
    if (format[0] == '.' && format[1] == '*' && format[2] == 's') {
        int len = va_arg(from->list, int);
        const char *text = va_arg(from->list, const char *);
        bugle_append(to, text, len < 0 ? 0 : (size_t)len);
        return format + 3;
    }
    int longs = length(&format);
    char letter;
    switch (*format) {
    case 'd':
    case 'i':
        append_signed(to, next_signed(from, longs));
        break;
    case 'u':
        append_number(to, next_unsigned(from, longs), 10);
        break;
    case 'x':
        append_number(to, next_unsigned(from, longs), 16);
        break;
    case 'c':
        letter = (char)va_arg(from->list, int);
        bugle_append(to, &letter, 1);
        break;
    case 's':
        append_c_string(to, va_arg(from->list, const char *));
        break;
    case '%':
        bugle_append(to, "%", 1);
        break;
    default:
        bugle_append(to, percent, (size_t)(format - percent));
        return format;
    }
    return format + 1;
}

bugle_string bugle_format_list(const char *format, va_list list)
{
    arguments from;
    va_copy(from.list, list);
    bugle_builder text = {NULL, 0, 0};
    while (*format != '\0') {
        size_t plain = 0;
        while (format[plain] != '\0' && format[plain] != '%') {
            plain++;
        }
        bugle_append(&text, format, plain);
        format += plain;
        if (*format == '%') {
            format = convert(&text, format, &from);
        }
    }
    va_end(from.list);
    bugle_append(&text, "", 1);
    return (bugle_string){text.ptr, text.len - 1};
}

bugle_string bugle_format(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    bugle_string text = bugle_format_list(format, list);
    va_end(list);
    return text;
}
