#include "host.h"

#include <stdlib.h>

#define VALUE_BYTES_MAX 8192
#define PATH_BYTES_MAX 1024
#define PATH_NAMES_MAX 32
#define NAME_BYTES_MAX 255

static const char *path_error(bugle_string path)
{
    if (path.len == 0 || path.len > PATH_BYTES_MAX) {
        return path.len == 0 ? "a path has at least one name" : "a path has at most 1,024 bytes";
    }
    size_t names = 1, bytes = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/') {
            bytes++;
            continue;
        }
        if (names++ > PATH_NAMES_MAX) {
            return "a path has at most 32 names";
        }
        if (bytes == 0 || bytes > NAME_BYTES_MAX) {
            return bytes == 0 ? "a name in a path has at least 1 byte"
                              : "a name in a path has at most 255 bytes";
        }
        bytes = 0;
    }
    return NULL;
}

static bool is_path(bugle_string path, bugle_task_local_settings_settings_error_t *error)
{
    const char *reason = path_error(path);
    if (reason != NULL) {
        error->tag = BUGLE_TASK_LOCAL_SETTINGS_SETTINGS_ERROR_INVALID_PATH;
        error->val.invalid_path = bugle_text(reason);
    }
    return reason == NULL;
}

static int order(bugle_string a, bugle_string b)
{
    int first = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return first != 0 ? first : a.len < b.len ? -1 : a.len > b.len;
}

/* Where a path is, or belongs. */
static size_t place(bugle_string path)
{
    size_t at = 0;
    while (at < bugle_host.now.setting_count && order(bugle_host.now.settings[at].path, path) < 0) {
        at++;
    }
    return at;
}

static bool is_at(size_t at, bugle_string path)
{
    return at < bugle_host.now.setting_count
        && bugle_string_equals(bugle_host.now.settings[at].path, path);
}

static void take_out(size_t at)
{
    bugle_test_setting *from = &bugle_host.now.settings[at];
    memmove(from, from + 1, (--bugle_host.now.setting_count - at) * sizeof *from);
}

bool bugle_task_local_settings_get(background_task_string_t *path,
                                   bugle_task_local_settings_option_value_t *found,
                                   bugle_task_local_settings_settings_error_t *error)
{
    size_t at = place(*path);
    found->is_some = is_at(at, *path);
    if (found->is_some) {
        found->val = bugle_host.now.settings[at].value;
    }
    return is_path(*path, error);
}

static bugle_value kept_value(bugle_value value)
{
    if (value.tag == BUGLE_TASK_LOCAL_SETTINGS_VALUE_TEXT) {
        value.val.text = bugle_kept_text(value.val.text);
    } else if (value.tag == BUGLE_TASK_LOCAL_SETTINGS_VALUE_BYTES) {
        value.val.bytes.ptr = bugle_kept(value.val.bytes.ptr, value.val.bytes.len);
    }
    return value;
}

bool bugle_task_local_settings_set(background_task_string_t *path, bugle_value *value,
                                   bugle_task_local_settings_settings_error_t *error)
{
    if (!is_path(*path, error)) {
        return false;
    }
    bugle_value copy = kept_value(*value);
    bool has_length = copy.tag == BUGLE_TASK_LOCAL_SETTINGS_VALUE_TEXT
                      || copy.tag == BUGLE_TASK_LOCAL_SETTINGS_VALUE_BYTES;
    if (has_length && copy.val.bytes.len > VALUE_BYTES_MAX) {
        error->tag = BUGLE_TASK_LOCAL_SETTINGS_SETTINGS_ERROR_VALUE_TOO_LARGE;
        error->val.value_too_large = VALUE_BYTES_MAX;
        return false;
    }
    size_t at = place(*path);
    if (!is_at(at, *path)) {
        if (bugle_host.now.setting_count == SETTINGS_MAX) {
            error->tag = BUGLE_TASK_LOCAL_SETTINGS_SETTINGS_ERROR_TOO_MANY;
            error->val.too_many = SETTINGS_MAX;
            return false;
        }
        bugle_test_setting *to = &bugle_host.now.settings[at];
        memmove(to + 1, to, (bugle_host.now.setting_count++ - at) * sizeof *to);
        to->path = bugle_kept_text(*path);
    }
    bugle_host.now.settings[at].value = copy;
    return true;
}

bool bugle_task_local_settings_remove(background_task_string_t *path, bool *was_set,
                                      bugle_task_local_settings_settings_error_t *error)
{
    size_t at = place(*path);
    *was_set = is_at(at, *path);
    if (*was_set) {
        take_out(at);
    }
    return is_path(*path, error);
}

/* Whether a path is in a container; the empty one has all. */
static bool is_in(bugle_string container, bugle_string path)
{
    return container.len == 0
        || (path.len > container.len && path.ptr[container.len] == '/'
            && memcmp(path.ptr, container.ptr, container.len) == 0);
}

bool bugle_task_local_settings_clear(background_task_string_t *container, uint32_t *count,
                                     bugle_task_local_settings_settings_error_t *error)
{
    if (container->len > 0 && !is_path(*container, error)) {
        return false;
    }
    *count = 0;
    for (size_t at = bugle_host.now.setting_count; at > 0; at--) {
        if (is_in(*container, bugle_host.now.settings[at - 1].path)) {
            take_out(at - 1);
            *count += 1;
        }
    }
    return true;
}

static bool has_item(const bugle_page *page, bugle_task_local_settings_item_t item)
{
    for (size_t i = 0; i < page->items.len; i++) {
        const bugle_task_local_settings_item_t *other = &page->items.ptr[i];
        if (other->is_container == item.is_container
            && bugle_string_equals(other->name, item.name)) {
            return true;
        }
    }
    return false;
}

static int item_order(const void *a, const void *b)
{
    const bugle_task_local_settings_item_t *first = a, *second = b;
    int names = order(first->name, second->name);
    return names != 0 ? names : first->is_container - second->is_container;
}

/* One page has it all: pages are the business of the real bugle_host. */
bool bugle_task_local_settings_items(background_task_string_t *container,
                                     background_task_string_t *after, uint32_t limit,
                                     bugle_page *page,
                                     bugle_task_local_settings_settings_error_t *error)
{
    (void)limit;
    if (container->len > 0 && !is_path(*container, error)) {
        return false;
    }
    *page = (bugle_page){.items = {bugle_alloc(SETTINGS_MAX * sizeof *page->items.ptr), 0}};
    size_t skipped = container->len == 0 ? 0 : container->len + 1;
    for (size_t at = 0; at < bugle_host.now.setting_count; at++) {
        bugle_string path = bugle_host.now.settings[at].path;
        if (!is_in(*container, path)) {
            continue;
        }
        bugle_string name = {path.ptr + skipped, path.len - skipped};
        const uint8_t *slash = memchr(name.ptr, '/', name.len);
        name.len = slash == NULL ? name.len : (size_t)(slash - name.ptr);
        bugle_task_local_settings_item_t item = {name, slash != NULL};
        if ((after == NULL || order(name, *after) > 0) && !has_item(page, item)) {
            page->items.ptr[page->items.len++] = item;
        }
    }
    qsort(page->items.ptr, page->items.len, sizeof *page->items.ptr, item_order);
    return true;
}

uint32_t bugle_task_local_settings_version(void)
{
    return bugle_host.now.settings_version;
}

void bugle_task_local_settings_set_version(uint32_t version)
{
    bugle_host.now.settings_version = version;
}
