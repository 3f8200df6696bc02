#include "host.h"

#include <stdio.h>
#include <stdlib.h>

/* 2024-01-01T00:00:00Z: a time that no test can take for the machine's. */
#define STARTED_AT 1704067200000u

bugle_test_host bugle_host;

void bugle_free_all(void);

void bugle_test_start(void)
{
    bugle_free_all();
    memset(&bugle_host, 0, sizeof bugle_host);
    bugle_host.toasts_left = TOASTS_MAX;
    bugle_host.attempt = 1;
    bugle_host.progress = -1;
    bugle_host.time = STARTED_AT;
}

void bugle_test_end(void)
{
    bugle_test_start();
}

void bugle_test_toasts_left(uint32_t count)
{
    bugle_host.toasts_left = count < TOASTS_MAX ? count : TOASTS_MAX;
}

void bugle_test_toasts_permitted(bool are_permitted)
{
    bugle_host.toasts_are_refused = !are_permitted;
}

void bugle_test_attempt(uint32_t attempt)
{
    bugle_host.attempt = attempt;
}

void bugle_test_time(bugle_timestamp now)
{
    bugle_host.time = now;
}

void bugle_test_cancellation(uint8_t reason)
{
    bugle_host.is_cancelled = true;
    bugle_host.cancellation = reason;
}

bugle_outcome bugle_test_push(const char *content)
{
    return bugle_test_push_bytes(content, strlen(content));
}

bugle_outcome bugle_test_push_bytes(const void *content, size_t len)
{
    bugle_trigger trigger = {.tag = BUGLE_TASK_TRIGGER_DETAILS_TRIGGER_RAW_NOTIFICATION};
    bugle_raw_notification *push = &trigger.val.raw_notification;
    push->channel = bugle_text("inbox");
    /* A copy of just this length: an address sanitizer sees a read behind it. */
    push->content = (bugle_bytes){bugle_alloc(len), len};
    memcpy(push->content.ptr, content, len);
    push->received_at = bugle_host.time;
    return bugle_test_wake(&trigger);
}

bugle_outcome bugle_test_wake(const bugle_trigger *trigger)
{
    bugle_host.before = bugle_host.now;
    bugle_outcome outcome = bugle_task_run(trigger);
    if (!outcome.is_completed) {
        bugle_host.now = bugle_host.before;
    }
    return outcome;
}

size_t bugle_test_toast_count(void)
{
    return bugle_host.now.toast_count;
}

const bugle_toast *bugle_test_toast(size_t at)
{
    return at < bugle_host.now.toast_count ? &bugle_host.now.toasts[at] : NULL;
}

size_t bugle_test_toast_changes(void)
{
    return bugle_host.now.toast_changes;
}

const char *bugle_test_log(size_t at)
{
    return at < bugle_host.log_count ? bugle_host.log[at] : NULL;
}

bugle_level bugle_test_log_level(size_t at)
{
    return bugle_host.log_levels[at];
}

int bugle_test_progress(void)
{
    return bugle_host.progress;
}

bugle_task_task_context_resume_work_t *bugle_work_of(bugle_string key)
{
    for (size_t i = 0; i < bugle_host.now.work_count; i++) {
        if (bugle_string_equals(bugle_host.now.work[i].key, key)) {
            return &bugle_host.now.work[i];
        }
    }
    return NULL;
}

const bugle_bytes *bugle_test_work(const char *key)
{
    const bugle_task_task_context_resume_work_t *work = bugle_work_of(bugle_text(key));
    return work == NULL ? NULL : &work->content;
}

bool bugle_test_says(bugle_outcome outcome, const char *message)
{
    return !outcome.is_completed && outcome.error.tag != BUGLE_TASK_TYPES_TASK_ERROR_RETRY
        && bugle_string_equals(outcome.error.val.failed, bugle_text(message));
}

/* A copy with a byte 0 behind it that lives until the next start. */
uint8_t *bugle_kept(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = bugle_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    copy[len] = 0;
    return copy;
}

bugle_string bugle_kept_text(bugle_string text)
{
    bugle_string checked;
    if (!bugle_text_of(bugle_bytes_of(text), &checked)) {
        fputs("the task gave the host a text that is not UTF-8, which traps\n", stderr);
        abort();
    }
    return (bugle_string){bugle_kept(text.ptr, text.len), text.len};
}
