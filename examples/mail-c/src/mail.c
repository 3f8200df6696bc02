#include "mail.h"

#include <bugle_json.h>

/* The most bytes an id may have, since it is also the tag of a toast. */
#define ID_BYTES_MAX 64

/* A text that a mail must have. */
static bugle_outcome needed(const bugle_json *json, const char *name, size_t number,
                            bugle_string *text)
{
    const bugle_string *found = bugle_json_string(bugle_json_member(json, name));
    if (found == NULL) {
        return bugle_rejected("mail %zu of the push has no text `%s`", number, name);
    }
    *text = *found;
    return bugle_completed();
}

/* A mail from JSON. Fields that are not known are ignored, so that the sender may add some. */
static bugle_outcome from_json(const bugle_json *json, size_t number, mail *mail)
{
    bugle_outcome outcome = needed(json, "id", number, &mail->id);
    if (outcome.is_completed && (mail->id.len < 1 || mail->id.len > ID_BYTES_MAX)) {
        return bugle_rejected("mail %zu of the push has an id of %zu bytes, not 1 to %d", number,
                              mail->id.len, ID_BYTES_MAX);
    }
    if (outcome.is_completed) {
        outcome = needed(json, "from", number, &mail->from);
    }
    if (outcome.is_completed) {
        outcome = needed(json, "subject", number, &mail->subject);
    }
    const bugle_string *preview = bugle_json_string(bugle_json_member(json, "preview"));
    if (preview != NULL) {
        mail->preview = bugle_some_string(*preview);
    }
    return outcome;
}

bugle_outcome mail_parse(bugle_bytes content, mail_list *mails)
{
    bugle_json_error error;
    const bugle_json *json = bugle_json_read(content, &error);
    if (json == NULL) {
        return bugle_rejected("the push is not a JSON list of mails: %s at line %zu column %zu",
                              error.reason, error.line, error.column);
    }
    if (json->kind != BUGLE_JSON_ARRAY) {
        return bugle_rejected("the push is not a JSON list of mails, but another value");
    }
    bugle_outcome outcome = bugle_completed();
    *mails = (mail_list){bugle_alloc(json->count * sizeof(mail)), 0};
    memset(mails->ptr, 0, json->count * sizeof(mail));
    for (const bugle_json *at = json->first; at != NULL && outcome.is_completed; at = at->next) {
        outcome = from_json(at, mails->len + 1, &mails->ptr[mails->len]);
        mails->len++;
    }
    return outcome;
}

mail_list mail_after(mail_list mails, const bugle_string *last)
{
    for (size_t at = mails.len; last != NULL && at > 0; at--) {
        if (bugle_string_equals(mails.ptr[at - 1].id, *last)) {
            return (mail_list){mails.ptr + at, mails.len - at};
        }
    }
    return mails;
}

bugle_toast mail_toast(const mail *mail)
{
    bugle_string from = mail->from.len > 0 ? mail->from : bugle_text("Unknown sender");
    bugle_toast toast = bugle_toast_new(from);
    toast.body = mail->subject;
    if (mail->preview.is_some) {
        bugle_builder body = {NULL, 0, 0};
        bugle_append(&body, mail->subject.ptr, mail->subject.len);
        bugle_append(&body, "\n", 1);
        bugle_append(&body, mail->preview.val.ptr, mail->preview.val.len);
        toast.body = bugle_built(&body);
    }
    toast.tag = bugle_some_string(mail->id);
    toast.group = bugle_some("mail");
    toast.argument = mail->id;
    return toast;
}

bugle_bytes mail_ids(mail_list mails)
{
    bugle_builder json = {NULL, 0, 0};
    for (size_t at = 0; at < mails.len; at++) {
        bugle_append(&json, at == 0 ? "[" : ",", 1);
        bugle_json_append_string(&json, mails.ptr[at].id);
    }
    bugle_append(&json, mails.len == 0 ? "[]" : "]", mails.len == 0 ? 2 : 1);
    return bugle_bytes_of(bugle_built(&json));
}
