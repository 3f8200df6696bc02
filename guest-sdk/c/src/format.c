/* `bugle_format`: what `printf` makes, without the C library's, which has `long double` in software
 * and is as large as the rest of a task. */
#include "format.h"

/* The lengths of arguments. Those that are shorter than an `int` come as one. */
enum { INT, CHAR, SHORT, LONG, LONG_LONG, MAX, SIZE, DIFFERENCE, LONG_DOUBLE };

/* The arguments, behind a pointer that can be handed on. */
typedef struct {
    va_list list;
} arguments;

static void append_many(bugle_builder *to, char byte, size_t count)
{
    static const char spaces[] = "                ", zeros[] = "0000000000000000";
    const char *from = byte == '0' ? zeros : spaces;
    for (; count > 0; count -= count < 16 ? count : 16) {
        bugle_append(to, from, count < 16 ? count : 16);
    }
}

char *bugle_put_sign(char *at, const conversion *how, bool is_negative)
{
    if (is_negative || how->has_sign || how->has_space) {
        *at++ = is_negative ? '-' : how->has_sign ? '+' : ' ';
    }
    return at;
}

void bugle_put(bugle_builder *to, const conversion *how, const piece *what, bool is_number)
{
    size_t sign = strlen(what->sign), exponent = strlen(what->exponent);
    size_t len = sign + what->zeros + what->len + what->more_zeros + exponent;
    size_t width = (size_t)how->width, fill = width > len ? width - len : 0;
    bool is_filled_with_zeros = is_number && how->has_zeros && !how->is_left;
    append_many(to, ' ', is_filled_with_zeros || how->is_left ? 0 : fill);
    bugle_append(to, what->sign, sign);
    append_many(to, '0', what->zeros + (is_filled_with_zeros ? fill : 0));
    bugle_append(to, what->body, what->len);
    append_many(to, '0', what->more_zeros);
    bugle_append(to, what->exponent, exponent);
    append_many(to, ' ', how->is_left ? fill : 0);
}

static int64_t next_signed(arguments *from, uint8_t length)
{
    switch (length) {
    case CHAR:
        return (signed char)va_arg(from->list, int);
    case SHORT:
        return (short)va_arg(from->list, int);
    case LONG:
        return va_arg(from->list, long);
    case LONG_LONG:
        return va_arg(from->list, long long);
    case MAX:
        return va_arg(from->list, intmax_t);
    case SIZE:
    case DIFFERENCE:
        return va_arg(from->list, ptrdiff_t);
    default:
        return va_arg(from->list, int);
    }
}

static uint64_t next_unsigned(arguments *from, uint8_t length)
{
    switch (length) {
    case CHAR:
        return (unsigned char)va_arg(from->list, unsigned);
    case SHORT:
        return (unsigned short)va_arg(from->list, unsigned);
    case LONG:
        return va_arg(from->list, unsigned long);
    case LONG_LONG:
        return va_arg(from->list, unsigned long long);
    case MAX:
        return va_arg(from->list, uintmax_t);
    case SIZE:
    case DIFFERENCE:
        return va_arg(from->list, size_t);
    default:
        return va_arg(from->list, unsigned);
    }
}

/* A whole number, whose sign, if it may have one, is in `what` already. */
static void put_number(bugle_builder *to, conversion *how, piece *what, uint64_t number)
{
    char digits[22]; /* 2^64 - 1 has as many in base 8 */
    size_t at = sizeof digits;
    const char *all = how->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = how->letter == 'o' ? 8 : strchr("xXp", how->letter) != NULL ? 16 : 10;
    if (base == 16 && (how->letter == 'p' || (how->is_alternate && number != 0))) {
        memcpy(what->sign, how->letter == 'X' ? "0X" : "0x", 2);
    }
    /* Without a precision 0 is one digit; with the precision 0 it is none. */
    for (bool is_first = how->precision != 0; number != 0 || is_first; is_first = false) {
        digits[--at] = all[number % base];
        number /= base;
    }
    what->body = digits + at;
    what->len = sizeof digits - at;
    if (how->precision >= 0 && (size_t)how->precision > what->len) {
        what->zeros = (size_t)how->precision - what->len;
    }
    bool begins_with_zero = what->zeros > 0 || (what->len > 0 && *what->body == '0');
    if (base == 8 && how->is_alternate && !begins_with_zero) {
        what->zeros = 1;
    }
    how->has_zeros = how->has_zeros && how->precision < 0;
    bugle_put(to, how, what, true);
}

