package bugle

import (
	"fmt"
	"log"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"
	_ "unsafe" // for go:linkname

	details "bugle/internal/bindings/bugle_task_trigger_details"
	contract "bugle/internal/bindings/bugle_task_types"
	_ "bugle/internal/bindings/wit_exports"
	entry "bugle/internal/export_bugle_task_entry"
	"bugle/internal/wit/types"
)

// Go collects when the heap doubles, which for 4 MiB is at once. A run is short, and its memory
// goes with it: collect only where the host's limit of 32 MiB comes near.
const collectAt = 20 << 20

func init() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(collectAt)
	slog.SetDefault(slog.New(LogHandler{}))
	log.SetFlags(0)
	ignorePC = true
	// What package fmt makes when it is first used, and then uses again: 12,000 units of fuel.
	_ = fmt.Sprint()
	growStack(0)
	host = component{}
	entry.Run = run
}

// Whether log/slog leaves out where in the source a line was written. The log does not tell, and
// to look costs 26,000 units of fuel.
//
//go:linkname ignorePC log/slog/internal.IgnorePC
var ignorePC bool

// growStack makes the stack large that the task will run on, which is that of the init functions. It
// begins small, and where it grows Go looks at every frame: 100,000 units, more than a small task.
//
//go:noinline
func growStack(at int) byte {
	var room [32 << 10]byte
	return room[at]
}

type result = types.Result[types.Unit, contract.TaskError]

func run(given details.Trigger) (ended result) {
	defer func() {
		if reason := recover(); reason != nil {
			message := fmt.Sprintf("panic: %v", reason)
			logLines(message + "\n" + string(debug.Stack()))
			ended = types.Err[types.Unit](contract.MakeTaskErrorFailed(message))
		}
	}()
	if task == nil {
		message := "no task: write `func init() { bugle.Run(run) }`"
		return types.Err[types.Unit](contract.MakeTaskErrorFailed(message))
	}
	return endOf(OutcomeOf(task(triggerOf(given))))
}

func endOf(outcome Outcome) result {
	message := text(outcome.Message)
	switch outcome.Kind {
	case "completed":
		return types.Ok[types.Unit, contract.TaskError](types.Unit{})
	case "rejected":
		return types.Err[types.Unit](contract.MakeTaskErrorRejected(message))
	case "retry":
		pause := types.None[uint32]()
		if outcome.RetryAfter != nil {
			pause = types.Some(uint32(outcome.RetryAfter.Milliseconds()))
		}
		return types.Err[types.Unit](contract.MakeTaskErrorRetry(pause))
	}
	return types.Err[types.Unit](contract.MakeTaskErrorFailed(message))
}

func logLines(text string) {
	// A stack has tabs, which a log shows as what they are.
	text = strings.ReplaceAll(text, "\t", "    ")
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		host.WriteLog(LevelError, line)
	}
}

// Go's strings can hold any bytes, the contract's only UTF-8: the host traps on others.
func text(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func moment(ms uint64) time.Time { return time.UnixMilli(int64(min(ms, 1<<62))).UTC() }

func orEmpty(text types.Option[string]) string {
	if text.Tag() == types.OptionNone {
		return ""
	}
	return text.Some()
}

func orNone(given string) types.Option[string] {
	if given == "" {
		return types.None[string]()
	}
	return types.Some(text(given))
}

func pairsOf(given []contract.Pair) []Pair {
	pairs := make([]Pair, len(given))
	for at, pair := range given {
		pairs[at] = Pair{pair.Name, pair.Value}
	}
	return pairs
}

func triggerOf(given details.Trigger) Trigger {
	switch given.Tag() {
	case details.TriggerRawNotification:
		it := given.RawNotification()
		return &RawNotification{
			it.Channel, it.Content, orEmpty(it.ContentType), pairsOf(it.Headers), moment(it.ReceivedAt),
		}
	case details.TriggerToastActivated:
		it := given.ToastActivated()
		return &ToastActivation{orEmpty(it.Tag), orEmpty(it.Group), it.Argument, pairsOf(it.Inputs)}
	case details.TriggerToastDismissed:
		it := given.ToastDismissed()
		return &ToastDismissal{orEmpty(it.Tag), orEmpty(it.Group), Dismissal(it.Reason)}
	case details.TriggerTimer:
		it := given.Timer()
		return &TimerTick{it.Name, moment(it.DueAt), it.Missed}
	case details.TriggerApplication:
		it := given.Application()
		return &ApplicationRequest{it.Content, orEmpty(it.ContentType)}
	case details.TriggerChannelExpiring:
		it := given.ChannelExpiring()
		return &ChannelExpiry{it.Channel, moment(it.ExpiresAt)}
	case details.TriggerSystem:
		return systemEventOf(given.System())
	}
	it := given.Custom()
	return &CustomEvent{it.Kind, it.Content}
}

func systemEventOf(given details.SystemEvent) *SystemEvent {
	switch given.Tag() {
	case details.SystemEventInternetAvailable:
		return &SystemEvent{Event: "internet-available"}
	case details.SystemEventUserPresent:
		return &SystemEvent{Event: "user-present"}
	case details.SystemEventUserAway:
		return &SystemEvent{Event: "user-away"}
	case details.SystemEventSessionConnected:
		return &SystemEvent{Event: "session-connected"}
	case details.SystemEventPowerSourceChanged:
		return &SystemEvent{Event: "power-source-changed"}
	case details.SystemEventTimeZoneChanged:
		return &SystemEvent{Event: "time-zone-changed"}
	case details.SystemEventAppUpdated:
		return &SystemEvent{"app-updated", given.AppUpdated()}
	}
	return &SystemEvent{"other", given.Other()}
}
