#include <bugle.hpp>

namespace {

/// Counts pushes, and shows what each of them says.
bugle::outcome run(bugle::trigger trigger)
{
    const auto push = bugle::raw_notification::of(trigger);
    BUGLE_CHECK(push);
    const auto text = push->text();
    if (!text) {
        return bugle::rejected("the push is not UTF-8");
    }
    const auto before = bugle::settings::get<std::int64_t>("inbox/unread");
    BUGLE_CHECK(before);
    const std::int64_t unread = before->value_or(0) + 1;
    BUGLE_CHECK(bugle::settings::set("inbox/unread", unread));
    bugle_badge_set_number(static_cast<std::uint32_t>(unread));
    BUGLE_CHECK((bugle::toast{.title = "New message", .body = *text, .tag = "inbox"}.show()));
    bugle_log_info("unread: %lld", static_cast<long long>(unread));
    return {};
}

} // namespace

BUGLE_TASK(run)
