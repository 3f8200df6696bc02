// What the standard library would throw, or check, ends here: without it libc++ would print to
// standard error, and bring in WASI for that.

#if defined(__wasm__) && defined(__cplusplus)

#include <__config>
#include <cstdarg>

#include "bugle.h"

_LIBCPP_BEGIN_NAMESPACE_STD

void __libcpp_verbose_abort(const char *format, ...) noexcept
{
    va_list arguments;
    va_start(arguments, format);
    bugle_log(BUGLE_TASK_LOG_LEVEL_ERROR, bugle_format_list(format, arguments));
    va_end(arguments);
    __builtin_trap();
}

_LIBCPP_END_NAMESPACE_STD

#endif
