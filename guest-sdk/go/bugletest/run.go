// Package bugletest runs a task in a plain `go test`, on a host in the same process.
//
//	report := bugletest.Run{Settings: map[string]any{"inbox/unread": int64(3)}}.Push(run, "hello")
//	if report.Outcome.Kind != "completed" { t.Fatal(report) }
//
// The limits, the checks and the words are the real host's; what a task does is kept only if it
// ends well, as there. What this host does not hold are the limits of the sandbox: fuel, time and
// memory. `bugle run` and `bugle test` hold those too. Tests that run tasks do not run in
// parallel.
//
// As in a component, packages log and log/slog, os.Stdout and os.Stderr write to the log of the
// run. Package time does not: it tells the time of the machine, where [bugle.Now] is that of the
// run.
package bugletest

import (
	"fmt"
	"strings"
	"time"

	"bugle"
)

// Run is what a task finds when it is woken: without more, the first attempt of the task `task`
// of the app `com.example.app`, which has no settings yet.
type Run struct {
	Settings        map[string]any
	SettingsVersion uint32
	// Badge is a uint32, a bugle.Glyph, or nil.
	Badge                 any
	App, AppVersion, Task string
	Attempt, AttemptsMax  uint32
	// Now is when the run starts; 2024-01-01T00:00:00Z unless this says otherwise.
	Now time.Time
	// Cancellation is why the run is to end soon, from its start on.
	Cancellation string
	// NoToasts says that nobody wants the app's toasts.
	NoToasts bool
	// ToastsLeft in this hour; 60 unless this says otherwise, none if it is below 0.
	ToastsLeft int
	// ImageHosts from which the manifest allows images.
	ImageHosts []string
}

// Line is one line of the log.
type Line struct {
	Level   bugle.Level
	Message string
}

// Change is one to toasts that were already there.
type Change struct {
	Tag, Group string
	Sequence   uint32
	// Update is nil where the toasts are hidden.
	Update *bugle.ToastUpdate
}

// Report is what came of a run: the app as it is afterwards, and what the run did. After any end
// but a good one the app is as it was before, and only the log tells.
type Report struct {
	Outcome         bugle.Outcome
	Settings        map[string]any
	SettingsVersion uint32
	// Toasts that the run raised, in order; none where toasts are not wanted.
	Toasts       []bugle.Toast
	ToastChanges []Change
	Badge        any
	ResumeWork   map[string][]byte
	Progress     uint32
	Log          []Line
}

// LogText is the messages of the log, a line each.
func (r Report) LogText() string {
	var text []string
	for _, line := range r.Log {
		text = append(text, line.Message)
	}
	return strings.Join(text, "\n")
}

func (r Report) String() string {
	text := r.Outcome.Kind + ": " + r.Outcome.Message
	for _, line := range r.Log {
		text += fmt.Sprintf("\n%-5s %s", line.Level, line.Message)
	}
	return text
}

// Push wakes the task with a raw notification on the channel `inbox`. It panics if the content is
// larger than a push may be: 5,000 bytes.
func (r Run) Push(task func(bugle.Trigger) error, content string) Report {
	if len(content) > 5_000 {
		panic("a push has at most 5,000 bytes")
	}
	return r.Wake(task, &bugle.RawNotification{
		Channel: "inbox", Content: []byte(content), ReceivedAt: r.withDefaults().Now,
	})
}

// Wake wakes the task with any trigger. A panic of the task is a failure here as in a component,
// but for the stack in the log.
func (r Run) Wake(task func(bugle.Trigger) error, trigger bugle.Trigger) Report {
	r = r.withDefaults()
	before, host := newHost(r), newHost(r)
	outcome := outcomeOf(host, task, trigger)
	kept := host
	if outcome.Kind != "completed" {
		kept = before
	}
	if r.NoToasts {
		kept.toasts, kept.changes = nil, nil
	}
	return Report{
		outcome, kept.settings, kept.version, kept.toasts, kept.changes, kept.badge, kept.work,
		host.progress, host.log,
	}
}

func (r Run) withDefaults() Run {
	orText(&r.App, "com.example.app")
	orText(&r.AppVersion, "1.0.0")
	orText(&r.Task, "task")
	r.Attempt = max(r.Attempt, 1)
	if r.AttemptsMax == 0 {
		r.AttemptsMax = 5
	}
	if r.Now.IsZero() {
		r.Now = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if r.ToastsLeft == 0 {
		r.ToastsLeft = 60
	}
	return r
}

func orText(text *string, otherwise string) {
	if *text == "" {
		*text = otherwise
	}
}

func outcomeOf(
	host *host, task func(bugle.Trigger) error, trigger bugle.Trigger,
) (outcome bugle.Outcome) {
	defer enter(host)()
	defer func() {
		if reason := recover(); reason != nil {
			message := fmt.Sprintf("panic: %v", reason)
			host.WriteLog(bugle.LevelError, message)
			outcome = bugle.Outcome{Kind: "failed", Message: message}
		}
	}()
	return bugle.OutcomeOf(task(trigger))
}
