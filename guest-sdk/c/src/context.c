#include "bugle.h"

#define TEXT(name, host)           \
    bugle_string name(void)        \
    {                              \
        bugle_string text;         \
        host(&text);               \
        return text;               \
    }

TEXT(bugle_app, bugle_task_task_context_app)
TEXT(bugle_app_version, bugle_task_task_context_app_version)
TEXT(bugle_task_name, bugle_task_task_context_task)
TEXT(bugle_trigger_id, bugle_task_task_context_trigger_id)
TEXT(bugle_run_id, bugle_task_task_context_run_id)

uint32_t bugle_attempt(void)
{
    return bugle_task_task_context_attempt();
}

uint32_t bugle_attempts_max(void)
{
    return bugle_task_task_context_attempts_max();
}

bugle_timestamp bugle_now(void)
{
    return bugle_task_task_context_now();
}

bugle_bytes bugle_random(uint32_t count)
{
    bugle_bytes bytes;
    bugle_task_task_context_random(count, &bytes);
    return bytes;
}

uint64_t bugle_remaining_fuel(void)
{
    return bugle_task_task_context_remaining_fuel();
}

bugle_duration bugle_remaining_time(void)
{
    return bugle_task_task_context_remaining_time();
}

void bugle_report_progress(uint32_t percent)
{
    bugle_task_task_context_report_progress(percent);
}

bool bugle_cancellation(bugle_task_task_context_cancellation_reason_t *reason)
{
    return bugle_task_task_context_cancellation(reason);
}

static bugle_error refused(const char *key,
                           const bugle_task_task_context_context_error_t *error)
{
    switch (error->tag) {
    case BUGLE_TASK_TASK_CONTEXT_CONTEXT_ERROR_TOO_LARGE:
        return (bugle_error){BUGLE_TOO_LARGE,
                             bugle_format("the work `%s` for the app is too large: it may have %u "
                                          "bytes",
                                          key, error->val.too_large)};
    case BUGLE_TASK_TASK_CONTEXT_CONTEXT_ERROR_TOO_MANY:
        return (bugle_error){BUGLE_TOO_MANY,
                             bugle_format("too much work for the app: no room for `%s`, there may "
                                          "be %u keys",
                                          key, error->val.too_many)};
    case BUGLE_TASK_TASK_CONTEXT_CONTEXT_ERROR_INVALID:
        return (bugle_error){BUGLE_INVALID,
                             bugle_format("the work `%s` for the app is not valid: %.*s", key,
                                          BUGLE_ARG(error->val.invalid))};
    default:
        return (bugle_error){BUGLE_OTHER,
                             bugle_format("the host refused: %.*s", BUGLE_ARG(error->val.other))};
    }
}

bugle_error bugle_on_resume(const char *key, bugle_bytes content)
{
    bugle_task_task_context_resume_work_t work = {bugle_text(key), content};
    bugle_task_task_context_context_error_t error;
    if (bugle_task_task_context_on_resume(&work, &error)) {
        return (bugle_error){BUGLE_OK, {NULL, 0}};
    }
    return refused(key, &error);
}

void bugle_log(bugle_level level, bugle_string message)
{
    bugle_task_log_write(level, &message);
}

#define LEVEL(name, level)                                            \
    void bugle_log_##name(const char *format, ...)                    \
    {                                                                 \
        va_list arguments;                                            \
        va_start(arguments, format);                                  \
        bugle_log(level, bugle_format_list(format, arguments));       \
        va_end(arguments);                                            \
    }

LEVEL(trace, BUGLE_TASK_LOG_LEVEL_TRACE)
LEVEL(debug, BUGLE_TASK_LOG_LEVEL_DEBUG)
LEVEL(info, BUGLE_TASK_LOG_LEVEL_INFO)
LEVEL(warn, BUGLE_TASK_LOG_LEVEL_WARN)
LEVEL(error, BUGLE_TASK_LOG_LEVEL_ERROR)
