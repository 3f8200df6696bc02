/* What only a component shows: where `printf` and conversions that are not known end. */
#include <bugle.h>
#include <stdio.h>

bugle_outcome bugle_task_run(const bugle_trigger *trigger)
{
    const bugle_raw_notification *push = bugle_trigger_raw_notification(trigger);
    bugle_string part;
    if (push == NULL || !bugle_text_of(push->content, &part)) {
        return bugle_rejected_kind(trigger);
    }
    if (bugle_string_equals(part, bugle_text("print"))) {
        printf("a line\n");
        printf("flushed");
        fflush(stdout);
    } else if (bugle_string_equals(part, bugle_text("format"))) {
        bugle_log_info("%5d %-5s| %.2f %X %Lg %zu", 5, "text", 2.5, 0xbeefu, 1e100L, sizeof(size_t));
    } else if (bugle_string_equals(part, bugle_text("wide"))) {
        bugle_log_info("%d %ls", 1, L"wide");
    }
    return bugle_completed();
}
