package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"bugle"
)

// Every type there and back, containers, and more items than the host gives at once.
func settings() error {
	moment := time.Date(2026, 1, 31, 12, 0, 0, 17e6, time.UTC)
	err := errors.Join(
		again("boolean", true), again("integer", int64(-1<<63)), again("float", -0.5),
		again("text", "é\x00"), again("time", moment),
		bugle.SetSetting("bytes", []byte{255, 0}), bugle.SetSetting("old/gone", "x"),
	)
	for at := range 300 {
		err = errors.Join(err, bugle.SetSetting(fmt.Sprintf("many/%03d", at), int64(at)))
	}
	items, many := bugle.SettingItems("many")
	slog.Info("many", "items", len(items), "last", items[len(items)-1])
	cleared, clearing := bugle.ClearSettings("many")
	slog.Info("many", "cleared", cleared)
	wasThere, removing := bugle.RemoveSetting("old/gone")
	again, removingAgain := bugle.RemoveSetting("old/gone")
	slog.Info("removed", "first", wasThere, "second", again)
	bytes, _, reading := bugle.Setting[[]byte]("bytes")
	_, isThere, looking := bugle.Setting[string]("none")
	slog.Info("read", "bytes", bytes, "none", isThere, "version", bugle.SettingsVersion())
	bugle.SetSettingsVersion(2)
	return errors.Join(err, many, clearing, removing, removingAgain, reading, looking)
}

func again[T bool | int64 | float64 | string | time.Time](path string, value T) error {
	if err := bugle.SetSetting(path, value); err != nil {
		return err
	}
	found, isSet, err := bugle.Setting[T](path)
	if err == nil && (!isSet || found != value) {
		err = fmt.Errorf("%s: %v came back as %v", path, value, found)
	}
	return err
}

// What the host refuses, as the errors of the SDK.
func refusals() error {
	large := strings.Repeat("x", 8_193)
	long := &bugle.Toast{Title: strings.Repeat("x", 5_121)}
	refused("path", bugle.ErrInvalidPath, bugle.SetSetting("a//b", true))
	refused("value", bugle.ErrValueTooLarge, bugle.SetSetting("a", large))
	refused("time", bugle.ErrInvalidTime, bugle.SetSetting("a", time.Time{}))
	refused("settings", bugle.ErrTooManySettings, bugle.SetSetting("a", true))
	refused("quota", bugle.ErrQuotaExceeded, bugle.SetSetting("there", large[1:]))
	_, err := bugle.RemoveSetting("there")
	refused("removal", bugle.ErrQuotaExceeded, err)
	_, err = bugle.ClearSettings("")
	refused("clearing", bugle.ErrQuotaExceeded, err)
	_, _, err = bugle.Setting[bool]("there")
	refused("type", bugle.ErrWrongType, err)
	refused("large toast", bugle.ErrToastTooLarge, long.Show())
	refused("toast", bugle.ErrInvalidToast, (&bugle.Toast{}).Show())
	refused("update", bugle.ErrInvalidToast, bugle.UpdateToast("", "", 0, &bugle.ToastUpdate{}))
	refused("hide", bugle.ErrInvalidToast, bugle.HideToast("", "group"))
	refused("toasts", bugle.ErrTooManyToasts, (&bugle.Toast{Title: "One"}).Show())
	refused("work", bugle.ErrInvalidWork, bugle.OnResume("", nil))
	refused("large work", bugle.ErrWorkTooLarge, bugle.OnResume("key", []byte(large)))
	refused("one work", nil, bugle.OnResume("one", nil))
	refused("works", bugle.ErrTooMuchWork, bugle.OnResume("two", nil))
	return nil
}

func refused(what string, kind, err error) {
	if !errors.Is(err, kind) {
		slog.Error(what, "error", err, "expected", kind)
		return
	}
	slog.Info(fmt.Sprint(what, ": ", err))
}
