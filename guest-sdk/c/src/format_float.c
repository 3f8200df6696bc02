/* Floating point for `bugle_format`, exactly: a double is a whole number times a power of 2, and a
 * negative power of 2 is one of 5 over one of 10, so that all its digits are those of one large
 * whole number. */
#include "format.h"

/* Nine digits a limb. 2^53 times 5^1074, the largest number here, has 767 digits. */
#define LIMB 1000000000u
#define LIMBS 86
#define DIGITS (9 * LIMBS)

/* The powers of 2 and of 5 by which a limb is multiplied at once: what is carried is a limb. */
#define TWOS 29
#define FIVES 12

#define FRACTION_BITS 52
#define DEFAULT_PRECISION 6

/* 0.DIGITS times 10 to the power of `point`: so many digits are before the point. What is behind
 * `count` digits is 0. */
typedef struct {
    char digits[DIGITS];
    int count;
    int point;
} decimal;

/* A number as its bits have it: `whole` times 2 to the power of `power`. */
typedef struct {
    uint64_t whole;
    int power;
} binary;

static binary binary_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    int exponent = (int)(bits >> FRACTION_BITS & 0x7ff);
    binary found = {fraction | (uint64_t)(exponent != 0) << FRACTION_BITS,
                    (exponent != 0 ? exponent : 1) - 1075};
    return found;
}

