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
