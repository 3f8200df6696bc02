package bugle

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
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

// LogHandler hands records of log/slog to the run's log, at their level. It is slog's default in a
// component; time and source are left out, since the host knows the one and the text the other.
//
// The log is kept with the run, however the run ends: at most 64 KiB in at most 1,000 lines of 2 KiB;
// the rest is cut and counted.
type LogHandler struct {
	// What was set by With and WithGroup, through slog's own text form.
	text   slog.Handler
	buffer *buffer
}

type buffer struct {
	mutex sync.Mutex
	bytes bytes.Buffer
}

// NewLogHandler gives a handler that lets every level through.
func NewLogHandler() *LogHandler {
	kept := &buffer{}
	options := slog.HandlerOptions{Level: slog.Level(-128), ReplaceAttr: leaveOut}
	return &LogHandler{slog.NewTextHandler(&kept.bytes, &options), kept}
}

func leaveOut(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 {
		switch attr.Key {
		case slog.TimeKey, slog.LevelKey, slog.MessageKey:
			return slog.Attr{}
		}
	}
	return attr
}

func (h *LogHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &LogHandler{h.text.WithAttrs(attrs), h.buffer}
}

func (h *LogHandler) WithGroup(name string) slog.Handler {
	return &LogHandler{h.text.WithGroup(name), h.buffer}
}

// Handle writes the message, and the attributes behind it as `name=value`.
func (h *LogHandler) Handle(ctx context.Context, record slog.Record) error {
	h.buffer.mutex.Lock()
	defer h.buffer.mutex.Unlock()
	h.buffer.bytes.Reset()
	if err := h.text.Handle(ctx, record); err != nil {
		return err
	}
	attrs := strings.TrimRight(h.buffer.bytes.String(), "\n")
	message := record.Message
	if attrs != "" {
		message += " " + attrs
	}
	current().WriteLog(levelOf(record.Level), message)
	return nil
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
