#include "host.h"

#define TOAST_BYTES_MAX 5120
#define TOAST_CHANGES_MAX 32
#define ACTIONS_MAX 5
#define INPUTS_MAX 5
#define HINTS_MAX 16
#define URI_BYTES_MAX 1024
/* Of a tag, a group, and a key of work. */
#define KEY_BYTES_MAX 64
#define WORK_BYTES_MAX 8192
#define LOG_LINE_BYTES_MAX 2048
#define RANDOM_BYTES_MAX 4096
#define ATTEMPTS_MAX 5
/* What an operator who says nothing else allows: LIMITS.md. */
#define FUEL 500000000u
#define TIME_MS 5000u

typedef bugle_task_toasts_toast_error_t toast_error;

static bool refuse(toast_error *error, uint8_t tag, uint32_t limit)
{
    *error = (toast_error){tag, {.too_many = limit}};
    return false;
}

static bool invalid(toast_error *error, const char *reason)
{
    error->tag = BUGLE_TASK_TOASTS_TOAST_ERROR_INVALID;
    error->val.invalid = bugle_text(reason);
    return false;
}

static bool is_key(const bugle_string *key)
{
    return key == NULL || (key->len >= 1 && key->len <= KEY_BYTES_MAX);
}

static bool check_key(const bugle_string *tag, const bugle_string *group, toast_error *error)
{
    return is_key(tag) && is_key(group) ? true
                                        : invalid(error, "a tag and a group have 1 to 64 bytes");
}

static size_t take(bugle_string *text)
{
    *text = bugle_kept_text(*text);
    return text->len;
}

static size_t take_option(bugle_option_string *text)
{
    return text->is_some ? take(&text->val) : 0;
}

/* Copies the lists of a toast, and counts their bytes. */
static size_t take_lists(bugle_toast *toast)
{
    size_t bytes = 0;
    toast->actions.ptr = (void *)bugle_kept((void *)toast->actions.ptr,
                                            toast->actions.len * sizeof *toast->actions.ptr);
    for (size_t i = 0; i < toast->actions.len; i++) {
        bytes += take(&toast->actions.ptr[i].label) + take(&toast->actions.ptr[i].argument);
    }
    toast->hints.ptr = (void *)bugle_kept((void *)toast->hints.ptr,
                                          toast->hints.len * sizeof *toast->hints.ptr);
    for (size_t i = 0; i < toast->hints.len; i++) {
        bytes += take(&toast->hints.ptr[i].name) + take(&toast->hints.ptr[i].value);
    }
    toast->inputs.ptr = (void *)bugle_kept((void *)toast->inputs.ptr,
                                           toast->inputs.len * sizeof *toast->inputs.ptr);
    for (size_t i = 0; i < toast->inputs.len; i++) {
        bugle_toast_input *input = &toast->inputs.ptr[i];
        bytes += take(&input->id) + take_option(&input->label) + take_option(&input->placeholder);
        input->choices.ptr = (void *)bugle_kept((void *)input->choices.ptr,
                                                input->choices.len * sizeof *input->choices.ptr);
        for (size_t j = 0; j < input->choices.len; j++) {
            bytes += take(&input->choices.ptr[j].id) + take(&input->choices.ptr[j].label);
        }
    }
    return bytes;
}

/* Copies a toast, and counts its bytes. */
static size_t take_toast(bugle_toast *toast)
{
    size_t bytes = take(&toast->title) + take(&toast->body) + take(&toast->argument)
                   + take_option(&toast->attribution) + take_option(&toast->tag)
                   + take_option(&toast->group);
    if (toast->image.is_some) {
        bytes += take(&toast->image.val.uri) + take(&toast->image.val.alternative_text);
    }
    if (toast->progress.is_some) {
        bugle_task_toasts_progress_t *progress = &toast->progress.val;
        bytes += take_option(&progress->title) + take(&progress->status)
                 + take_option(&progress->value_text);
    }
    return bytes + take_lists(toast);
}

static bool check_inputs(const bugle_toast *toast, toast_error *error)
{
    bool is_good = toast->inputs.len <= INPUTS_MAX;
    for (size_t i = 0; i < toast->inputs.len && is_good; i++) {
        is_good = toast->inputs.ptr[i].choices.len <= INPUTS_MAX;
        for (size_t j = 0; j < i; j++) {
            if (bugle_string_equals(toast->inputs.ptr[i].id, toast->inputs.ptr[j].id)) {
                return invalid(error, "two inputs have the same id");
            }
        }
    }
    return is_good ? true
                   : invalid(error, "a toast has at most 5 inputs of at most 5 choices");
}

static bool check_toast(const bugle_toast *toast, size_t bytes, toast_error *error)
{
    if (bytes > TOAST_BYTES_MAX) {
        return refuse(error, BUGLE_TASK_TOASTS_TOAST_ERROR_TOO_LARGE, TOAST_BYTES_MAX);
    }
    if (toast->title.len == 0) {
        return invalid(error, "the title is empty");
    }
    if (toast->actions.len > ACTIONS_MAX) {
        return invalid(error, "a toast has at most 5 actions");
    }
    if (toast->hints.len > HINTS_MAX) {
        return invalid(error, "a toast has at most 16 hints");
    }
    if (toast->image.is_some && toast->image.val.uri.len > URI_BYTES_MAX) {
        return invalid(error, "an image's address has at most 1,024 bytes");
    }
    const bugle_string *tag = toast->tag.is_some ? &toast->tag.val : NULL;
    const bugle_string *group = toast->group.is_some ? &toast->group.val : NULL;
    return check_key(tag, group, error) && check_inputs(toast, error);
}

bool bugle_task_toasts_permitted(void)
{
    return !bugle_host.toasts_are_refused;
}

