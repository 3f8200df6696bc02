// What the parts of `bugle.hpp` share: texts, bytes, times, and errors as values.
#ifndef BUGLE_TYPES_HPP
#define BUGLE_TYPES_HPP

#include <algorithm>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "bugle.h"

namespace bugle {

using bytes = std::span<const std::uint8_t>;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
struct timestamp {
    std::uint64_t ms;
};

/// Why the host did not do what the task asked. The call that failed changed nothing.
struct error {
    bugle_error_code code;
    std::string_view message;
};

template <class T>
using result = std::expected<T, error>;

// Between C's texts and these.

inline std::string_view view(bugle_string text)
{
    return {reinterpret_cast<const char *>(text.ptr), text.len};
}

inline std::optional<std::string_view> view(const bugle_option_string &text)
{
    return text.is_some ? std::optional(view(text.val)) : std::nullopt;
}

inline bytes view(bugle_bytes content)
{
    return {content.ptr, content.len};
}

inline bugle_string text_of(std::string_view text)
{
    return {reinterpret_cast<std::uint8_t *>(const_cast<char *>(text.data())), text.size()};
}

/// A text where one may be missing.
inline bugle_option_string option_of(std::optional<std::string_view> text)
{
    return {text.has_value(), text_of(text.value_or(std::string_view()))};
}

/// As `text_of`, but of a copy that lives until the run is over.
inline bugle_string copy_of(std::string_view text)
{
    const bugle_string copy = {static_cast<std::uint8_t *>(bugle_alloc(text.size())), text.size()};
    std::copy(text.begin(), text.end(), copy.ptr);
    return copy;
}

inline bugle_bytes bytes_of(bytes content)
{
    return {const_cast<std::uint8_t *>(content.data()), content.size()};
}

inline result<void> done(bugle_error error)
{
    if (error.code == BUGLE_OK) {
        return {};
    }
    return std::unexpected(bugle::error{error.code, view(error.message)});
}

/// Returns from a function that gives an `outcome`, a `result` or the like if the call failed.
#define BUGLE_CHECK(call)                                         \
    do {                                                          \
        if (auto bugle_result_ = (call); !bugle_result_) {        \
            return std::unexpected(std::move(bugle_result_).error()); \
        }                                                         \
    } while (false)

} // namespace bugle

#endif
