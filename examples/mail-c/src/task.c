/* Announces new mails: a toast each, the unread count on the badge, and work for the app. */
#include <bugle.h>

#include "mail.h"

/* How many mails nobody has read yet; the app lowers it. */
#define UNREAD "inbox/unread"
/* The id of the newest mail that was announced. */
#define LAST "inbox/last"
/* More toasts than this at once are noise; the rest share one. */
#define TOASTS_MAX 5

/* A toast for each of the first mails, and one for the rest. */
static bugle_error show(mail_list mails)
{
    bugle_error error = {BUGLE_OK, {NULL, 0}};
    size_t shown = mails.len < TOASTS_MAX ? mails.len : TOASTS_MAX;
    for (size_t at = 0; at < shown && error.code == BUGLE_OK; at++) {
        bugle_toast toast = mail_toast(&mails.ptr[at]);
        error = bugle_toast_show(&toast);
    }
    if (mails.len > shown && error.code == BUGLE_OK) {
        bugle_toast toast = bugle_toast_new(bugle_format("and %zu more", mails.len - shown));
        toast.tag = bugle_some("more");
        toast.group = bugle_some("mail");
        error = bugle_toast_show(&toast);
    }
    if (error.code == BUGLE_TOO_MANY) {
        /* The hour's toasts are used up. The mails still count as unread. */
        bugle_log_warn("%.*s", BUGLE_ARG(error.message));
        error.code = BUGLE_OK;
    }
    return error;
}

/* Adds to the unread mails, and shows their number on the badge. */
static bugle_error count(size_t new_mails, int64_t *unread)
{
    *unread = 0;
    bugle_error error = bugle_get_integer(UNREAD, unread);
    if (error.code != BUGLE_OK) {
        return error;
    }
    *unread = *unread < 0 ? 0 : *unread;
    if (__builtin_add_overflow(*unread, (int64_t)new_mails, unread)) {
        *unread = INT64_MAX;
    }
    error = bugle_set_integer(UNREAD, *unread);
    if (error.code == BUGLE_OK) {
        bugle_badge_set_number(*unread > UINT32_MAX ? UINT32_MAX : (uint32_t)*unread);
    }
    return error;
}

/* Takes a JSON list of new mails, the oldest first. */
bugle_outcome bugle_task_run(const bugle_trigger *trigger)
{
    const bugle_raw_notification *push = bugle_trigger_raw_notification(trigger);
    if (push == NULL) {
        return bugle_rejected_kind(trigger);
    }
    mail_list mails;
    bugle_outcome parsed = mail_parse(push->content, &mails);
    if (!parsed.is_completed) {
        return parsed;
    }
    bugle_string last = {NULL, 0};
    BUGLE_TRY(bugle_get_text(LAST, &last));
    mail_list new_mails = mail_after(mails, last.ptr == NULL ? NULL : &last);
    if (new_mails.len == 0) {
        bugle_log_info("mails: %zu, none of them new", mails.len);
        return bugle_completed();
    }
    int64_t unread;
    BUGLE_TRY(show(new_mails));
    BUGLE_TRY(count(new_mails.len, &unread));
    BUGLE_TRY(bugle_set_text(LAST, new_mails.ptr[new_mails.len - 1].id));
    BUGLE_TRY(bugle_on_resume("sync", mail_ids(new_mails)));
    bugle_log_info("new mails: %zu, unread: %lld", new_mails.len, (long long)unread);
    return bugle_completed();
}
