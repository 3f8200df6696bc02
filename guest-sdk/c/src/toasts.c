#include "bugle.h"

typedef bugle_task_toasts_toast_error_t host_error;

static const bugle_error ok = {BUGLE_OK, {NULL, 0}};

static bugle_error from_host(const host_error *error)
{
    switch (error->tag) {
    case BUGLE_TASK_TOASTS_TOAST_ERROR_TOO_LARGE:
        return (bugle_error){BUGLE_TOO_LARGE,
                             bugle_format("the toast is too large: it may have %u bytes of text",
                                          error->val.too_large)};
    case BUGLE_TASK_TOASTS_TOAST_ERROR_TOO_MANY:
        return (bugle_error){BUGLE_TOO_MANY,
                             bugle_format("too many toasts: no more than %u may be raised or "
                                          "changed",
                                          error->val.too_many)};
    case BUGLE_TASK_TOASTS_TOAST_ERROR_INVALID:
        return (bugle_error){BUGLE_INVALID, bugle_format("the toast is not valid: %.*s",
                                                         BUGLE_ARG(error->val.invalid))};
    default:
        return (bugle_error){BUGLE_OTHER,
                             bugle_format("the host refused: %.*s", BUGLE_ARG(error->val.other))};
    }
}

bugle_error bugle_toast_show(const bugle_toast *toast)
{
    host_error error;
    /* The bindings know no `const`; they only read. */
    return bugle_task_toasts_show((bugle_toast *)toast, &error) ? ok : from_host(&error);
}

bugle_error bugle_toast_change(const char *tag, const char *group, uint32_t sequence,
                               const bugle_toast_update *change)
{
    bugle_string tag_text = bugle_text(tag);
    bugle_string group_text = bugle_text(group == NULL ? "" : group);
    host_error error;
    bool is_good = bugle_task_toasts_update(&tag_text, group == NULL ? NULL : &group_text, sequence,
                                            (bugle_toast_update *)change, &error);
    return is_good ? ok : from_host(&error);
}

bugle_error bugle_toast_hide(const char *tag, const char *group)
{
    bugle_string tag_text = bugle_text(tag == NULL ? "" : tag);
    bugle_string group_text = bugle_text(group == NULL ? "" : group);
    host_error error;
    bool is_good = bugle_task_toasts_hide(tag == NULL ? NULL : &tag_text,
                                          group == NULL ? NULL : &group_text, &error);
    return is_good ? ok : from_host(&error);
}

bool bugle_toasts_permitted(void)
{
    return bugle_task_toasts_permitted();
}

void bugle_badge_set_number(uint32_t number)
{
    bugle_badge mark = {BUGLE_TASK_BADGE_MARK_NUMBER, {.number = number}};
    bugle_task_badge_set(&mark);
}

void bugle_badge_set_glyph(uint8_t glyph)
{
    bugle_badge mark = {BUGLE_TASK_BADGE_MARK_GLYPH, {.glyph = glyph}};
    bugle_task_badge_set(&mark);
}

void bugle_badge_clear(void)
{
    bugle_task_badge_clear();
}

bool bugle_badge_get(bugle_badge *mark)
{
    return bugle_task_badge_get(mark);
}
