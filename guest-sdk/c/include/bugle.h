/* Background tasks in C: see README.md.
 *
 * Ownership, one rule for all of it:
 * - what Bugle hands to the task (the trigger, settings, texts from `bugle_format`, messages of
 *   errors) lives until `bugle_task_run` returns; never free it;
 * - what the task hands to Bugle is read during the call only, and stays the task's. The one
 *   exception is a `bugle_string` in an outcome or an error: it must live until the run is over.
 *
 * In a component the whole memory goes when the run is over. In a native test the host of
 * `testing/` frees what Bugle handed out, so that leak checkers find the task's own leaks only.
 *
 * Texts are UTF-8 without a byte 0 at their end. Text from outside must be checked before it is
 * given to Bugle (`bugle_text_of`, or `bugle_json_read`, which checks): text that is not UTF-8
 * traps.
 */
#ifndef BUGLE_H
#define BUGLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "background_task.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#define BUGLE_FORMAT(text, list) __attribute__((format(printf, text, list)))
#else
#define BUGLE_FORMAT(text, list)
#endif

/* Text and bytes ------------------------------------------------------------------------------ */

/* Text: `uint8_t *ptr` and `size_t len`. */
typedef background_task_string_t bugle_string;
/* Text that may be missing: `bool is_some` and `bugle_string val`. */
typedef background_task_option_string_t bugle_option_string;
/* Bytes: `uint8_t *ptr` and `size_t len`. */
typedef background_task_list_u8_t bugle_bytes;
/* Milliseconds since 1970-01-01T00:00:00Z. */
typedef bugle_task_types_timestamp_t bugle_timestamp;
/* A length of time in milliseconds. */
typedef bugle_task_types_duration_t bugle_duration;
/* A name and its value, as in a header or a form. */
typedef bugle_task_types_pair_t bugle_pair;

/* The text of a C string, which is not copied and must not change while it is in use. */
static inline bugle_string bugle_text(const char *text)
{
    return (bugle_string){(uint8_t *)text, strlen(text)};
}

/* The text of a C string where one may be missing. */
static inline bugle_option_string bugle_some(const char *text)
{
    return (bugle_option_string){true, {(uint8_t *)text, strlen(text)}};
}

/* A text where one may be missing. */
static inline bugle_option_string bugle_some_string(bugle_string text)
{
    return (bugle_option_string){true, text};
}

/* The bytes of a text. */
static inline bugle_bytes bugle_bytes_of(bugle_string text)
{
    return (bugle_bytes){text.ptr, text.len};
}

