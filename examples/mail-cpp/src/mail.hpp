#ifndef MAIL_HPP
#define MAIL_HPP

#include <bugle.hpp>

#include <span>
#include <string>
#include <vector>

/// One mail, as the push has it. Its texts live until the run is over.
struct mail {
    std::string_view id;
    std::string_view from;
    std::string_view subject;
    std::optional<std::string_view> preview;

    /// Raises a toast that a later push of the same mail replaces.
    bugle::result<void> show() const;
};

/// The mails of a push, the oldest first. Rejects what is no list of mails, and says where it is
/// not JSON, or which mail is not as it should be.
std::expected<std::vector<mail>, bugle::task_error> parse(bugle::bytes content);

/// The mails that come after the one that was announced last; all, if it is not among them.
std::span<const mail> after(std::span<const mail> mails, std::optional<std::string_view> last);

/// The ids as a JSON list, for the app to fetch.
std::string_view ids(std::span<const mail> mails);

#endif
