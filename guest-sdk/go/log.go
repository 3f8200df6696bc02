package bugle

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
)

// Level is how serious a line of the log is.
type Level uint8

const (
	LevelTrace Level = iota
	LevelDebug
	LevelInfo
	LevelWarn
	LevelError
)

func (l Level) String() string {
	return [...]string{"trace", "debug", "info", "warn", "error"}[l]
}

// LogHandler hands records of log/slog to the run's log, at their level, each as its message and
// its attributes as `name=value`. It is slog's default in a component.
//
// The log is kept with the run, however the run ends: at most 64 KiB in at most 1,000 lines of 2
// KiB; the rest is cut and counted.
type LogHandler struct {
	// What WithAttrs set, as it is written; and what WithGroup puts before a name.
	attrs, group string
}

// Enabled lets every level through.
func (h LogHandler) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs gives a handler that writes these as well.
func (h LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, attr := range attrs {
		h.attrs = appended(h.attrs, h.group, attr)
	}
	return h
}

// WithGroup gives a handler that puts the name before those of the attributes that follow.
func (h LogHandler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.group += name + "."
	}
	return h
}

// Handle writes one line.
func (h LogHandler) Handle(_ context.Context, record slog.Record) error {
	attrs := h.attrs
	record.Attrs(func(attr slog.Attr) bool {
		attrs = appended(attrs, h.group, attr)
		return true
	})
	current().WriteLog(levelOf(record.Level), record.Message+attrs)
	return nil
}

func appended(attrs, group string, attr slog.Attr) string {
	value := attr.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if attr.Key != "" {
			group += attr.Key + "."
		}
		for _, inner := range value.Group() {
			attrs = appended(attrs, group, inner)
		}
		return attrs
	}
	if attr.Equal(slog.Attr{}) {
		return attrs
	}
	text := value.String()
	if text == "" || strings.ContainsAny(text, " =\"\n\t") {
		text = strconv.Quote(text)
	}
	return attrs + " " + group + attr.Key + "=" + text
}

func levelOf(level slog.Level) Level {
	switch {
	case level >= slog.LevelError:
		return LevelError
	case level >= slog.LevelWarn:
		return LevelWarn
	case level >= slog.LevelInfo:
		return LevelInfo
	case level >= slog.LevelDebug:
		return LevelDebug
	}
	return LevelTrace
}
