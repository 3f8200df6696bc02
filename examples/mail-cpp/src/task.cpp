// Announces new mails: a toast each, the unread count on the badge, and work for the app.
#include <algorithm>
#include <limits>

#include "mail.hpp"

namespace {

/// How many mails nobody has read yet; the app lowers it.
constexpr const char *unread_path = "inbox/unread";
/// The id of the newest mail that was announced.
constexpr const char *last_path = "inbox/last";
/// More toasts than this at once are noise; the rest share one.
constexpr std::size_t toasts_max = 5;

/// A toast for each of the first mails, and one for the rest.
bugle::result<void> raise(std::span<const mail> mails)
{
    const std::size_t shown = std::min(mails.size(), toasts_max);
    for (const mail &one : mails.first(shown)) {
        BUGLE_CHECK(one.show());
    }
    if (mails.size() == shown) {
        return {};
    }
    const std::string title = "and " + std::to_string(mails.size() - shown) + " more";
    return bugle::toast{.title = title, .tag = "more", .group = "mail"}.show();
}

bugle::result<void> show(std::span<const mail> mails)
{
    const auto raised = raise(mails);
    if (!raised && raised.error().code == BUGLE_TOO_MANY) {
        // The hour's toasts are used up. The mails still count as unread.
        bugle_log(BUGLE_TASK_LOG_LEVEL_WARN, bugle::text_of(raised.error().message));
        return {};
    }
    return raised;
}

/// Adds to the unread mails, and shows their number on the badge.
bugle::result<std::int64_t> count(std::size_t new_mails)
{
    const auto before = bugle::settings::get<std::int64_t>(unread_path);
    BUGLE_CHECK(before);
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::int64_t known = std::max<std::int64_t>(before->value_or(0), 0);
    const auto added = static_cast<std::int64_t>(new_mails);
    const std::int64_t unread = known > most - added ? most : known + added;
    BUGLE_CHECK(bugle::settings::set(unread_path, unread));
    bugle_badge_set_number(static_cast<std::uint32_t>(std::min<std::int64_t>(unread, UINT32_MAX)));
    return unread;
}

/// Takes a JSON list of new mails, the oldest first.
bugle::outcome run(bugle::trigger trigger)
{
    const auto push = bugle::raw_notification::of(trigger);
    BUGLE_CHECK(push);
    const auto mails = parse(push->content());
    BUGLE_CHECK(mails);
    const auto last = bugle::settings::get<std::string_view>(last_path);
    BUGLE_CHECK(last);
    const std::span<const mail> new_mails = after(*mails, *last);
    if (new_mails.empty()) {
        bugle_log_info("mails: %zu, none of them new", mails->size());
        return {};
    }
    BUGLE_CHECK(show(new_mails));
    const auto unread = count(new_mails.size());
    BUGLE_CHECK(unread);
    BUGLE_CHECK(bugle::settings::set(last_path, new_mails.back().id));
    BUGLE_CHECK(bugle::on_resume("sync", ids(new_mails)));
    bugle_log_info("new mails: %zu, unread: %lld", new_mails.size(),
                   static_cast<long long>(*unread));
    return {};
}

} // namespace

BUGLE_TASK(run)
