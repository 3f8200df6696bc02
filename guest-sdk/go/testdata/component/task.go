// A task that uses all of the SDK: a push names the part. What comes of it is in tests/.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"bugle"
)

var parts = map[string]func() error{
	"badge":    badge,
	"context":  context,
	"errors":   refusals,
	"failed":   func() error { return errors.New("not \xff text") },
	"garbage":  garbage,
	"output":   output,
	"panic":    func() error { panic("out of mails") },
	"rejected": func() error { return fmt.Errorf("mail 1: %w", bugle.Rejected("no id")) },
	"retry":    func() error { return bugle.Retry(1500 * time.Millisecond) },
	"settings": settings,
	"toasts":   toasts,
	"later":    bugle.RetryLater,
}

func init() { bugle.Run(run) }

func main() {}

func run(trigger bugle.Trigger) error {
	push, isPush := trigger.(*bugle.RawNotification)
	if !isPush {
		slog.Info(trigger.Kind(), "trigger", trigger)
		return nil
	}
	part, isKnown := parts[string(push.Content)]
	if !isKnown {
		slog.Info(push.Channel, "push", push)
		return nil
	}
	return part()
}

func badge() error {
	slog.Info("badge", "before", bugle.Badge())
	bugle.SetBadgeNumber(7)
	slog.Info("badge", "number", bugle.Badge())
	bugle.ClearBadge()
	slog.Info("badge", "cleared", bugle.Badge())
	bugle.SetBadgeGlyph(bugle.GlyphUnavailable)
	slog.Info("badge", "glyph", bugle.Badge() == bugle.GlyphUnavailable)
	return nil
}

func context() error {
	slog.Info(strings.Join([]string{
		bugle.App(), bugle.AppVersion(), bugle.Task(), bugle.TriggerID(), bugle.RunID(),
	}, " "))
	slog.Info("attempt", "is", bugle.Attempt(), "of", bugle.AttemptsMax())
	begun := bugle.Now()
	time.Sleep(2 * time.Second)
	slog.Info("time", "begun", begun, "slept", time.Since(begun) >= 2*time.Second)
	slog.Info("left", "fuel", bugle.RemainingFuel() > 0, "time", bugle.RemainingTime() < 3*time.Second)
	slog.Info("random", "bytes", len(bugle.Random(5_000)), "cancellation", bugle.Cancellation())
	bugle.ReportProgress(250)
	return errors.Join(bugle.OnResume("one", []byte{0, 255}), bugle.OnResume("two", nil))
}

// What the host reads and writes stays where it is while the collector works: 50 MiB in a run that
// has 32.
func garbage() error {
	for at := range 100 {
		value := strings.Repeat(fmt.Sprint(at%10), 512)
		if err := bugle.SetSetting("value", value); err != nil {
			return err
		}
		rest := make([][]byte, 0, 512)
		for range 512 {
			rest = append(rest, make([]byte, 1<<10))
		}
		found, _, err := bugle.Setting[string]("value")
		if err != nil || found != value {
			return fmt.Errorf("round %d: %q, %w", at, found, err)
		}
		clear(rest)
	}
	return nil
}

func output() error {
	fmt.Println("by fmt")
	fmt.Fprintln(os.Stderr, "to standard error")
	slog.Debug("by slog", "text", "a b")
	fmt.Print("no end")
	return nil
}
