// Runs the task natively: see bugle_testing.h. `bugle test` runs it as it is shipped.
#include <bugle.hpp>
#include <bugle_testing.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using bugle::settings::get;
using bugle::view;

#define EXPECT(condition)                                                             \
    do {                                                                              \
        if (!(condition)) {                                                           \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1);                                                             \
        }                                                                             \
    } while (false)

/// A push of mails with ids from 1 on.
bugle_outcome push_mails(int count)
{
    std::string json;
    for (int id = 1; id <= count; id++) {
        json += json.empty() ? '[' : ',';
        json += R"({"id":")" + std::to_string(id) + R"(","from":"Ada","subject":"New"})";
    }
    return bugle_test_push((json + "]").c_str());
}

void a_mail_becomes_a_toast_a_count_and_work()
{
    bugle_test_start();
    EXPECT(bugle::settings::set("inbox/unread", 2));
    const bugle_outcome outcome = bugle_test_push(
        R"([{"id":"a1","from":"Ada","subject":"Notes","preview":"On the \"engine\""}])");
    EXPECT(outcome.is_completed);
    EXPECT(bugle_test_toast_count() == 1);
    const bugle_toast &toast = *bugle_test_toast(0);
    EXPECT(view(toast.title) == "Ada" && view(toast.body) == "Notes\nOn the \"engine\"");
    EXPECT(view(toast.tag) == "a1" && view(toast.group) == "mail");
    EXPECT(get<std::int64_t>("inbox/unread").value() == 3);
    EXPECT(get<std::string_view>("inbox/last").value() == "a1");
    EXPECT(std::string_view("[\"a1\"]")
           == reinterpret_cast<const char *>(bugle_test_work("sync")->ptr));
    EXPECT(std::string_view("new mails: 1, unread: 3") == bugle_test_log(0));
}

void many_mails_share_one_toast()
{
    bugle_test_start();
    EXPECT(push_mails(8).is_completed);
    EXPECT(bugle_test_toast_count() == 6 && view(bugle_test_toast(5)->title) == "and 3 more");
}

void mails_that_were_announced_are_skipped()
{
    bugle_test_start();
    EXPECT(bugle::settings::set("inbox/last", "3"));
    EXPECT(push_mails(3).is_completed);
    EXPECT(bugle_test_toast_count() == 0 && !get<std::int64_t>("inbox/unread").value());
}

void when_the_hours_toasts_are_used_up_mails_still_count()
{
    bugle_test_start();
    bugle_test_toasts_left(1);
    EXPECT(push_mails(3).is_completed);
    EXPECT(bugle_test_toast_count() == 1 && get<std::int64_t>("inbox/unread").value() == 3);
}

void what_is_no_list_of_mails_is_rejected_and_changes_nothing()
{
    bugle_test_start();
    EXPECT(bugle_test_says(bugle_test_push("{}"),
                           "the push is not a JSON list of mails, but another value"));
    EXPECT(bugle_test_says(bugle_test_push(R"([{"id":7}])"),
                           "mail 1 of the push has no text `id`"));
    EXPECT(bugle_test_push(R"([{"id":"\ud800","from":"","subject":""}])").error.tag
           == BUGLE_TASK_TYPES_TASK_ERROR_REJECTED);
    EXPECT(bugle_test_toast_count() == 0);
}

void a_setting_of_another_type_fails_and_says_so()
{
    bugle_test_start();
    EXPECT(bugle::settings::set("inbox/unread", "many"));
    EXPECT(bugle_test_says(push_mails(1),
                           "the setting `inbox/unread` is of the type text, not integer"));
}

} // namespace

int main()
{
    a_mail_becomes_a_toast_a_count_and_work();
    many_mails_share_one_toast();
    mails_that_were_announced_are_skipped();
    when_the_hours_toasts_are_used_up_mails_still_count();
    what_is_no_list_of_mails_is_rejected_and_changes_nothing();
    a_setting_of_another_type_fails_and_says_so();
    bugle_test_end();
    std::puts("6 tests passed");
}
