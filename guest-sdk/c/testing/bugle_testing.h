/* Runs a task natively on a host of its own, for unit tests with any C compiler: compile the task,
 * the SDK's `src/` and `testing/`'s together, without the generated `background_task.c`.
 *
 *     bugle_test_start();
 *     bugle_set_integer("inbox/unread", 2);              // what is there before the run
 *     bugle_badge_set_number(2);
 *     bugle_outcome outcome = bugle_test_push("[…]");
 *     assert(outcome.is_completed);
 *     int64_t unread = 0;
 *     bugle_get_integer("inbox/unread", &unread);        // what is there after it
 *     assert(unread == 3 && bugle_test_toast_count() == 1);
 *
 * As on the real host, a run that does not complete leaves nothing but its log. Paths, keys, the
 * size of values and the number of toasts are checked with the real host's words; what only
 * `bugle test` holds are the sandbox's limits (fuel, time, memory) and the app's quotas. A text
 * that is not UTF-8, which traps in a component, aborts the test.
 */
#ifndef BUGLE_TESTING_H
#define BUGLE_TESTING_H

#include "bugle.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A host on which nothing has happened: the first of 5 attempts of the task `task` of the app
 * `com.example.app`. Frees all that belongs to the run before. */
void bugle_test_start(void);

/* Frees all that belongs to the last run: for leak checkers, at the end of the tests. */
void bugle_test_end(void);

/* How many toasts the app may still raise in this hour; 8, a run's most, unless this is called. */
void bugle_test_toasts_left(uint32_t count);

/* Whether toasts are wanted; they are unless this is called. */
void bugle_test_toasts_permitted(bool are_permitted);

/* Which attempt this is. */
void bugle_test_attempt(uint32_t attempt);

/* When the run starts, which is also when the push came; 2024-01-01T00:00:00Z unless set. */
void bugle_test_time(bugle_timestamp now);

/* The run is to end soon, for a reason `BUGLE_TASK_TASK_CONTEXT_CANCELLATION_REASON_*`. */
void bugle_test_cancellation(uint8_t reason);

/* Wakes the task with a raw notification on the channel `inbox`. */
bugle_outcome bugle_test_push(const char *content);
bugle_outcome bugle_test_push_bytes(const void *content, size_t len);

/* Wakes the task with any trigger. */
bugle_outcome bugle_test_wake(const bugle_trigger *trigger);

/* What the run did: toasts it raised, in order; NULL where there is none. */
size_t bugle_test_toast_count(void);
const bugle_toast *bugle_test_toast(size_t at);
/* How many toasts it changed or hid. */
size_t bugle_test_toast_changes(void);
/* The work it left under a key; NULL if none. */
const bugle_bytes *bugle_test_work(const char *key);
/* The lines of its log, in order, each with a byte 0 behind it; NULL behind the last. */
const char *bugle_test_log(size_t at);
/* The level of a line, one of `BUGLE_TASK_LOG_LEVEL_*`; only of a line that there is. */
bugle_level bugle_test_log_level(size_t at);
/* The progress that it reported last, 0 to 100; -1 if none. */
int bugle_test_progress(void);
/* Whether a run did not complete with this message. */
bool bugle_test_says(bugle_outcome outcome, const char *message);

#ifdef __cplusplus
}
#endif
#endif
