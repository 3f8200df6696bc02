/* JSON as RFC 8259 has it, and nothing else: one value, UTF-8 (no byte order mark), no half of a
 * surrogate pair, numbers within the range of a double, at most 127 arrays and objects inside one
 * another. The same texts are refused as by the Rust crate `serde_json`.
 *
 * A document is read whole; what is not asked for is checked all the same. Texts lie in the source
 * where they have no escapes, so the source must live as long as its values. Values live until the
 * run is over.
 */
#ifndef BUGLE_JSON_H
#define BUGLE_JSON_H

#include "bugle.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    BUGLE_JSON_NULL,
    BUGLE_JSON_FALSE,
    BUGLE_JSON_TRUE,
    BUGLE_JSON_NUMBER,
    BUGLE_JSON_STRING,
    BUGLE_JSON_ARRAY,
    BUGLE_JSON_OBJECT
} bugle_json_kind;

typedef struct bugle_json {
    bugle_json_kind kind;
    /* Of a string: its text. Of a number: as it is written. */
    bugle_string text;
    /* In an object: the member's name. */
    bugle_string name;
    /* Of an array or object: how many values it has, and the first of them. */
    size_t count;
    const struct bugle_json *first;
    /* The value after this one in the same array or object; NULL at the end. */
    const struct bugle_json *next;
} bugle_json;

/* Where, and why, a text is not JSON. */
typedef struct {
    const char *reason;
    /* Of the byte at which it is seen, both from 1. */
    size_t line, column;
} bugle_json_error;

/* The value of a document; NULL if it is not JSON, and `error`, which may be NULL, says why. */
const bugle_json *bugle_json_read(bugle_bytes document, bugle_json_error *error);

/* The member of a name; the last one if there are more; NULL if there is none, or no object. */
const bugle_json *bugle_json_member(const bugle_json *value, const char *name);

/* The text of a string; NULL for NULL and for what is no string. */
const bugle_string *bugle_json_string(const bugle_json *value);

/* The number, if it is one without fraction and exponent that fits; false otherwise. */
bool bugle_json_integer(const bugle_json *value, int64_t *number);

/* Appends a text as a JSON string, in quotes. */
void bugle_json_append_string(bugle_builder *to, bugle_string text);

#ifdef __cplusplus
}
#endif
#endif
