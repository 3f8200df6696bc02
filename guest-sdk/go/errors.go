package bugle

import (
	"errors"
	"fmt"
	"time"
)

// The longest pause that the contract knows.
const retryMax = 24 * time.Hour

// Why the host did not do what a task asked of it. Nothing was changed by the call that failed. An
// [Error] is one of these, to be told apart by [errors.Is].
var (
	// ErrInvalidPath says that a setting's path is not one: 1 to 32 names joined by `/`, at most
	// 1,024 bytes; a name has 1 to 255 bytes.
	ErrInvalidPath = errors.New("invalid-path")
	// ErrWrongType says that a setting holds a value of another type than the one asked for.
	ErrWrongType = errors.New("wrong-type")
	// ErrValueTooLarge says that a setting's value is larger than it may be.
	ErrValueTooLarge = errors.New("value-too-large")
	// ErrInvalidTime says that a setting cannot hold a time, since it is before 1970; the zero time is.
	ErrInvalidTime = errors.New("invalid-time")
	// ErrQuotaExceeded says that the app's settings, or what one run changes in them, would be too
	// much.
	ErrQuotaExceeded = errors.New("quota-exceeded")
	// ErrTooManySettings says that the app has all the settings that it may have.
	ErrTooManySettings = errors.New("too-many settings")
	// ErrToastTooLarge says that a toast, or a change to one, is larger than it may be.
	ErrToastTooLarge = errors.New("too-large toast")
	// ErrTooManyToasts says that the run, or the app in this hour, may not raise or change another.
	ErrTooManyToasts = errors.New("too-many toasts")
	// ErrInvalidToast says that a field of a toast is not as documented.
	ErrInvalidToast = errors.New("invalid toast")
	// ErrWorkTooLarge says that work for the app is larger than it may be.
	ErrWorkTooLarge = errors.New("too-large work")
	// ErrTooMuchWork says that the run has left all the work that it may.
	ErrTooMuchWork = errors.New("too-many work")
	// ErrInvalidWork says that the key of work for the app is not as documented.
	ErrInvalidWork = errors.New("invalid work")
	// ErrOther is what a later version of the contract may add.
	ErrOther = errors.New("other")
)

// Error is what the host says about a call that failed.
type Error struct {
	// Kind is one of the errors above.
	Kind error
	// What it is about: the path of a setting, or the key of work.
	Name string
	// How large it may be, or how many there may be.
	Max uint32
	// What is wrong with it, where the host says more.
	Reason string
}

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return e.Kind }

func (e *Error) Error() string {
	switch e.Kind {
	case ErrInvalidPath:
		return fmt.Sprintf("`%s` is not the path of a setting: %s", e.Name, e.Reason)
	case ErrWrongType:
		return fmt.Sprintf("the setting `%s` is of the type %s", e.Name, e.Reason)
	case ErrValueTooLarge:
		return fmt.Sprintf(
			"the value for the setting `%s` is too large: it may have %d bytes", e.Name, e.Max)
	case ErrInvalidTime:
		return fmt.Sprintf(
			"the setting `%s` cannot hold the time %s: it can hold those from 1970 on", e.Name, e.Reason)
	case ErrQuotaExceeded:
		return fmt.Sprintf(
			"no room for the setting `%s`: there may be %d bytes in all", e.Name, e.Max)
	case ErrTooManySettings:
		return fmt.Sprintf("no room for the setting `%s`: there may be %d settings", e.Name, e.Max)
	case ErrToastTooLarge:
		return fmt.Sprintf("the toast is too large: it may have %d bytes of text", e.Max)
	case ErrTooManyToasts:
		return fmt.Sprintf("too many toasts: no more than %d may be raised or changed", e.Max)
	case ErrInvalidToast:
		return fmt.Sprintf("the toast is not valid: %s", e.Reason)
	case ErrWorkTooLarge:
		return fmt.Sprintf("the work `%s` for the app is too large: it may have %d bytes", e.Name, e.Max)
	case ErrTooMuchWork:
		return fmt.Sprintf(
			"too much work for the app: no room for `%s`, there may be %d keys", e.Name, e.Max)
	case ErrInvalidWork:
		return fmt.Sprintf("the work `%s` for the app is not valid: %s", e.Name, e.Reason)
	}
	return "the host refused: " + e.Reason
}

type rejected string

// Rejected is how a task says never: this trigger will not succeed however often it is tried. The
// host keeps it as a dead letter at once. The message is kept with the run, cut at 4 KiB.
func Rejected(message string) error { return rejected(message) }

func (r rejected) Error() string { return string(r) }

type retry struct {
	pause   time.Duration
	isGiven bool
}

// Retry is how a task says not now. The host tries again after the pause, in whole milliseconds and
// at most 24 hours; a pause below 0 is none. This counts as an attempt.
func Retry(pause time.Duration) error {
	return retry{pause: min(max(pause, 0), retryMax), isGiven: true}
}

// RetryLater is how a task says not now; the host tries again after a pause of its own.
func RetryLater() error { return retry{} }

func (r retry) Error() string {
	if !r.isGiven {
		return "retry"
	}
	return fmt.Sprintf("retry after %d ms", r.pause.Milliseconds())
}

// Outcome is how a run ended.
type Outcome struct {
	// Kind is `completed`, `failed`, `retry` or `rejected`.
	Kind string
	// Message of a failure or a rejection.
	Message string
	// RetryAfter is the pause that the task asked for; nil where it left that to the host.
	RetryAfter *time.Duration
}

// OutcomeOf says what the host makes of what a task returned: [Rejected] and [Retry], also where
// another error wraps them; any other error is a failure, which the host tries again.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Outcome{Kind: "completed"}
	}
	var never rejected
	if errors.As(err, &never) {
		return Outcome{Kind: "rejected", Message: err.Error()}
	}
	var later retry
	if errors.As(err, &later) {
		if !later.isGiven {
			return Outcome{Kind: "retry"}
		}
		return Outcome{Kind: "retry", RetryAfter: &later.pause}
	}
	return Outcome{Kind: "failed", Message: err.Error()}
}
