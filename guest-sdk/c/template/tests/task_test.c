/* Runs the task natively: see bugle_testing.h. `bugle test` runs it as it is shipped. */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include <bugle_testing.h>

static void a_push_is_counted_and_shown(void)
{
    bugle_test_start();
    bugle_set_integer("inbox/unread", 3);
    assert(bugle_test_push("hello").is_completed);
    int64_t unread = 0;
    bugle_get_integer("inbox/unread", &unread);
    assert(unread == 4);
    assert(bugle_test_toast_count() == 1);
    assert(bugle_string_equals(bugle_test_toast(0)->body, bugle_text("hello")));
    assert(strcmp(bugle_test_log(0), "unread: 4") == 0);
}

static void a_push_that_is_no_text_is_rejected(void)
{
    bugle_test_start();
    assert(bugle_test_says(bugle_test_push("\xff"), "the push is not UTF-8"));
    assert(bugle_test_toast_count() == 0);
}

int main(void)
{
    a_push_is_counted_and_shown();
    a_push_that_is_no_text_is_rejected();
    bugle_test_end();
    puts("2 tests passed");
    return 0;
}
