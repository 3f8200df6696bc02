/* Runs the task natively: see bugle_testing.h. `bugle test` runs it as it is shipped. */
#include <bugle_testing.h>

#include <stdio.h>
#include <stdlib.h>

#define ASSERT(condition)                                                       \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

static bool is(bugle_string text, const char *expected)
{
    return bugle_string_equals(text, bugle_text(expected));
}

/* A push of mails with ids from 1 on. */
static bugle_outcome push_mails(int count)
{
    bugle_builder json = {NULL, 0, 0};
    for (int id = 1; id <= count; id++) {
        bugle_string mail = bugle_format("%c{\"id\":\"%d\",\"from\":\"Ada\",\"subject\":\"%d\"}",
                                         id == 1 ? '[' : ',', id, id);
        bugle_append(&json, mail.ptr, mail.len);
    }
    bugle_append(&json, "]", 1);
    return bugle_test_push_bytes(json.ptr, json.len);
}

static int64_t unread(void)
{
    int64_t number = -1;
    ASSERT(bugle_get_integer("inbox/unread", &number).code == BUGLE_OK);
    return number;
}

static void a_mail_becomes_a_toast_a_count_and_work(void)
{
    bugle_test_start();
    bugle_set_integer("inbox/unread", 2);
    bugle_outcome outcome = bugle_test_push(
        "[{\"id\":\"a1\",\"from\":\"Ada\",\"subject\":\"Notes\","
        "\"preview\":\"On the \\\"engine\\\"\"}]");
    ASSERT(outcome.is_completed);
    ASSERT(bugle_test_toast_count() == 1);
    const bugle_toast *toast = bugle_test_toast(0);
    ASSERT(is(toast->title, "Ada") && is(toast->body, "Notes\nOn the \"engine\""));
    ASSERT(is(toast->tag.val, "a1") && is(toast->group.val, "mail"));
    ASSERT(unread() == 3);
    bugle_string last;
    ASSERT(bugle_get_text("inbox/last", &last).code == BUGLE_OK && is(last, "a1"));
    bugle_badge badge;
    ASSERT(bugle_badge_get(&badge) && badge.val.number == 3);
    const bugle_bytes *work = bugle_test_work("sync");
    ASSERT(work != NULL && strcmp((const char *)work->ptr, "[\"a1\"]") == 0);
    ASSERT(strcmp(bugle_test_log(0), "new mails: 1, unread: 3") == 0);
}

static void many_mails_share_one_toast(void)
{
    bugle_test_start();
    ASSERT(push_mails(8).is_completed);
    ASSERT(bugle_test_toast_count() == 6);
    ASSERT(is(bugle_test_toast(5)->title, "and 3 more"));
}

static void mails_that_were_announced_are_skipped(void)
{
    bugle_test_start();
    bugle_set_text("inbox/last", bugle_text("2"));
    ASSERT(push_mails(3).is_completed);
    ASSERT(bugle_test_toast_count() == 1 && unread() == 1);

    bugle_test_start();
    bugle_set_text("inbox/last", bugle_text("3"));
    ASSERT(push_mails(3).is_completed);
    ASSERT(bugle_test_toast_count() == 0 && bugle_test_work("sync") == NULL);
    ASSERT(unread() == -1);
}

static void when_the_hours_toasts_are_used_up_mails_still_count(void)
{
    bugle_test_start();
    bugle_test_toasts_left(1);
    ASSERT(push_mails(3).is_completed);
    ASSERT(bugle_test_toast_count() == 1 && unread() == 3);
}

static void what_is_no_list_of_mails_is_rejected_and_changes_nothing(void)
{
    static const struct {
        const char *content, *message;
    } bad[] = {
        {"", "the push is not a JSON list of mails: expected a value, but the document ends at "
             "line 1 column 1"},
        {"{}", "the push is not a JSON list of mails, but another value"},
        {"[{\"id\":\"1\",\"from\":\"Ada\"}]", "mail 1 of the push has no text `subject`"},
        {"[{\"id\":7,\"from\":\"\",\"subject\":\"\"}]", "mail 1 of the push has no text `id`"},
        {"[{\"id\":\"\\ud800\",\"from\":\"\",\"subject\":\"\"}]",
         "the push is not a JSON list of mails: half of a surrogate pair at line 1 column 15"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bugle_test_start();
        bugle_outcome outcome = bugle_test_push(bad[i].content);
        ASSERT(outcome.error.tag == BUGLE_TASK_TYPES_TASK_ERROR_REJECTED);
        ASSERT(bugle_test_says(outcome, bad[i].message));
        ASSERT(bugle_test_toast_count() == 0 && unread() == -1);
    }
}

static void a_setting_of_another_type_fails_and_says_so(void)
{
    bugle_test_start();
    bugle_set_text("inbox/unread", bugle_text("many"));
    bugle_outcome outcome = push_mails(1);
    ASSERT(outcome.error.tag == BUGLE_TASK_TYPES_TASK_ERROR_FAILED);
    ASSERT(bugle_test_says(outcome, "the setting `inbox/unread` is of the type text, not integer"));
    ASSERT(bugle_test_toast_count() == 0);
}

int main(void)
{
    a_mail_becomes_a_toast_a_count_and_work();
    many_mails_share_one_toast();
    mails_that_were_announced_are_skipped();
    when_the_hours_toasts_are_used_up_mails_still_count();
    what_is_no_list_of_mails_is_rejected_and_changes_nothing();
    a_setting_of_another_type_fails_and_says_so();
    bugle_test_end();
    puts("6 tests passed");
    return 0;
}
