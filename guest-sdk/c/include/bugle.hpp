// Background tasks in C++23: see README.md. Everything of `bugle.h` may be used beside it.
//
// There are no exceptions in a component: what can fail gives a `std::expected`. What the standard
// library would throw (`std::vector::at`, memory that runs out) is told in the log, and traps.
//
// Texts and bytes that Bugle gives live until the run is over; views of the task's own texts need
// to live during the call only. The text of a `task_error` is copied.
#ifndef BUGLE_HPP
#define BUGLE_HPP

#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

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

inline bugle_option_string text_of(std::optional<std::string_view> text)
{
    return {text.has_value(), text_of(text.value_or(std::string_view()))};
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

// Outcomes.

/// How a task ends when it does not end well. Any `error` becomes a failure with its message.
class task_error {
public:
    task_error(const error &error) : outcome_(bugle_failed_by({error.code, text_of(error.message)}))
    {
    }
    explicit task_error(const bugle_outcome &outcome) : outcome_(outcome) {}

    const bugle_outcome &get() const { return outcome_; }

private:
    bugle_outcome outcome_;
};

/// How a task ends: `return {};`, or what one of the next functions gives.
using outcome = std::expected<void, task_error>;

inline std::unexpected<task_error> ended(const bugle_outcome &outcome)
{
    return std::unexpected(task_error(outcome));
}

/// It went wrong. The host tries again with growing pauses, then keeps a dead letter.
inline std::unexpected<task_error> failed(std::string_view message)
{
    return ended(bugle_failed("%.*s", BUGLE_ARG(text_of(message))));
}

/// Not now. The host tries again after a pause of its own. This counts as an attempt.
inline std::unexpected<task_error> retry()
{
    return ended(bugle_retry());
}

/// Not now. The host tries again after a pause of at most 24 hours, in milliseconds.
inline std::unexpected<task_error> retry_after(std::uint32_t pause_ms)
{
    return ended(bugle_retry_after(pause_ms));
}

/// Never: a dead letter at once.
inline std::unexpected<task_error> rejected(std::string_view message)
{
    return ended(bugle_rejected("%.*s", BUGLE_ARG(text_of(message))));
}

/// Returns from a function that gives an `outcome`, a `result` or the like if the call failed.
#define BUGLE_CHECK(call)                                         \
    do {                                                          \
        if (auto bugle_result_ = (call); !bugle_result_) {        \
            return std::unexpected(std::move(bugle_result_).error()); \
        }                                                         \
    } while (false)

// The task.

/// Why the task was woken.
class trigger {
public:
    explicit trigger(const bugle_trigger &from) : from_(&from) {}

    /// The kind, as a manifest names it: `raw-notification`.
    std::string_view kind() const { return bugle_trigger_kind(from_); }

    /// The details: `get().tag` says of which kind.
    const bugle_trigger &get() const { return *from_; }

private:
    const bugle_trigger *from_;
};

/// A raw push notification, as the sender gave it.
class raw_notification {
public:
    /// Of a task that takes no other trigger: rejected for others.
    static std::expected<raw_notification, task_error> of(const trigger &trigger)
    {
        const bugle_raw_notification *push = bugle_trigger_raw_notification(&trigger.get());
        if (push == nullptr) {
            return ended(bugle_rejected_kind(&trigger.get()));
        }
        return raw_notification(*push);
    }

    std::string_view channel() const { return view(push_->channel); }
    /// 0 to 5,000 bytes.
    bytes content() const { return view(push_->content); }
    std::optional<std::string_view> content_type() const { return view(push_->content_type); }
    timestamp received_at() const { return {push_->received_at}; }

    /// The content as text; none if it is not UTF-8.
    std::optional<std::string_view> text() const
    {
        bugle_string text;
        return bugle_text_of(push_->content, &text) ? std::optional(view(text)) : std::nullopt;
    }

    /// The first header of a name, which is in lower case.
    std::optional<std::string_view> header(const char *name) const
    {
        const bugle_string *value = bugle_header(push_, name);
        return value != nullptr ? std::optional(view(*value)) : std::nullopt;
    }

private:
    explicit raw_notification(const bugle_raw_notification &push) : push_(&push) {}

    const bugle_raw_notification *push_;
};

/// Makes a function `bugle::outcome function(bugle::trigger)` the task.
#define BUGLE_TASK(function)                                                        \
    extern "C" bugle_outcome bugle_task_run(const bugle_trigger *trigger)           \
    {                                                                               \
        const bugle::outcome outcome = function(bugle::trigger(*trigger));          \
        return outcome ? bugle_completed() : outcome.error().get();                 \
    }

// Settings: limits and errors as in `bugle.h`.

namespace settings {

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

/// Sets a value in place of whatever was there. BUGLE_VALUE_TOO_LARGE, BUGLE_QUOTA_EXCEEDED,
/// BUGLE_TOO_MANY, BUGLE_INVALID_PATH.
template <class T>
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

/// Whether there was such a setting.
inline result<bool> remove(const char *path)
{
    bool was_set;
    BUGLE_CHECK(done(bugle_remove(path, &was_set)));
    return was_set;
}

/// Removes a container and all in it; says how many settings went.
inline result<std::uint32_t> clear(const char *container)
{
    std::uint32_t count;
    BUGLE_CHECK(done(bugle_clear(container, &count)));
    return count;
}

} // namespace settings

/// What a person can choose.
struct action {
    std::string_view label;
    /// Handed back to the task, or to the app if `foreground` opens it.
    std::string_view argument;
    bool foreground = false;
};

/// A notice for the person: `toast{.title = "New message", .tag = "inbox"}.show()`. Limits as in
/// `bugle.h`; images, inputs and progress by `get()`, which gives C's record.
struct toast {
    std::string_view title;
    std::string_view body = {};
    std::optional<std::string_view> attribution = {};
    std::string_view argument = {};
    std::vector<action> actions = {};
    bool silent = false;
    std::optional<std::string_view> tag = {};
    std::optional<std::string_view> group = {};
    std::optional<std::uint32_t> expires_after_ms = {};

    bugle_toast get() const
    {
        bugle_toast made = bugle_toast_new(text_of(title));
        made.body = text_of(body);
        made.attribution = text_of(attribution);
        made.argument = text_of(argument);
        made.silent = silent;
        made.tag = text_of(tag);
        made.group = text_of(group);
        made.expires_after = {expires_after_ms.has_value(), expires_after_ms.value_or(0)};
        if (!actions.empty()) {
            const std::size_t size = actions.size() * sizeof(bugle_toast_action);
            made.actions = {static_cast<bugle_toast_action *>(bugle_alloc(size)), 0};
            for (const action &one : actions) {
                made.actions.ptr[made.actions.len++] = {text_of(one.label), text_of(one.argument),
                                                        one.foreground};
            }
        }
        return made;
    }

    /// Raises it in place of one with the same tag and group. BUGLE_TOO_LARGE, BUGLE_TOO_MANY,
    /// BUGLE_INVALID.
    result<void> show() const
    {
        const bugle_toast made = get();
        return done(bugle_toast_show(&made));
    }
};

/// Leaves work for the app to do when it is next in the foreground.
inline result<void> on_resume(const char *key, std::string_view content)
{
    return done(bugle_on_resume(key, bugle_bytes_of(text_of(content))));
}

} // namespace bugle

#endif
