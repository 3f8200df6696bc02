/* What the parts of the testing host share: one run's state. */
#ifndef BUGLE_TESTING_HOST_H
#define BUGLE_TESTING_HOST_H

#include "bugle_testing.h"

/* The limits of the contract, which says them in `wit/`. */
#define SETTINGS_MAX 4096
#define TOASTS_MAX 8
#define WORK_MAX 16
#define LOG_LINES_MAX 1000

typedef struct {
    bugle_string path;
    bugle_value value;
} bugle_test_setting;

/* What a run changes, and what it leaves as it was if it does not complete. */
typedef struct {
    bugle_test_setting settings[SETTINGS_MAX]; /* in the order of the paths' bytes */
    size_t setting_count;
    uint32_t settings_version;
    bool has_badge;
    bugle_badge badge;
    bugle_toast toasts[TOASTS_MAX];
    size_t toast_count;
    size_t toast_changes;
    bugle_task_task_context_resume_work_t work[WORK_MAX];
    size_t work_count;
} bugle_test_effects;

typedef struct {
    bugle_test_effects now, before;
    uint32_t toasts_left, attempt;
    bool toasts_are_refused;
    uint64_t time, random_given;
    bool is_cancelled;
    uint8_t cancellation;
    int progress; /* negative: none */
    const char *log[LOG_LINES_MAX + 1];
    bugle_level log_levels[LOG_LINES_MAX];
    size_t log_count;
} bugle_test_host;

extern bugle_test_host bugle_host;

/* A copy with a byte 0 behind it that lives until the next start. */
uint8_t *bugle_kept(const uint8_t *bytes, size_t len);
/* As `bugle_kept`; aborts the test if it is not UTF-8. */
bugle_string bugle_kept_text(bugle_string text);
/* The work under a key; NULL if none. */
bugle_task_task_context_resume_work_t *bugle_work_of(bugle_string key);

#endif
