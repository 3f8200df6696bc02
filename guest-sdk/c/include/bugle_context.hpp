// This run, as the task may know it, and its log, in C++: limits as in `bugle.h`.
#ifndef BUGLE_CONTEXT_HPP
#define BUGLE_CONTEXT_HPP

#include "bugle_types.hpp"

namespace bugle {

/// Leaves work for the app to do when it is next in the foreground. BUGLE_TOO_LARGE, BUGLE_TOO_MANY,
/// BUGLE_INVALID.
inline result<void> on_resume(const char *key, bytes content)
{
    return done(bugle_on_resume(key, bytes_of(content)));
}

inline result<void> on_resume(const char *key, std::string_view content)
{
    return done(bugle_on_resume(key, bugle_bytes_of(text_of(content))));
}

namespace context {

/// Why a run should end soon; `other` is what a later version of the contract may add.
enum class cancellation_reason : std::uint8_t {
    uninstall,
    update,
    terminating,
    time_limit,
    quota,
    condition_lost,
    requested,
    other,
};

struct cancelled {
    cancellation_reason reason;
    /// Of `other`: what it is.
    std::string_view text;
};

/// The app's id, as in its manifest: `com.example.mail`.
inline std::string_view app() { return view(bugle_app()); }
inline std::string_view app_version() { return view(bugle_app_version()); }
/// The task's name in the manifest.
inline std::string_view task() { return view(bugle_task_name()); }
/// The same on every attempt: use it as an idempotency key.
inline std::string_view trigger_id() { return view(bugle_trigger_id()); }
/// New for every attempt.
inline std::string_view run_id() { return view(bugle_run_id()); }
/// 1 at first.
inline std::uint32_t attempt() { return bugle_attempt(); }
/// After this one there is no other.
inline std::uint32_t attempts_max() { return bugle_attempts_max(); }
/// The run's own time; it advances with the work done.
inline timestamp now() { return {bugle_now()}; }
/// At most 4,096 bytes; a replayed run gets the same.
inline bytes random(std::uint32_t count) { return view(bugle_random(count)); }
/// One unit is about one instruction.
inline std::uint64_t remaining_fuel() { return bugle_remaining_fuel(); }
/// Of the run's own time, in milliseconds; 0 in the grace period.
inline std::uint32_t remaining_ms() { return bugle_remaining_time(); }
/// How far the run is, in percent; more than 100 is 100.
inline void report_progress(std::uint32_t percent) { bugle_report_progress(percent); }

/// Whether the run should end soon, and why. A grace period is left from the first answer on.
inline std::optional<cancelled> cancellation()
{
    bugle_task_task_context_cancellation_reason_t reason;
    if (!bugle_cancellation(&reason)) {
        return std::nullopt;
    }
    const auto why = static_cast<cancellation_reason>(reason.tag);
    return cancelled{why, why == cancellation_reason::other ? view(reason.val.other) : ""};
}

} // namespace context

/// One line each, as it is; `bugle_log_info` and its kin take a format.
namespace log {

/// For whoever follows each step.
inline void trace(std::string_view line) { bugle_log(BUGLE_TASK_LOG_LEVEL_TRACE, text_of(line)); }
/// For whoever looks for a fault.
inline void debug(std::string_view line) { bugle_log(BUGLE_TASK_LOG_LEVEL_DEBUG, text_of(line)); }
/// For whoever wants to know what happened.
inline void info(std::string_view line) { bugle_log(BUGLE_TASK_LOG_LEVEL_INFO, text_of(line)); }
/// About what should not be, and was got over.
inline void warn(std::string_view line) { bugle_log(BUGLE_TASK_LOG_LEVEL_WARN, text_of(line)); }
/// About what went wrong.
inline void error(std::string_view line) { bugle_log(BUGLE_TASK_LOG_LEVEL_ERROR, text_of(line)); }

} // namespace log

} // namespace bugle

#endif
