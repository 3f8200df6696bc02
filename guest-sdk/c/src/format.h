/* What a conversion of a format asks for. Not for tasks. */
#ifndef BUGLE_FORMAT_H
#define BUGLE_FORMAT_H

#include "bugle.h"

typedef struct {
    bool is_left, has_sign, has_space, is_alternate, has_zeros; /* the flags - + space # 0 */
    int width;      /* at least so many bytes */
    int precision;  /* negative if none was given */
    uint8_t length; /* h, l, …: see `format.c` */
    char letter;    /* what it converts to: `d`, `s`, … */
} conversion;

/* What a conversion makes of its argument, but for what fills it up to its width. */
typedef struct {
    char sign[4];        /* a sign, `0x`, both, or nothing */
    size_t zeros;        /* so many zeros before the body, */
    const char *body;
    size_t len;
    size_t more_zeros;   /* so many behind it, */
    char exponent[8];    /* and this: of floating point */
} piece;

/* Appends a piece in its width. With `is_number` the flag 0 fills it with zeros behind the sign. */
void bugle_put(bugle_builder *to, const conversion *how, const piece *what, bool is_number);

/* Puts the sign that the flags ask for, and gives what is behind it. */
char *bugle_put_sign(char *at, const conversion *how, bool is_negative);

/* Appends a number as the conversions a, e, f, g and their capitals make it. */
void bugle_put_float(bugle_builder *to, const conversion *how, double number);

#endif