static inline bool bugle_string_equals(bugle_string a, bugle_string b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The bytes as text; false, and `*text` untouched, if they are not UTF-8. */
bool bugle_text_of(bugle_bytes bytes, bugle_string *text);

/* A text as `printf` makes it, with a byte 0 behind it: flags, widths, precisions and lengths, and
 * the conversions d i u o x X c s p a A e E f F g G %. A `long double` is written as a `double`.
 * %n, %lc, %ls and arguments by their number are not known: the format is told in the log, and the
 * run traps. `BUGLE_ARG(string)` gives a `bugle_string` to `%.*s`, which ends at a byte 0 as all
 * texts of `printf` do: what may have one is joined with `bugle_append`. */
bugle_string bugle_format(const char *format, ...) BUGLE_FORMAT(1, 2);
bugle_string bugle_format_list(const char *format, va_list arguments) BUGLE_FORMAT(1, 0);

#define BUGLE_ARG(string) (int)(string).len, (const char *)(string).ptr

/* A text that grows; all zero is an empty one. Its text is valid until the next append. */
typedef struct {
    uint8_t *ptr;
    size_t len;
    size_t capacity;
} bugle_builder;

void bugle_append(bugle_builder *builder, const void *bytes, size_t len);

static inline bugle_string bugle_built(const bugle_builder *builder)
{
    return (bugle_string){builder->ptr, builder->len};
}

/* Memory as from `malloc`, aligned for anything, that lives until the run is over. Never NULL:
 * where there is none left the run traps. */
void *bugle_alloc(size_t len);

/* Errors and outcomes ------------------------------------------------------------------------- */

/* Why the host did not do what the task asked. The call that failed changed nothing. */
typedef enum {
    BUGLE_OK = 0,
    BUGLE_INVALID_PATH,    /* a setting's path is not one */
    BUGLE_WRONG_TYPE,      /* a setting holds a value of another type */
    BUGLE_VALUE_TOO_LARGE, /* a setting's value has more than 8 KiB */
    BUGLE_QUOTA_EXCEEDED,  /* the app's settings, or what one run changes in them, are too much */
    BUGLE_TOO_LARGE,       /* a toast, or work for the app, is too large */
    BUGLE_TOO_MANY,        /* there are too many settings, toasts or keys of work already */
    BUGLE_INVALID,         /* a field of a toast, a key of work or a time is not as documented */
    BUGLE_OTHER            /* what a later version of the contract may add */
} bugle_error_code;

typedef struct {
    bugle_error_code code;
    /* A sentence for the author: what is wrong with what. */
    bugle_string message;
} bugle_error;

/* How a task ends. */
typedef struct {
    bool is_completed;
    bugle_task_types_task_error_t error;
} bugle_outcome;

/* All went well: the host commits everything that the run did, in one transaction. On any other
 * end only the log is kept. Messages are kept with the run, cut at 4 KiB. */
bugle_outcome bugle_completed(void);
/* It went wrong. The host tries again with growing pauses, up to the attempt limit, then keeps the
 * trigger as a dead letter with this message. */
bugle_outcome bugle_failed(const char *format, ...) BUGLE_FORMAT(1, 2);
/* It went wrong because of an error: its message. */
bugle_outcome bugle_failed_by(bugle_error error);
/* Not now. The host tries again after a pause of its own. This counts as an attempt. */
bugle_outcome bugle_retry(void);
/* Not now. The host tries again after a pause: at most 24 hours, and longer ones are that. */
bugle_outcome bugle_retry_after(bugle_duration pause);
/* Never: this trigger will not succeed however often it is tried. A dead letter at once. */
bugle_outcome bugle_rejected(const char *format, ...) BUGLE_FORMAT(1, 2);

/* Ends the task as failed if a call failed. For functions that return an outcome. */
#define BUGLE_TRY(call)                            \
    do {                                           \
        bugle_error bugle_try_ = (call);           \
        if (bugle_try_.code != BUGLE_OK) {         \
            return bugle_failed_by(bugle_try_);    \
        }                                          \
    } while (0)

/* The task ------------------------------------------------------------------------------------ */

/* Why the task was woken: `tag` is one of `BUGLE_TASK_TRIGGER_DETAILS_TRIGGER_*`, `val` has the
 * details, which the generated `background_task.h` describes with their limits. */
typedef bugle_task_trigger_details_trigger_t bugle_trigger;
typedef bugle_task_trigger_details_raw_notification_t bugle_raw_notification;
typedef bugle_task_trigger_details_toast_activation_t bugle_toast_activation;

/* The task: the one function that its author writes. Called once; the next trigger gets a fresh
 * instance. A trap, or a limit that is reached, keeps nothing of the run but its log. */
bugle_outcome bugle_task_run(const bugle_trigger *trigger);

/* The trigger's kind, as a manifest names it: `raw-notification`. */
const char *bugle_trigger_kind(const bugle_trigger *trigger);
/* The raw notification; NULL if the trigger is of another kind. */
const bugle_raw_notification *bugle_trigger_raw_notification(const bugle_trigger *trigger);
/* How a task ends that takes raw notifications only, and was woken by something else: rejected. */
bugle_outcome bugle_rejected_kind(const bugle_trigger *trigger);
/* The first header of a name, which is in lower case; NULL if there is none. */
const bugle_string *bugle_header(const bugle_raw_notification *push, const char *name);
/* What was typed or selected in the input of an id; NULL if nothing was. */
const bugle_string *bugle_input(const bugle_toast_activation *activation, const char *id);

/* Settings: what the app's tasks remember, and what its user interface reads ------------------- */

/* A path is names joined by `/`: `inbox/unread`. A name has 1 to 255 bytes; a path at most 32 names
 * and 1,024 bytes. A value has at most 8 KiB, and an app at most 1 MiB in 4,096 settings. Reads see
 * the run's own writes. */

typedef bugle_task_local_settings_value_t bugle_value;

/* What is set at a path. `*value` stays as it is where nothing is set, so put the default there.
 * BUGLE_WRONG_TYPE if a value of another type is set, BUGLE_INVALID_PATH. */
bugle_error bugle_get_boolean(const char *path, bool *value);
bugle_error bugle_get_integer(const char *path, int64_t *value);
bugle_error bugle_get_float(const char *path, double *value);
bugle_error bugle_get_text(const char *path, bugle_string *value);
bugle_error bugle_get_bytes(const char *path, bugle_bytes *value);
bugle_error bugle_get_timestamp(const char *path, bugle_timestamp *value);
/* Of any type; `*is_set` says whether there is one. */
bugle_error bugle_get(const char *path, bugle_value *value, bool *is_set);
/* Of the type `type`, one of `BUGLE_TASK_LOCAL_SETTINGS_VALUE_*`. */
bugle_error bugle_get_as(const char *path, uint8_t type, bugle_value *value, bool *is_set);

/* Sets a value in place of whatever value and type was there. BUGLE_VALUE_TOO_LARGE,
 * BUGLE_QUOTA_EXCEEDED, BUGLE_TOO_MANY, BUGLE_INVALID_PATH; BUGLE_INVALID for a timestamp above
 * INT64_MAX, which is a time before 1970 that was made unsigned. */
bugle_error bugle_set_boolean(const char *path, bool value);
bugle_error bugle_set_integer(const char *path, int64_t value);
bugle_error bugle_set_float(const char *path, double value);
bugle_error bugle_set_text(const char *path, bugle_string value);
bugle_error bugle_set_bytes(const char *path, bugle_bytes value);
bugle_error bugle_set_timestamp(const char *path, bugle_timestamp value);
bugle_error bugle_set(const char *path, bugle_value value);

/* Removes a setting. `was_set` may be NULL. BUGLE_INVALID_PATH, BUGLE_QUOTA_EXCEEDED if a run may
 * not change more. */
bugle_error bugle_remove(const char *path, bool *was_set);
/* Removes a container and all in it; the empty path clears the app. `count`, how many settings
 * went, may be NULL. BUGLE_INVALID_PATH, BUGLE_QUOTA_EXCEEDED if a run may not change so much. */
bugle_error bugle_clear(const char *container, uint32_t *count);

/* A page of what is in a container: `items` and, if there are more, `next`. */
typedef bugle_task_local_settings_page_t bugle_page;
/* At most 256 names of a container (the empty path is the app's root), in the order of their
 * bytes, after the name `after`, or from the first if that is NULL. BUGLE_INVALID_PATH. */
bugle_error bugle_items(const char *container, const bugle_string *after, bugle_page *page);

/* The version of the app's settings, 0 at first: for an app to know what shape its data has. */
uint32_t bugle_settings_version(void);
void bugle_set_settings_version(uint32_t version);

/* Toasts: notices for the person, raised when the run is committed ----------------------------- */

/* At most 8 a run, each at most 5 KiB, and 60 an hour for an app; at most 32 updates and hides a
 * run. The generated `background_task.h` describes each field. */
typedef bugle_task_toasts_toast_t bugle_toast;
typedef bugle_task_toasts_action_t bugle_toast_action;
typedef bugle_task_toasts_input_t bugle_toast_input;
typedef bugle_task_toasts_toast_update_t bugle_toast_update;

/* A toast with a title, which has at least 1 byte, and the defaults: no body, no actions, standard,
 * not silent, no tag, taken away after 3 days. Set what else it has:
 * `toast.tag = bugle_some("inbox");`. */
static inline bugle_toast bugle_toast_new(bugle_string title)
{
    bugle_toast toast;
    memset(&toast, 0, sizeof toast);
    toast.title = title;
    return toast;
}

/* Raises a toast in place of one with the same tag and group. BUGLE_TOO_LARGE, BUGLE_TOO_MANY,
 * BUGLE_INVALID; toasts that were raised before stay. */
bugle_error bugle_toast_show(const bugle_toast *toast);
/* Changes a toast if it is still there; what is none in `change` stays. `group` may be NULL. An
 * update whose `sequence` is not above the last that was applied is ignored; 0 always applies. */
bugle_error bugle_toast_change(const char *tag, const char *group, uint32_t sequence,
                               const bugle_toast_update *change);
/* Takes one toast away; all of a group if `tag` is NULL; all of the app's if both are. */
bugle_error bugle_toast_hide(const char *tag, const char *group);
/* Whether the person, and who runs the host, want the app's toasts. All else succeeds anyway. */
bool bugle_toasts_permitted(void);

/* Badge: the mark on the app's icon. The last one set in a run is committed -------------------- */

typedef bugle_task_badge_mark_t bugle_badge;

/* Shown as 99+ above 99; 0 clears. */
void bugle_badge_set_number(uint32_t number);
/* One of `BUGLE_TASK_BADGE_GLYPH_*`. */
void bugle_badge_set_glyph(uint8_t glyph);
void bugle_badge_clear(void);
/* The mark as it is now, the run's own change included; false where there is none. */
bool bugle_badge_get(bugle_badge *mark);

/* Context: this run, as the task may know it -------------------------------------------------- */

bugle_string bugle_app(void);         /* as in its manifest: `com.example.mail` */
bugle_string bugle_app_version(void); /* as in its manifest */
bugle_string bugle_task_name(void);   /* as in the manifest */
bugle_string bugle_trigger_id(void);  /* the same on every attempt: an idempotency key */
bugle_string bugle_run_id(void);      /* new for every attempt */
uint32_t bugle_attempt(void);         /* 1 at first */
uint32_t bugle_attempts_max(void);    /* after this one there is no other */
bugle_timestamp bugle_now(void);      /* the run's own time; advances with the work done */
bugle_bytes bugle_random(uint32_t count); /* at most 4,096; a replayed run gets the same */
uint64_t bugle_remaining_fuel(void);      /* one unit is about one instruction */
bugle_duration bugle_remaining_time(void); /* of the run's own time; 0 in the grace period */
/* How far the run is, in percent; more than 100 is 100. */
void bugle_report_progress(uint32_t percent);
/* Whether the run should end soon; the reason's tag is one of
 * `BUGLE_TASK_TASK_CONTEXT_CANCELLATION_REASON_*`. A grace period is left from the first on. */
bool bugle_cancellation(bugle_task_task_context_cancellation_reason_t *reason);
/* Leaves work for the app to do when it is next in the foreground. A key has 1 to 64 bytes, content
 * at most 8 KiB, a run leaves at most 16 keys. BUGLE_TOO_LARGE, BUGLE_TOO_MANY, BUGLE_INVALID. */
bugle_error bugle_on_resume(const char *key, bugle_bytes content);

/* Log: kept with the run, however it ends: 64 KiB in 1,000 lines of 2 KiB; the rest is cut ---- */

typedef bugle_task_log_level_t bugle_level;

/* One line, as `bugle_format` makes it. */
void bugle_log_trace(const char *format, ...) BUGLE_FORMAT(1, 2);
void bugle_log_debug(const char *format, ...) BUGLE_FORMAT(1, 2);
void bugle_log_info(const char *format, ...) BUGLE_FORMAT(1, 2);
void bugle_log_warn(const char *format, ...) BUGLE_FORMAT(1, 2);
void bugle_log_error(const char *format, ...) BUGLE_FORMAT(1, 2);
/* One line as it is; `level` is one of `BUGLE_TASK_LOG_LEVEL_*`. */
void bugle_log(bugle_level level, bugle_string message);

#ifdef __cplusplus
}
#endif
#endif
