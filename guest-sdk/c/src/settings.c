#include "bugle.h"

typedef bugle_task_local_settings_settings_error_t host_error;

/* The most items that the host gives at once. */
#define PAGE_ITEMS 256

static const char *const types[] = {"boolean", "integer", "float", "text", "bytes", "timestamp"};

static const bugle_error ok = {BUGLE_OK, {NULL, 0}};

static bugle_error from_host(const char *path, const host_error *error)
{
    switch (error->tag) {
    case BUGLE_TASK_LOCAL_SETTINGS_SETTINGS_ERROR_INVALID_PATH:
        return (bugle_error){BUGLE_INVALID_PATH,
                             bugle_format("`%s` is not the path of a setting: %.*s", path,
                                          BUGLE_ARG(error->val.invalid_path))};
    case BUGLE_TASK_LOCAL_SETTINGS_SETTINGS_ERROR_VALUE_TOO_LARGE:
        return (bugle_error){BUGLE_VALUE_TOO_LARGE,
                             bugle_format("the value for the setting `%s` is too large: it may "
                                          "have %u bytes",
                                          path, error->val.value_too_large)};
    case BUGLE_TASK_LOCAL_SETTINGS_SETTINGS_ERROR_QUOTA_EXCEEDED:
        return (bugle_error){BUGLE_QUOTA_EXCEEDED,
                             bugle_format("no room for the setting `%s`: there may be %u bytes in "
                                          "all",
                                          path, error->val.quota_exceeded)};
    case BUGLE_TASK_LOCAL_SETTINGS_SETTINGS_ERROR_TOO_MANY:
        return (bugle_error){BUGLE_TOO_MANY,
                             bugle_format("no room for the setting `%s`: there may be %u settings",
                                          path, error->val.too_many)};
    default:
        return (bugle_error){BUGLE_OTHER,
                             bugle_format("the host refused: %.*s", BUGLE_ARG(error->val.other))};
    }
}

bugle_error bugle_get(const char *path, bugle_value *value, bool *is_set)
{
    bugle_string name = bugle_text(path);
    bugle_task_local_settings_option_value_t found;
    host_error error;
    if (!bugle_task_local_settings_get(&name, &found, &error)) {
        return from_host(path, &error);
    }
    *is_set = found.is_some;
    if (found.is_some) {
        *value = found.val;
    }
    return ok;
}

bugle_error bugle_get_as(const char *path, uint8_t type, bugle_value *value, bool *is_set)
{
    bugle_error error = bugle_get(path, value, is_set);
    if (error.code != BUGLE_OK || !*is_set || value->tag == type) {
        return error;
    }
    *is_set = false;
    return (bugle_error){BUGLE_WRONG_TYPE,
                         bugle_format("the setting `%s` is of the type %s, not %s", path,
                                      types[value->tag], types[type])};
}

bugle_error bugle_set(const char *path, bugle_value value)
{
    bool is_time = value.tag == BUGLE_TASK_LOCAL_SETTINGS_VALUE_TIMESTAMP;
    if (is_time && value.val.timestamp > INT64_MAX) {
        return (bugle_error){BUGLE_INVALID,
                             bugle_format("the value for the setting `%s` is no time from "
                                          "1970-01-01T00:00:00Z on",
                                          path)};
    }
    bugle_string name = bugle_text(path);
    host_error error;
    return bugle_task_local_settings_set(&name, &value, &error) ? ok : from_host(path, &error);
}

/* One type, its case and its name, so that reading and writing cannot differ. */
#define TYPE(name, c_type, field, case_)                                             \
    bugle_error bugle_get_##name(const char *path, c_type *value)                    \
    {                                                                                \
        bugle_value found;                                                           \
        bool is_set = false;                                                         \
        bugle_error error =                                                          \
            bugle_get_as(path, BUGLE_TASK_LOCAL_SETTINGS_VALUE_##case_, &found, &is_set); \
        if (is_set) {                                                                \
            *value = found.val.field;                                                \
        }                                                                            \
        return error;                                                                \
    }                                                                                \
                                                                                     \
    bugle_error bugle_set_##name(const char *path, c_type value)                     \
    {                                                                                \
        return bugle_set(path, (bugle_value){BUGLE_TASK_LOCAL_SETTINGS_VALUE_##case_, \
                                             {.field = value}});                     \
    }

TYPE(boolean, bool, boolean, BOOLEAN)
TYPE(integer, int64_t, integer, INTEGER)
TYPE(float, double, float_, FLOAT)
TYPE(text, bugle_string, text, TEXT)
TYPE(bytes, bugle_bytes, bytes, BYTES)
TYPE(timestamp, bugle_timestamp, timestamp, TIMESTAMP)

bugle_error bugle_remove(const char *path, bool *was_set)
{
    bugle_string name = bugle_text(path);
    host_error error;
    bool was;
    if (!bugle_task_local_settings_remove(&name, &was, &error)) {
        return from_host(path, &error);
    }
    if (was_set != NULL) {
        *was_set = was;
    }
    return ok;
}

bugle_error bugle_clear(const char *container, uint32_t *count)
{
    bugle_string name = bugle_text(container);
    host_error error;
    uint32_t went;
    if (!bugle_task_local_settings_clear(&name, &went, &error)) {
        return from_host(container, &error);
    }
    if (count != NULL) {
        *count = went;
    }
    return ok;
}

bugle_error bugle_items(const char *container, const bugle_string *after, bugle_page *page)
{
    bugle_string name = bugle_text(container);
    bugle_string from = after == NULL ? bugle_text("") : *after;
    host_error error;
    bool is_good = bugle_task_local_settings_items(&name, after == NULL ? NULL : &from, PAGE_ITEMS,
                                                   page, &error);
    return is_good ? ok : from_host(container, &error);
}

uint32_t bugle_settings_version(void)
{
    return bugle_task_local_settings_version();
}

void bugle_set_settings_version(uint32_t version)
{
    bugle_task_local_settings_set_version(version);
}