static int multiply(uint32_t *limbs, int count, uint32_t by)
{
    uint64_t carry = 0;
    for (int i = 0; i < count; i++) {
        carry += (uint64_t)limbs[i] * by;
        limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    limbs[count] = (uint32_t)carry;
    return count + (carry != 0);
}

static void decimal_of(binary number, decimal *made)
{
    while (number.power < 0 && number.whole != 0 && (number.whole & 1) == 0) {
        number.whole >>= 1;
        number.power++;
    }
    uint32_t limbs[LIMBS + 1] = {(uint32_t)(number.whole % LIMB), (uint32_t)(number.whole / LIMB)};
    int count = 2, twos = number.power > 0 ? number.power : 0;
    int fives = number.power < 0 && number.whole != 0 ? -number.power : 0;
    made->point = -fives;
    for (; twos > 0; twos -= TWOS) {
        count = multiply(limbs, count, UINT32_C(1) << (twos < TWOS ? twos : TWOS));
    }
    for (; fives > 0; fives -= FIVES) {
        uint32_t power = 1;
        for (int i = 0; i < FIVES && i < fives; i++) {
            power *= 5;
        }
        count = multiply(limbs, count, power);
    }
    made->count = 0;
    for (int limb = count - 1; limb >= 0; limb--) {
        for (uint32_t unit = LIMB / 10; unit > 0; unit /= 10) {
            char digit = (char)('0' + limbs[limb] / unit % 10);
            bool is_last = limb == 0 && unit == 1;
            if (made->count > 0 || digit != '0' || is_last) {
                made->digits[made->count++] = digit;
            }
        }
    }
    made->point += made->count;
}

/* Rounds to so many digits; halves to the even one. */
static void round_to(decimal *number, int keep)
{
    if (keep >= number->count) {
        return;
    }
    const char *digits = number->digits;
    bool is_up = keep >= 0 && digits[keep] >= '5';
    if (is_up && digits[keep] == '5' && (keep == 0 || (digits[keep - 1] & 1) == 0)) {
        is_up = false;
        for (int at = keep + 1; at < number->count; at++) {
            is_up = is_up || digits[at] != '0';
        }
    }
    number->count = keep > 0 ? keep : 0;
    if (!is_up) {
        return;
    }
    while (number->count > 0 && number->digits[number->count - 1] == '9') {
        number->count--;
    }
    if (number->count == 0) {
        number->digits[number->count++] = '1';
        number->point++;
    } else {
        number->digits[number->count - 1]++;
    }
}

static char digit(const decimal *number, int at)
{
    return at >= 0 && at < number->count ? number->digits[at] : '0';
}

/* Lays out a number with `precision` digits behind its point, and appends it. */
static void put_decimal(bugle_builder *to, const conversion *how, piece *what,
                        const decimal *number, int precision)
{
    /* 309 digits before the point, or 1,074 behind it, is the most that a double has. */
    char body[DIGITS + 400];
    char *end = body;
    for (int at = number->point < 1 ? number->point - 1 : 0; at < number->point; at++) {
        *end++ = digit(number, at);
    }
    if (precision > 0 || how->is_alternate) {
        *end++ = '.';
    }
    int behind = number->count - number->point;
    behind = behind < 0 ? 0 : behind < precision ? behind : precision;
    for (int at = 0; at < behind; at++) {
        *end++ = digit(number, number->point + at);
    }
    what->body = body;
    what->len = (size_t)(end - body);
    what->more_zeros = (size_t)(precision - behind);
    bugle_put(to, how, what, true);
}

/* `e+05`: at least `least` digits. */
static void put_exponent(char *at, char letter, int exponent, int least)
{
    int left = exponent < 0 ? -exponent : exponent, unit = 1000;
    *at++ = letter;
    *at++ = exponent < 0 ? '-' : '+';
    for (int place = 4; place > 0; place--, unit /= 10) {
        if (place <= least || left >= unit) {
            *at++ = (char)('0' + left / unit % 10);
        }
    }
}

/* `%a`: the bits themselves, with one digit before the point. */
static void put_hex(bugle_builder *to, const conversion *how, piece *what, binary number)
{
    const char *digits = how->letter == 'A' ? "0123456789ABCDEF" : "0123456789abcdef";
    while (number.whole != 0 && number.whole >> FRACTION_BITS == 0) {
        number.whole <<= 1;
        number.power--;
    }
    int places = FRACTION_BITS / 4;
    int least = how->precision < 0 ? 0 : how->precision;
    int exponent = number.whole == 0 ? 0 : number.power + FRACTION_BITS;
    if (how->precision >= 0 && how->precision < places) {
        int dropped = 4 * (places - how->precision);
        uint64_t half = UINT64_C(1) << (dropped - 1);
        uint64_t is_odd = number.whole >> dropped & 1;
        number.whole = (number.whole + half - 1 + is_odd) >> dropped;
        places = how->precision;
    }
    for (; places > least && (number.whole & 15) == 0; places--) {
        number.whole >>= 4;
    }
    char body[2 + FRACTION_BITS / 4];
    char *end = body;
    *end++ = digits[number.whole >> 4 * places];
    if (places > 0 || least > 0 || how->is_alternate) {
        *end++ = '.';
    }
    for (int place = places - 1; place >= 0; place--) {
        *end++ = digits[number.whole >> 4 * place & 15];
    }
    strcat(what->sign, how->letter == 'A' ? "0X" : "0x");
    put_exponent(what->exponent, how->letter == 'A' ? 'P' : 'p', exponent, 1);
    what->body = body;
    what->len = (size_t)(end - body);
    what->more_zeros = (size_t)(least > places ? least - places : 0);
    bugle_put(to, how, what, true);
}

static void put_general(bugle_builder *to, const conversion *how, piece *what, decimal *number,
                        int precision)
{
    char style = how->letter | 0x20;
    bool is_fixed = style == 'f';
    round_to(number, is_fixed ? number->point + precision : precision + (style == 'e'));
    if (style == 'g') {
        int exponent = number->point - 1;
        is_fixed = exponent >= -4 && exponent < precision;
        if (!how->is_alternate) {
            while (number->count > 1 && number->digits[number->count - 1] == '0') {
                number->count--;
            }
            precision = number->count;
        }
        precision -= is_fixed ? number->point : 1;
        precision = precision < 0 ? 0 : precision;
    }
    if (!is_fixed) {
        put_exponent(what->exponent, (char)(how->letter - style + 'e'), number->point - 1, 2);
        number->point = 1;
    }
    put_decimal(to, how, what, number, precision);
}

void bugle_put_float(bugle_builder *to, const conversion *how, double number)
{
    piece what = {0};
    bugle_put_sign(what.sign, how, __builtin_signbit(number));
    bool is_capital = (how->letter & 0x20) == 0;
    if (__builtin_isnan(number) || __builtin_isinf(number)) {
        what.body = __builtin_isnan(number) ? is_capital ? "NAN" : "nan" : is_capital ? "INF" : "inf";
        what.len = 3;
        bugle_put(to, how, &what, false);
    } else if ((how->letter | 0x20) == 'a') {
        put_hex(to, how, &what, binary_of(number));
    } else {
        decimal digits;
        decimal_of(binary_of(number), &digits);
        int precision = how->precision < 0 ? DEFAULT_PRECISION : how->precision;
        bool is_general = (how->letter | 0x20) == 'g';
        put_general(to, how, &what, &digits, is_general && precision == 0 ? 1 : precision);
    }
}
