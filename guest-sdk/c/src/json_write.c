#include "bugle_json.h"

void bugle_json_append_string(bugle_builder *to, bugle_string text)
{
    static const char letters[] = "btnvfr"; /* of the bytes 8 to 13 */
    bugle_append(to, "\"", 1);
    size_t plain = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            continue;
        }
        bugle_append(to, text.ptr + plain, i - plain);
        plain = i + 1;
        if (byte >= 0x20) {
            bugle_append(to, byte == '"' ? "\\\"" : "\\\\", 2);
        } else if (byte >= 8 && byte <= 13 && byte != 11) {
            char escape[2] = {'\\', letters[byte - 8]};
            bugle_append(to, escape, sizeof escape);
        } else {
            char escape[6] = {'\\', 'u', '0', '0', (char)('0' + (byte >> 4)),
                              "0123456789abcdef"[byte & 15]};
            bugle_append(to, escape, sizeof escape);
        }
    }
    bugle_append(to, text.ptr + plain, text.len - plain);
    bugle_append(to, "\"", 1);
}
