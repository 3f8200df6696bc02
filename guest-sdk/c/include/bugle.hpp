// Background tasks in C++23: see README.md. Everything of `bugle.h` may be used beside it.
//
// There are no exceptions in a component: what can fail gives a `std::expected`. What the standard
// library would throw (`std::vector::at`, memory that runs out) is told in the log, and traps.
//
// Texts and bytes that Bugle gives live until the run is over; views of the task's own texts need
// to live during the call only. The text of a `task_error` is copied.
#ifndef BUGLE_HPP
#define BUGLE_HPP

#include "bugle_context.hpp"
#include "bugle_settings.hpp"
#include "bugle_toasts.hpp"
#include "bugle_types.hpp"

namespace bugle {

// Outcomes.

/// How a task ends when it does not end well. Any `error` becomes a failure with its message.
class task_error {
public:
    task_error(const error &error) : outcome_(bugle_failed_by({error.code, copy_of(error.message)}))
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
    return ended(bugle_failed_by({BUGLE_OTHER, copy_of(message)}));
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
    bugle_outcome end = {};
    end.error.tag = BUGLE_TASK_TYPES_TASK_ERROR_REJECTED;
    end.error.val.rejected = copy_of(message);
    return ended(end);
}

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

} // namespace bugle

#endif
