#include "mail.hpp"

#include <bugle_json.hpp>

namespace {

/// The most bytes an id may have, since it is also the tag of a toast.
constexpr std::size_t id_bytes_max = 64;

/// A text that a mail must have.
std::expected<std::string_view, bugle::task_error> needed(bugle::json json, const char *name,
                                                          std::size_t number)
{
    if (const auto text = json[name].string()) {
        return *text;
    }
    return bugle::ended(bugle_rejected("mail %zu of the push has no text `%s`", number, name));
}

/// A mail from JSON. Fields that are not known are ignored, so that the sender may add some.
std::expected<mail, bugle::task_error> from_json(bugle::json json, std::size_t number)
{
    const auto id = needed(json, "id", number);
    BUGLE_CHECK(id);
    if (id->empty() || id->size() > id_bytes_max) {
        return bugle::ended(
            bugle_rejected("mail %zu of the push has an id of %zu bytes, not 1 to %zu", number,
                           id->size(), id_bytes_max));
    }
    const auto from = needed(json, "from", number);
    BUGLE_CHECK(from);
    const auto subject = needed(json, "subject", number);
    BUGLE_CHECK(subject);
    return mail{*id, *from, *subject, json["preview"].string()};
}

} // namespace

bugle::result<void> mail::show() const
{
    std::string body(subject);
    if (preview) {
        body.append("\n").append(*preview);
    }
    return bugle::toast{
        .title = from.empty() ? "Unknown sender" : from,
        .body = body,
        .argument = id,
        .tag = id,
        .group = "mail",
    }.show();
}

std::expected<std::vector<mail>, bugle::task_error> parse(bugle::bytes content)
{
    const auto json = bugle::json::read(content);
    if (!json) {
        const bugle_json_error &error = json.error();
        return bugle::ended(
            bugle_rejected("the push is not a JSON list of mails: %s at line %zu column %zu",
                           error.reason, error.line, error.column));
    }
    if (!json->is_array()) {
        return bugle::rejected("the push is not a JSON list of mails, but another value");
    }
    std::vector<mail> mails;
    mails.reserve(json->size());
    for (const bugle::json value : *json) {
        const auto one = from_json(value, mails.size() + 1);
        BUGLE_CHECK(one);
        mails.push_back(*one);
    }
    return mails;
}

std::span<const mail> after(std::span<const mail> mails, std::optional<std::string_view> last)
{
    for (std::size_t at = mails.size(); at > 0; at--) {
        if (last == mails[at - 1].id) {
            return mails.subspan(at);
        }
    }
    return mails;
}

std::string_view ids(std::span<const mail> mails)
{
    bugle_builder json = {};
    for (const mail &one : mails) {
        bugle_append(&json, json.len == 0 ? "[" : ",", 1);
        bugle_json_append_string(&json, bugle::text_of(one.id));
    }
    bugle_append(&json, "]", 1);
    return bugle::view(bugle_built(&json));
}
