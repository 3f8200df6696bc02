// Settings in C++: limits and errors as in `bugle.h`.
#ifndef BUGLE_SETTINGS_HPP
#define BUGLE_SETTINGS_HPP

#include <limits>
#include <type_traits>
#include <vector>

#include "bugle_types.hpp"

namespace bugle::settings {

template <class T>
constexpr std::uint8_t type_of()
{
    if constexpr (std::is_same_v<T, bool>) {
        return BUGLE_TASK_LOCAL_SETTINGS_VALUE_BOOLEAN;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        return BUGLE_TASK_LOCAL_SETTINGS_VALUE_INTEGER;
    } else if constexpr (std::is_same_v<T, double>) {
        return BUGLE_TASK_LOCAL_SETTINGS_VALUE_FLOAT;
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        return BUGLE_TASK_LOCAL_SETTINGS_VALUE_TEXT;
    } else if constexpr (std::is_same_v<T, bytes>) {
        return BUGLE_TASK_LOCAL_SETTINGS_VALUE_BYTES;
    } else {
        static_assert(std::is_same_v<T, timestamp>, "a setting cannot be read as this type");
        return BUGLE_TASK_LOCAL_SETTINGS_VALUE_TIMESTAMP;
    }
}

/// What is set at a path, as `bool`, `std::int64_t`, `double`, `std::string_view`, `bytes` or
/// `timestamp`; none where nothing is. BUGLE_WRONG_TYPE, BUGLE_INVALID_PATH.
template <class T>
result<std::optional<T>> get(const char *path)
{
    bugle_value found;
    bool is_set = false;
    BUGLE_CHECK(done(bugle_get_as(path, type_of<T>(), &found, &is_set)));
    if (!is_set) {
        return std::nullopt;
    }
    if constexpr (std::is_same_v<T, bool>) {
        return found.val.boolean;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        return found.val.integer;
    } else if constexpr (std::is_same_v<T, double>) {
        return found.val.float_;
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        return view(found.val.text);
    } else if constexpr (std::is_same_v<T, bytes>) {
        return view(found.val.bytes);
    } else {
        return timestamp{found.val.timestamp};
    }
}

/// What a setting may be made of: of integers, the types that fit whole into a `std::int64_t`.
template <class T>
concept settable = !std::is_integral_v<T>
                   || std::numeric_limits<T>::digits <= std::numeric_limits<std::int64_t>::digits;

/// Sets a value in place of whatever was there. BUGLE_VALUE_TOO_LARGE, BUGLE_QUOTA_EXCEEDED,
/// BUGLE_TOO_MANY, BUGLE_INVALID_PATH; BUGLE_INVALID for a time before 1970.
template <settable T>
result<void> set(const char *path, const T &value)
{
    if constexpr (std::is_same_v<T, bool>) {
        return done(bugle_set_boolean(path, value));
    } else if constexpr (std::is_integral_v<T>) {
        return done(bugle_set_integer(path, value));
    } else if constexpr (std::is_floating_point_v<T>) {
        return done(bugle_set_float(path, value));
    } else if constexpr (std::is_same_v<T, timestamp>) {
        return done(bugle_set_timestamp(path, value.ms));
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
        return done(bugle_set_text(path, text_of(std::string_view(value))));
    } else {
        return done(bugle_set_bytes(path, bytes_of(value)));
    }
}

/// Removes a setting; says whether there was one. BUGLE_INVALID_PATH, BUGLE_QUOTA_EXCEEDED if a run
/// may not change more.
inline result<bool> remove(const char *path)
{
    bool was_set;
    BUGLE_CHECK(done(bugle_remove(path, &was_set)));
    return was_set;
}

/// Removes a container and all in it; says how many settings went. Errors as of `remove`.
inline result<std::uint32_t> clear(const char *container)
{
    std::uint32_t count;
    BUGLE_CHECK(done(bugle_clear(container, &count)));
    return count;
}

/// One entry of a container. Its name lives until the run is over.
struct item {
    std::string_view name;
    bool is_container;
};

/// At most 256 entries of a container (the empty path is the app's root), in the order of the bytes
/// of their names, after the name `after`, or from the first. An empty page is the end.
/// BUGLE_INVALID_PATH.
inline result<std::vector<item>> items(const char *container,
                                       std::optional<std::string_view> after = {})
{
    const bugle_string from = text_of(after.value_or(std::string_view()));
    bugle_page page;
    BUGLE_CHECK(done(bugle_items(container, after ? &from : nullptr, &page)));
    std::vector<item> made;
    for (const auto &one : std::span(page.items.ptr, page.items.len)) {
        made.push_back({view(one.name), one.is_container});
    }
    return made;
}

/// The version of the app's settings, 0 at first: for an app to know what shape its data has.
inline std::uint32_t version()
{
    return bugle_settings_version();
}

inline void set_version(std::uint32_t version)
{
    bugle_set_settings_version(version);
}

} // namespace bugle::settings

#endif