bool bugle_task_toasts_show(bugle_toast *toast, toast_error *error)
{
    bugle_toast copy = *toast;
    size_t bytes = take_toast(&copy);
    if (!check_toast(&copy, bytes, error)) {
        return false;
    }
    if (bugle_host.now.toast_count >= bugle_host.toasts_left) {
        return refuse(error, BUGLE_TASK_TOASTS_TOAST_ERROR_TOO_MANY, bugle_host.toasts_left);
    }
    bugle_host.now.toasts[bugle_host.now.toast_count++] = copy;
    return true;
}

static bool change(const bugle_string *tag, const bugle_string *group, toast_error *error)
{
    if (!check_key(tag, group, error)) {
        return false;
    }
    if (bugle_host.now.toast_changes >= TOAST_CHANGES_MAX) {
        return refuse(error, BUGLE_TASK_TOASTS_TOAST_ERROR_TOO_MANY, TOAST_CHANGES_MAX);
    }
    bugle_host.now.toast_changes++;
    return true;
}

bool bugle_task_toasts_update(background_task_string_t *tag, background_task_string_t *group,
                              uint32_t sequence, bugle_toast_update *update, toast_error *error)
{
    (void)sequence;
    if (update->title.is_some && update->title.val.len == 0) {
        return invalid(error, "the title is empty");
    }
    return change(tag, group, error);
}

bool bugle_task_toasts_hide(background_task_string_t *tag, background_task_string_t *group,
                            toast_error *error)
{
    return change(tag, group, error);
}

bool bugle_task_badge_get(bugle_badge *mark)
{
    *mark = bugle_host.now.badge;
    return bugle_host.now.has_badge;
}

/* A number of 0 is no mark. */
void bugle_task_badge_set(bugle_badge *mark)
{
    bugle_host.now.badge = *mark;
    bugle_host.now.has_badge = mark->tag != BUGLE_TASK_BADGE_MARK_NUMBER || mark->val.number != 0;
}

void bugle_task_badge_clear(void)
{
    bugle_host.now.has_badge = false;
}

#define TEXT(name, text)                                     \
    void bugle_task_task_context_##name(bugle_string *found) \
    {                                                        \
        *found = bugle_text(text);                           \
    }

TEXT(app, "com.example.app")
TEXT(app_version, "1.0.0")
TEXT(task, "task")
TEXT(trigger_id, "trigger-1")

void bugle_task_task_context_run_id(bugle_string *found)
{
    *found = bugle_format("run-%u", bugle_host.attempt);
}

uint32_t bugle_task_task_context_attempt(void)
{
    return bugle_host.attempt;
}

uint32_t bugle_task_task_context_attempts_max(void)
{
    return ATTEMPTS_MAX;
}

uint64_t bugle_task_task_context_now(void)
{
    return bugle_host.time;
}

/* Bytes that are the same in every test: the finalizer of SplitMix64 over a counter. */
void bugle_task_task_context_random(uint32_t count, bugle_bytes *bytes)
{
    bytes->len = count < RANDOM_BYTES_MAX ? count : RANDOM_BYTES_MAX;
    bytes->ptr = bugle_alloc(bytes->len);
    for (size_t i = 0; i < bytes->len; i++) {
        uint64_t word = ++bugle_host.random_given * 0x9e3779b97f4a7c15u;
        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
        bytes->ptr[i] = (uint8_t)(word >> 56);
    }
}

/* All of it, always: native code uses none. */
uint64_t bugle_task_task_context_remaining_fuel(void)
{
    return FUEL;
}

uint32_t bugle_task_task_context_remaining_time(void)
{
    return TIME_MS;
}

bool bugle_task_task_context_cancellation(bugle_task_task_context_cancellation_reason_t *reason)
{
    *reason = (bugle_task_task_context_cancellation_reason_t){.tag = bugle_host.cancellation};
    return bugle_host.is_cancelled;
}

void bugle_task_task_context_report_progress(uint32_t percent)
{
    bugle_host.progress = percent < 100 ? (int)percent : 100;
}

bool bugle_task_task_context_on_resume(bugle_task_task_context_resume_work_t *work,
                                       bugle_task_task_context_context_error_t *error)
{
    if (!is_key(&work->key)) {
        error->tag = BUGLE_TASK_TASK_CONTEXT_CONTEXT_ERROR_INVALID;
        error->val.invalid = bugle_text("a key has 1 to 64 bytes");
        return false;
    }
    if (work->content.len > WORK_BYTES_MAX) {
        error->tag = BUGLE_TASK_TASK_CONTEXT_CONTEXT_ERROR_TOO_LARGE;
        error->val.too_large = WORK_BYTES_MAX;
        return false;
    }
    bugle_task_task_context_resume_work_t *place = bugle_work_of(work->key);
    if (place == NULL && bugle_host.now.work_count == WORK_MAX) {
        error->tag = BUGLE_TASK_TASK_CONTEXT_CONTEXT_ERROR_TOO_MANY;
        error->val.too_many = WORK_MAX;
        return false;
    }
    place = place != NULL ? place : &bugle_host.now.work[bugle_host.now.work_count++];
    place->key = bugle_kept_text(work->key);
    place->content = (bugle_bytes){bugle_kept(work->content.ptr, work->content.len),
                                   work->content.len};
    return true;
}

void bugle_task_log_write(bugle_level level, background_task_string_t *message)
{
    if (bugle_host.log_count < LOG_LINES_MAX) {
        bugle_string line = bugle_kept_text(*message);
        line.ptr[line.len < LOG_LINE_BYTES_MAX ? line.len : LOG_LINE_BYTES_MAX] = 0;
        bugle_host.log_levels[bugle_host.log_count] = level;
        bugle_host.log[bugle_host.log_count++] = (const char *)line.ptr;
    }
}