/* A text, which ends at its byte 0, or before that at the precision. */
static void put_text(bugle_builder *to, const conversion *how, const char *text)
{
    piece what = {.body = text == NULL && how->precision != 0 ? "(null)" : text};
    if (how->precision < 0) {
        what.len = strlen(what.body);
    } else if (how->precision > 0) {
        const char *end = memchr(what.body, '\0', (size_t)how->precision);
        what.len = end == NULL ? (size_t)how->precision : (size_t)(end - what.body);
    }
    bugle_put(to, how, &what, false);
}

/* How much room an argument needs that is not known is not known either: nothing behind it can be
 * read. */
static _Noreturn void not_known(const char *percent, const char *end)
{
    bugle_string text = {(uint8_t *)percent, (size_t)(end - percent) + (*end != '\0')};
    bugle_log_error("bugle_format does not know the conversion `%.*s`", BUGLE_ARG(text));
    __builtin_trap();
}

/* A width or precision: digits, or `*` for the next argument. */
static int count_of(const char **format, arguments *from)
{
    if (**format == '*') {
        (*format)++;
        return va_arg(from->list, int);
    }
    int count = 0;
    for (; **format >= '0' && **format <= '9' && count < INT32_MAX / 10; (*format)++) {
        count = 10 * count + (**format - '0');
    }
    return count;
}

static void read_flags(const char **format, conversion *how)
{
    for (;; (*format)++) {
        switch (**format) {
        case '-':
            how->is_left = true;
            break;
        case '+':
            how->has_sign = true;
            break;
        case ' ':
            how->has_space = true;
            break;
        case '#':
            how->is_alternate = true;
            break;
        case '0':
            how->has_zeros = true;
            break;
        default:
            return;
        }
    }
}

static uint8_t length_of(const char **format)
{
    static const char letters[] = "hljztL";
    static const uint8_t lengths[] = {SHORT, LONG, MAX, SIZE, DIFFERENCE, LONG_DOUBLE};
    const char *found = **format == '\0' ? NULL : strchr(letters, **format);
    if (found == NULL) {
        return INT;
    }
    char letter = *(*format)++;
    if ((letter == 'h' || letter == 'l') && **format == letter) {
        (*format)++;
        return letter == 'h' ? CHAR : LONG_LONG;
    }
    return lengths[found - letters];
}

static const char *read_conversion(const char *format, conversion *how, arguments *from)
{
    read_flags(&format, how);
    how->width = count_of(&format, from);
    if (how->width < 0) {
        how->is_left = true;
        how->width = -how->width;
    }
    how->precision = -1;
    if (*format == '.') {
        format++;
        how->precision = count_of(&format, from);
    }
    how->length = length_of(&format);
    how->letter = *format;
    return format;
}

static void put_integer(bugle_builder *to, conversion *how, arguments *from)
{
    piece what = {0};
    uint64_t number;
    if (how->letter == 'd' || how->letter == 'i') {
        int64_t value = next_signed(from, how->length);
        bugle_put_sign(what.sign, how, value < 0);
        number = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    } else if (how->letter == 'p') {
        number = (uintptr_t)va_arg(from->list, void *);
    } else {
        number = next_unsigned(from, how->length);
    }
    put_number(to, how, &what, number);
}

static void put_letter(bugle_builder *to, const conversion *how, int letter)
{
    char byte = (char)letter;
    piece what = {.body = &byte, .len = 1};
    bugle_put(to, how, &what, false);
}

/* Writes one conversion and gives what comes behind it. `percent` is at its `%`. */
static const char *convert(bugle_builder *to, const char *percent, arguments *from)
{
    conversion how = {0};
    const char *end = read_conversion(percent + 1, &how, from);
    bool is_wide = how.length == LONG; /* of `%lc` and `%ls`, which are not known */
    if (*end != '\0' && strchr("diuoxXp", *end) != NULL) {
        put_integer(to, &how, from);
    } else if (*end != '\0' && strchr("aAeEfFgG", *end) != NULL) {
        bugle_put_float(to, &how,
                        how.length == LONG_DOUBLE ? (double)va_arg(from->list, long double)
                                                  : va_arg(from->list, double));
    } else if (*end == 's' && !is_wide) {
        put_text(to, &how, va_arg(from->list, const char *));
    } else if (*end == 'c' && !is_wide) {
        put_letter(to, &how, va_arg(from->list, int));
    } else if (*end == '%') {
        bugle_append(to, "%", 1);
    } else {
        not_known(percent, end);
    }
    return end + 1;
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
