package bugletest

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"bugle"
)

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

func run(body func() error) Report {
	return Run{}.Push(func(bugle.Trigger) error { return body() }, "")
}

func TestEveryTypeComesBackAsItWas(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	report := run(func() error {
		err := errors.Join(bugle.SetSetting("a", true), bugle.SetSetting("b/c", int64(7)),
			bugle.SetSetting("d", 1.5), bugle.SetSetting("b", "é"), bugle.SetSetting("e", []byte{0}),
			bugle.SetSetting("f", now))
		root, _ := bugle.SettingItems("")
		equal(t, root[1:3], []bugle.SettingItem{{Name: "b"}, {Name: "b", IsContainer: true}})
		cleared, _ := bugle.ClearSettings("b")
		equal(t, cleared, uint32(1))
		return err
	})
	equal(t, report.Outcome.Kind, "completed")
	want := map[string]any{"a": true, "d": 1.5, "b": "é", "e": []byte{0}, "f": now}
	equal(t, report.Settings, want)
}

func TestWhatBreaksALimitSaysWhich(t *testing.T) {
	show := func(toast bugle.Toast) func() error { return toast.Show }
	tooMany := func() (err error) {
		for range 9 {
			err = show(bugle.Toast{Title: "one"})()
		}
		return err
	}
	for message, body := range map[string]func() error{
		"`a//b` is not the path of a setting: a name in a path has at least 1 byte": func() error {
			return bugle.SetSetting("a//b", true)
		},
		"the value for the setting `a` is too large: it may have 8192 bytes": func() error {
			return bugle.SetSetting("a", strings.Repeat("x", 8_193))
		},
		"too many toasts: no more than 8 may be raised or changed": tooMany,
		"the toast is not valid: the title is empty":               show(bugle.Toast{}),
		"the toast is too large: it may have 5120 bytes of text": show(bugle.Toast{
			Title: strings.Repeat("x", 5_121),
		}),
		"the toast is not valid: a tag and a group have 1 to 64 bytes": func() error {
			return bugle.HideToast("", "")
		},
		"the work `` for the app is not valid: a key has 1 to 64 bytes": func() error {
			return bugle.OnResume("", nil)
		},
	} {
		report := run(body)
		equal(t, report.Outcome, bugle.Outcome{Kind: "failed", Message: message})
		equal(t, len(report.Toasts), 0)
	}
}

func TestATimeBefore1970IsRefused(t *testing.T) {
	const message = "the setting `a` cannot hold the time %s: it can hold those from 1970 on"
	for text, moment := range map[string]time.Time{
		"0001-01-01T00:00:00Z":     {},
		"1969-12-31T23:59:59.999Z": time.UnixMilli(-1).UTC(),
	} {
		report := run(func() error {
			err := bugle.SetSetting("a", moment)
			equal(t, errors.Is(err, bugle.ErrInvalidTime), true)
			return err
		})
		want := bugle.Outcome{Kind: "failed", Message: fmt.Sprintf(message, text)}
		equal(t, report.Outcome, want)
	}
	report := run(func() error { return bugle.SetSetting("a", time.Unix(0, 0)) })
	equal(t, report.Settings, map[string]any{"a": time.Unix(0, 0).UTC()})
}

func TestWhatIsReturnedIsWhatTheHostActsOn(t *testing.T) {
	day, soon, none := 24*time.Hour, 2*time.Second, time.Duration(0)
	for _, c := range []struct {
		err  error
		want bugle.Outcome
	}{
		{bugle.RetryLater(), bugle.Outcome{Kind: "retry"}},
		{bugle.Retry(soon), bugle.Outcome{Kind: "retry", RetryAfter: &soon}},
		{bugle.Retry(-soon), bugle.Outcome{Kind: "retry", RetryAfter: &none}},
		{bugle.Retry(100 * day), bugle.Outcome{Kind: "retry", RetryAfter: &day}},
		{
			fmt.Errorf("mail 1: %w", bugle.Rejected("no id")),
			bugle.Outcome{Kind: "rejected", Message: "mail 1: no id"},
		},
		{errors.New("why"), bugle.Outcome{Kind: "failed", Message: "why"}},
	} {
		report := run(func() error {
			bugle.SetBadgeNumber(3)
			return c.err
		})
		equal(t, report.Outcome, c.want)
		equal(t, report.Badge, nil)
	}
}

