package bugle

import "time"

// App is the app's id, as in its manifest: `com.example.mail`.
func App() string { return current().App() }

// AppVersion is the app's version, as in its manifest.
func AppVersion() string { return current().AppVersion() }

// Task is the task's name in the manifest.
func Task() string { return current().Task() }

// TriggerID is the same on every attempt, for every kind of trigger: use it as an idempotency key.
func TriggerID() string { return current().TriggerID() }

// RunID is new for every attempt.
func RunID() string { return current().RunID() }

// Attempt is 1 at first.
func Attempt() uint32 { return current().Attempt() }

// AttemptsMax is the last attempt.
func AttemptsMax() uint32 { return current().AttemptsMax() }

// Now is the run's own time: it starts at the run's start and advances with the work done, never by
// itself. In a component [time.Now] tells the same.
func Now() time.Time { return current().Now() }

// Random gives bytes of the run's own randomness, at most 4,096 a call. A replayed run gets the
// same ones: not for keys that must outlive the run's record.
func Random(count uint32) []byte { return current().Random(count) }

// RemainingFuel is how much work the run may still do: one unit is about one instruction.
func RemainingFuel() uint64 { return current().RemainingFuel() }

// RemainingTime is what is left of the run's own time; 0 in the grace period.
func RemainingTime() time.Duration { return current().RemainingTime() }

// Cancellation says whether the run should end soon, and why: `uninstall`, `update`,
// `terminating`, `time-limit`, `quota`, `condition-lost`, `requested`, what a later host says, or
// nothing. Look now and then in long work: a grace period (1 second unless the operator says
// otherwise) is left from the first answer on.
func Cancellation() string { return current().Cancellation() }

// ReportProgress says how far the run is, 0 to 100 (more is 100): an app in the foreground sees it.
func ReportProgress(percent uint32) { current().ReportProgress(percent) }

// OnResume leaves work for the app to do when it is next in the foreground: what a task cannot or
// should not do. A later one with the same key replaces it. A key has 1 to 64 bytes, content at
// most 8 KiB, and a run leaves at most 16 keys: else it fails with [ErrInvalidWork],
// [ErrWorkTooLarge] or [ErrTooMuchWork].
func OnResume(key string, content []byte) error { return current().OnResume(key, content) }
