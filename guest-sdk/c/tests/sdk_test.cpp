// What C++ has over the C header, and what the host for tests shows.
#undef NDEBUG
#include <cassert>
#include <cstdio>
#include <string>

#include <bugle.hpp>
#include <bugle_testing.h>

namespace {

bugle::outcome (*task)(bugle::trigger);

bugle::outcome run(bugle::trigger trigger)
{
    return task(trigger);
}

void an_error_keeps_its_text()
{
    bugle_test_start();
    task = [](bugle::trigger) -> bugle::outcome {
        const std::string text(100, 'x');
        return std::unexpected(bugle::error{BUGLE_OTHER, text});
    };
    assert(bugle_test_says(bugle_test_push(""), std::string(100, 'x').c_str()));
    task = [](bugle::trigger) -> bugle::outcome {
        return bugle::rejected(std::string(100, 'y'));
    };
    assert(bugle_test_says(bugle_test_push(""), std::string(100, 'y').c_str()));
}

void texts_of_any_kind_are_taken()
{
    bugle_test_start();
    const std::string text = "text";
    assert(bugle::text_of(text).len == 4 && bugle::text_of("text").len == 4);
    assert(bugle::option_of(text).is_some && !bugle::option_of({}).is_some);
}

template <class T>
concept is_set = requires(T value) { bugle::settings::set("x", value); };
static_assert(is_set<std::uint32_t> && is_set<bool> && is_set<std::string> && !is_set<std::uint64_t>);

void integers_and_times_that_do_not_fit_are_refused()
{
    bugle_test_start();
    const std::int64_t before_1970 = -1;
    assert(bugle_set_timestamp("x", before_1970).code == BUGLE_INVALID);
    assert(bugle_set_timestamp("x", INT64_MAX).code == BUGLE_OK);
    assert(bugle::settings::set("x", std::uint32_t{0xffffffff}));
    assert(bugle::settings::get<std::int64_t>("x").value() == 0xffffffff);
}

void settings_are_listed()
{
    bugle_test_start();
    assert(bugle::settings::set("a/b", true) && bugle::settings::set("c", 1.5));
    const auto all = bugle::settings::items("");
    assert(all && all->size() == 2 && (*all)[0].is_container && (*all)[1].name == "c");
    assert(bugle::settings::items("", "a")->size() == 1);
    assert(bugle::settings::items("a//b").error().code == BUGLE_INVALID_PATH);
    bugle::settings::set_version(3);
    assert(bugle::settings::version() == 3);
}

void a_toast_has_all_its_fields()
{
    bugle_test_start();
    const bugle::toast toast{
        .title = "Title",
        .image = bugle::image{.uri = "a.png", .alternative_text = "A",
                              .placement = bugle::placement::hero},
        .actions = {{.label = "Open", .argument = "open", .foreground = true}},
        .inputs = {{.id = "when", .label = "When", .choices = {{"1", "Today"}, {"2", "Never"}}}},
        .progress = bugle::progress{.status = "half", .fraction = 0.5},
        .scenario = bugle::scenario::alarm,
        .hints = {{"sound", "bell"}},
    };
    assert(toast.show());
    const bugle_toast &shown = *bugle_test_toast(0);
    assert(shown.image.val.placement == BUGLE_TASK_TOASTS_PLACEMENT_HERO);
    assert(shown.actions.len == 1 && shown.actions.ptr[0].foreground);
    assert(shown.inputs.len == 1 && shown.inputs.ptr[0].choices.len == 2);
    assert(bugle::view(shown.inputs.ptr[0].choices.ptr[1].label) == "Never");
    assert(shown.progress.val.fraction.val == 0.5 && shown.scenario == BUGLE_TASK_TOASTS_SCENARIO_ALARM);
    assert(shown.hints.len == 1 && bugle::view(shown.hints.ptr[0].value) == "bell");
    assert((bugle::toast_update{.body = "More"}.apply("tag")));
    assert(bugle::toasts::hide(nullptr, "group") && bugle_test_toast_changes() == 2);
    assert(bugle::toasts::hide("").error().code == BUGLE_INVALID);
}

void the_badge_is_read_and_set()
{
    bugle_test_start();
    assert(!bugle::badge::get());
    bugle::badge::set(3);
    assert(std::get<std::uint32_t>(*bugle::badge::get()) == 3);
    bugle::badge::set(bugle::badge::glyph::unavailable);
    assert(std::get<bugle::badge::glyph>(*bugle::badge::get()) == bugle::badge::glyph::unavailable);
    bugle::badge::clear();
    assert(!bugle::badge::get());
}

void the_host_shows_what_a_task_said()
{
    bugle_test_start();
    assert(bugle::toasts::permitted() && bugle_test_progress() == -1);
    bugle_test_toasts_permitted(false);
    bugle_test_cancellation(BUGLE_TASK_TASK_CONTEXT_CANCELLATION_REASON_QUOTA);
    assert(!bugle::toasts::permitted());
    assert(bugle::context::cancellation()->reason == bugle::context::cancellation_reason::quota);
    bugle::context::report_progress(300);
    bugle::log::warn("careful");
    assert(bugle_test_progress() == 100);
    assert(bugle_test_log_level(0) == BUGLE_TASK_LOG_LEVEL_WARN);
    assert(bugle_test_log(0) == std::string("careful"));
    assert(bugle::on_resume("key", "content") && bugle_test_work("key")->len == 7);
}

} // namespace

BUGLE_TASK(run)

int main()
{
    an_error_keeps_its_text();
    texts_of_any_kind_are_taken();
    integers_and_times_that_do_not_fit_are_refused();
    settings_are_listed();
    a_toast_has_all_its_fields();
    the_badge_is_read_and_set();
    the_host_shows_what_a_task_said();
    bugle_test_end();
    std::puts("7 tests passed");
}
