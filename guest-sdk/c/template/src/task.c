#include <bugle.h>

/* Counts pushes, and shows what each of them says. */
bugle_outcome bugle_task_run(const bugle_trigger *trigger)
{
    const bugle_raw_notification *push = bugle_trigger_raw_notification(trigger);
    if (push == NULL) {
        return bugle_rejected_kind(trigger);
    }
    bugle_string text;
    if (!bugle_text_of(push->content, &text)) {
        return bugle_rejected("the push is not UTF-8");
    }
    int64_t unread = 0;
    BUGLE_TRY(bugle_get_integer("inbox/unread", &unread));
    BUGLE_TRY(bugle_set_integer("inbox/unread", ++unread));
    bugle_badge_set_number((uint32_t)unread);
    bugle_toast toast = bugle_toast_new(bugle_text("New message"));
    toast.body = text;
    toast.tag = bugle_some("inbox");
    BUGLE_TRY(bugle_toast_show(&toast));
    bugle_log_info("unread: %lld", (long long)unread);
    return bugle_completed();
}
