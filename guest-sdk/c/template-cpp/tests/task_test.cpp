// Runs the task natively: see bugle_testing.h. `bugle test` runs it as it is shipped.
#undef NDEBUG
#include <cassert>
#include <cstdio>

#include <bugle.hpp>
#include <bugle_testing.h>

namespace {

void a_push_is_counted_and_shown()
{
    bugle_test_start();
    assert(bugle::settings::set("inbox/unread", 3));
    assert(bugle_test_push("hello").is_completed);
    assert(bugle::settings::get<std::int64_t>("inbox/unread").value() == 4);
    assert(bugle_test_toast_count() == 1);
    assert(bugle::view(bugle_test_toast(0)->body) == "hello");
    assert(std::string_view("unread: 4") == bugle_test_log(0));
}

void a_push_that_is_no_text_is_rejected()
{
    bugle_test_start();
    assert(bugle_test_says(bugle_test_push("\xff"), "the push is not UTF-8"));
    assert(bugle_test_toast_count() == 0);
}

} // namespace

int main()
{
    a_push_is_counted_and_shown();
    a_push_that_is_no_text_is_rejected();
    bugle_test_end();
    std::puts("2 tests passed");
}