func TestAPanicIsAFailure(t *testing.T) {
	report := run(func() error { panic("out of mails") })
	equal(t, report.Outcome, bugle.Outcome{Kind: "failed", Message: "panic: out of mails"})
}

func TestSlogWritesLines(t *testing.T) {
	report := run(func() error {
		logger := slog.With("app", "mail").WithGroup("push")
		logger.Warn("late", "by", 2*time.Second, "from", "Ada Lovelace")
		slog.Log(t.Context(), slog.Level(-8), "step")
		return nil
	})
	equal(t, report.Log, []Line{
		{bugle.LevelWarn, `late app=mail push.by=2s push.from="Ada Lovelace"`},
		{bugle.LevelTrace, "step"},
	})
}

func TestWhatIsPrintedIsLogged(t *testing.T) {
	report := run(func() error {
		fmt.Println("unread:", 1)
		slog.Warn("late")
		log.Print("by package log")
		fmt.Fprint(os.Stderr, "no preview\n\n")
		fmt.Print(strings.Repeat("é", 1_500), "\nhalf a ", "line")
		return nil
	})
	equal(t, report.Log, []Line{
		{bugle.LevelInfo, "unread: 1"},
		{bugle.LevelWarn, "late"},
		{bugle.LevelInfo, "by package log"},
		{bugle.LevelInfo, strings.Repeat("é", 1_024)},
		{bugle.LevelInfo, strings.Repeat("é", 476)},
		{bugle.LevelInfo, "half a line"},
		{bugle.LevelError, "no preview"},
		{bugle.LevelError, ""},
	})
}

func TestARunLeavesTheOutputAsItWas(t *testing.T) {
	var text bytes.Buffer
	writer, flags, prefix := log.Writer(), log.Flags(), log.Prefix()
	stdout, stderr := os.Stdout, os.Stderr
	defer func() { log.SetOutput(writer); log.SetFlags(flags); log.SetPrefix(prefix) }()
	log.SetOutput(&text)
	log.SetFlags(log.Lmsgprefix)
	log.SetPrefix("test: ")
	ended := make(chan bool)
	go func() {
		defer close(ended)
		run(func() error { panic("out of mails") })
		run(func() error { runtime.Goexit(); return nil })
	}()
	<-ended
	log.Println("one")
	slog.Info("two")
	equal(t, text.String(), "test: one\ntest: INFO two\n")
	equal(t, os.Stdout == stdout && os.Stderr == stderr, true)
}

func TestARemovalCountsAsAChange(t *testing.T) {
	report := run(func() error {
		for range 31 {
			if err := bugle.SetSetting("a", strings.Repeat("x", 8_192)); err != nil {
				return err
			}
		}
		if err := bugle.SetSetting("a", strings.Repeat("x", 8_160)); err != nil {
			return err
		}
		_, err := bugle.RemoveSetting("a")
		equal(t, errors.Is(err, bugle.ErrQuotaExceeded), true)
		return err
	})
	want := "no room for the setting `a`: there may be 262144 bytes in all"
	equal(t, report.Outcome.Message, want)
}

func TestTheLogStaysWithinItsLimits(t *testing.T) {
	report := run(func() error {
		for range 40 {
			slog.Info(strings.Repeat("é", 2_000))
		}
		return nil
	})
	equal(t, len(report.Log[0].Message), 2_048)
	equal(t, len(report.Log), 32)
}
