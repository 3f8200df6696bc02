// Toasts and the badge in C++: limits and errors as in `bugle.h`.
#ifndef BUGLE_TOASTS_HPP
#define BUGLE_TOASTS_HPP

#include <variant>
#include <vector>

#include "bugle_types.hpp"

namespace bugle {

/// How insistent a toast is; `quiet` goes straight to the list of past toasts.
enum class scenario : std::uint8_t { standard, reminder, alarm, incoming_call, quiet };

/// Where an image goes.
enum class placement : std::uint8_t { in_line, app_logo, hero };

struct image {
    /// A path inside the app's folder, or an `https:` address that the manifest allows: 1,024 bytes.
    std::string_view uri;
    std::string_view alternative_text;
    bugle::placement placement = placement::in_line;
};

/// What a person can choose.
struct action {
    std::string_view label;
    /// Handed back to the task, or to the app if `foreground` opens it.
    std::string_view argument;
    bool foreground = false;
};

struct choice {
    std::string_view id;
    std::string_view label;
};

/// What a person can fill in: free text, or a choice among at most 5.
struct input {
    std::string_view id;
    std::optional<std::string_view> label = {};
    std::optional<std::string_view> placeholder = {};
    std::vector<choice> choices = {};
};

struct progress {
    std::string_view status;
    /// 0 to 1; none for "some time yet".
    std::optional<double> fraction = {};
    std::optional<std::string_view> title = {};
    /// Shown in place of the percentage.
    std::optional<std::string_view> value_text = {};

    bugle_task_toasts_progress_t get() const
    {
        return {option_of(title), text_of(status),
                {fraction.has_value(), fraction.value_or(0)}, option_of(value_text)};
    }
};

/// A name and a value for one kind of sink.
struct hint {
    std::string_view name;
    std::string_view value;
};

/// A list as C has it, each element as `lower` makes it. It lives until the run is over.
template <class List, class T, class Lower>
List list_of(const std::vector<T> &elements, Lower lower)
{
    List made = {};
    if (!elements.empty()) {
        const std::size_t size = elements.size() * sizeof *made.ptr;
        made.ptr = static_cast<decltype(made.ptr)>(bugle_alloc(size));
        for (const T &element : elements) {
            made.ptr[made.len++] = lower(element);
        }
    }
    return made;
}

/// A notice for the person: `toast{.title = "New message", .tag = "inbox"}.show()`.
struct toast {
    /// At least 1 byte.
    std::string_view title;
    std::string_view body = {};
    std::optional<std::string_view> attribution = {};
    std::string_view argument = {};
    std::optional<bugle::image> image = {};
    std::vector<action> actions = {};
    std::vector<input> inputs = {};
    std::optional<bugle::progress> progress = {};
    bugle::scenario scenario = scenario::standard;
    bool silent = false;
    std::optional<std::string_view> tag = {};
    std::optional<std::string_view> group = {};
    std::optional<std::uint32_t> expires_after_ms = {};
    std::vector<hint> hints = {};

    /// As C has it.
    bugle_toast get() const
    {
        bugle_toast made = bugle_toast_new(text_of(title));
        made.body = text_of(body);
        made.attribution = option_of(attribution);
        made.argument = text_of(argument);
        if (image) {
            made.image = {true, {text_of(image->uri), text_of(image->alternative_text),
                                 static_cast<std::uint8_t>(image->placement)}};
        }
        made.actions = list_of<decltype(made.actions)>(actions, [](const action &one) {
            return bugle_toast_action{text_of(one.label), text_of(one.argument), one.foreground};
        });
        made.inputs = list_of<decltype(made.inputs)>(inputs, lower);
        if (progress) {
            made.progress = {true, progress->get()};
        }
        made.scenario = static_cast<std::uint8_t>(scenario);
        made.silent = silent;
        made.tag = option_of(tag);
        made.group = option_of(group);
        made.expires_after = {expires_after_ms.has_value(), expires_after_ms.value_or(0)};
        made.hints = list_of<decltype(made.hints)>(hints, [](const hint &one) {
            return bugle_pair{text_of(one.name), text_of(one.value)};
        });
        return made;
    }

    /// Raises it in place of one with the same tag and group. BUGLE_TOO_LARGE, BUGLE_TOO_MANY,
    /// BUGLE_INVALID; toasts that were raised before stay.
    result<void> show() const
    {
        const bugle_toast made = get();
        return done(bugle_toast_show(&made));
    }

private:
    static bugle_toast_input lower(const input &one)
    {
        bugle_toast_input made = {text_of(one.id), option_of(one.label),
                                  option_of(one.placeholder), {}};
        made.choices = list_of<decltype(made.choices)>(one.choices, [](const choice &of) {
            return bugle_task_toasts_choice_t{text_of(of.id), text_of(of.label)};
        });
        return made;
    }
};

/// Changes to a toast that is already shown; what is none stays.
struct toast_update {
    std::optional<std::string_view> title = {};
    std::optional<std::string_view> body = {};
    std::optional<bugle::progress> progress = {};

    /// Changes the toast of a tag, and of a group unless that is `nullptr`, if it is still there. An
    /// update whose `sequence` is not above the last that was applied is ignored; 0 always applies.
    /// BUGLE_TOO_MANY, BUGLE_INVALID.
    result<void> apply(const char *tag, const char *group = nullptr, std::uint32_t sequence = 0) const
    {
        bugle_toast_update change = {option_of(title), option_of(body), {}};
        if (progress) {
            change.progress = {true, progress->get()};
        }
        return done(bugle_toast_change(tag, group, sequence, &change));
    }
};

namespace toasts {

/// Takes one toast away; all of a group if `tag` is `nullptr`; all of the app's if both are.
/// BUGLE_TOO_MANY, BUGLE_INVALID.
inline result<void> hide(const char *tag, const char *group = nullptr)
{
    return done(bugle_toast_hide(tag, group));
}

/// Whether the person, and who runs the host, want the app's toasts. All else succeeds anyway.
inline bool permitted()
{
    return bugle_toasts_permitted();
}

} // namespace toasts

/// The mark on the app's icon. The last one set in a run is committed.
namespace badge {

enum class glyph : std::uint8_t {
    activity,
    alarm,
    alert,
    attention,
    available,
    away,
    busy,
    error,
    new_message,
    paused,
    playing,
    unavailable,
};

/// Shows a number, as 99+ above 99; 0 clears.
inline void set(std::uint32_t number)
{
    bugle_badge_set_number(number);
}

/// Shows a sign.
inline void set(glyph sign)
{
    bugle_badge_set_glyph(static_cast<std::uint8_t>(sign));
}

inline void clear()
{
    bugle_badge_clear();
}

/// The number, or the sign, as it is now, the run's own change included; none where there is none.
inline std::optional<std::variant<std::uint32_t, glyph>> get()
{
    bugle_badge mark;
    if (!bugle_badge_get(&mark)) {
        return std::nullopt;
    }
    if (mark.tag == BUGLE_TASK_BADGE_MARK_NUMBER) {
        return mark.val.number;
    }
    return static_cast<glyph>(mark.val.glyph);
}

} // namespace badge

} // namespace bugle

#endif
