#include "bugle.h"

/* The longest pause that the contract knows: 24 hours. */
#define RETRY_MS_MAX (24u * 60 * 60 * 1000)

static bugle_outcome ended(uint8_t tag, bugle_string message)
{
    bugle_outcome outcome = {false, {.tag = tag}};
    outcome.error.val.failed = message; /* the same place for every case that has a text */
    return outcome;
}

bugle_outcome bugle_completed(void)
{
    return (bugle_outcome){.is_completed = true};
}

bugle_outcome bugle_failed_by(bugle_error error)
{
    return ended(BUGLE_TASK_TYPES_TASK_ERROR_FAILED, error.message);
}

bugle_outcome bugle_failed(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bugle_string message = bugle_format_list(format, arguments);
    va_end(arguments);
    return ended(BUGLE_TASK_TYPES_TASK_ERROR_FAILED, message);
}

bugle_outcome bugle_rejected(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bugle_string message = bugle_format_list(format, arguments);
    va_end(arguments);
    return ended(BUGLE_TASK_TYPES_TASK_ERROR_REJECTED, message);
}

static bugle_outcome retry(bugle_task_types_option_duration_t pause)
{
    bugle_outcome outcome = {false, {.tag = BUGLE_TASK_TYPES_TASK_ERROR_RETRY}};
    outcome.error.val.retry = pause;
    return outcome;
}

bugle_outcome bugle_retry(void)
{
    return retry((bugle_task_types_option_duration_t){.is_some = false});
}

bugle_outcome bugle_retry_after(bugle_duration pause)
{
    bugle_duration ms = pause < RETRY_MS_MAX ? pause : RETRY_MS_MAX;
    return retry((bugle_task_types_option_duration_t){true, ms});
}

const char *bugle_trigger_kind(const bugle_trigger *trigger)
{
    static const char *const kinds[] = {
        "raw-notification", "toast-activated",  "toast-dismissed", "timer",
        "application",      "channel-expiring", "system",          "custom",
    };
    return kinds[trigger->tag];
}

const bugle_raw_notification *bugle_trigger_raw_notification(const bugle_trigger *trigger)
{
    bool is_one = trigger->tag == BUGLE_TASK_TRIGGER_DETAILS_TRIGGER_RAW_NOTIFICATION;
    return is_one ? &trigger->val.raw_notification : NULL;
}

bugle_outcome bugle_rejected_kind(const bugle_trigger *trigger)
{
    return bugle_rejected("this task takes raw notifications only, and was woken by `%s`",
                          bugle_trigger_kind(trigger));
}

static const bugle_string *find(bugle_task_trigger_details_list_pair_t pairs, const char *name)
{
    for (size_t i = 0; i < pairs.len; i++) {
        if (bugle_string_equals(pairs.ptr[i].name, bugle_text(name))) {
            return &pairs.ptr[i].value;
        }
    }
    return NULL;
}

const bugle_string *bugle_header(const bugle_raw_notification *push, const char *name)
{
    return find(push->headers, name);
}

const bugle_string *bugle_input(const bugle_toast_activation *activation, const char *id)
{
    return find(activation->inputs, id);
}

/* What the generated bindings call: the contract's `run`. */
bool exports_bugle_task_entry_run(exports_bugle_task_entry_trigger_t *trigger,
                                  exports_bugle_task_entry_task_error_t *error)
{
    bugle_outcome outcome = bugle_task_run(trigger);
    if (!outcome.is_completed) {
        *error = outcome.error;
    }
    return outcome.is_completed;
}
