package bugle

import (
	"time"

	badges "bugle/internal/bindings/bugle_task_badge"
	store "bugle/internal/bindings/bugle_task_local_settings"
	lines "bugle/internal/bindings/bugle_task_log"
	context "bugle/internal/bindings/bugle_task_task_context"
	"bugle/internal/wit/types"
)

// The most items that the host gives at once.
const pageItems = 256

// The contract's imports as a [Host].
type component struct{}

func (component) GetSetting(path string) (any, error) {
	got := store.Get(text(path))
	if got.Tag() == types.ResultErr {
		return nil, settingsError(path, got.Err())
	}
	found := got.Ok()
	if found.Tag() == types.OptionNone {
		return nil, nil
	}
	value := found.Some()
	switch value.Tag() {
	case store.ValueBoolean:
		return value.Boolean(), nil
	case store.ValueInteger:
		return value.Integer(), nil
	case store.ValueFloat:
		return value.Float(), nil
	case store.ValueText:
		return value.Text(), nil
	case store.ValueBytes:
		return value.Bytes(), nil
	}
	return moment(value.Timestamp()), nil
}

func (component) SetSetting(path string, value any) error {
	set := store.Set(text(path), valueOf(value))
	if set.Tag() == types.ResultErr {
		return settingsError(path, set.Err())
	}
	return nil
}

func valueOf(value any) store.Value {
	switch value := value.(type) {
	case bool:
		return store.MakeValueBoolean(value)
	case int64:
		return store.MakeValueInteger(value)
	case float64:
		return store.MakeValueFloat(value)
	case string:
		return store.MakeValueText(text(value))
	case []byte:
		return store.MakeValueBytes(value)
	}
	return store.MakeValueTimestamp(uint64(value.(time.Time).UnixMilli()))
}

func (component) RemoveSetting(path string) (bool, error) {
	removed := store.Remove(text(path))
	if removed.Tag() == types.ResultErr {
		return false, settingsError(path, removed.Err())
	}
	return removed.Ok(), nil
}

func (component) ClearSettings(container string) (uint32, error) {
	cleared := store.Clear(text(container))
	if cleared.Tag() == types.ResultErr {
		return 0, settingsError(container, cleared.Err())
	}
	return cleared.Ok(), nil
}

func (component) SettingItems(container string) ([]SettingItem, error) {
	var items []SettingItem
	after := types.None[string]()
	for {
		got := store.Items(text(container), after, pageItems)
		if got.Tag() == types.ResultErr {
			return nil, settingsError(container, got.Err())
		}
		page := got.Ok()
		for _, item := range page.Items {
			items = append(items, SettingItem{item.Name, item.IsContainer})
		}
		if after = page.Next; after.Tag() == types.OptionNone {
			return items, nil
		}
	}
}

func settingsError(path string, given store.SettingsError) error {
	switch given.Tag() {
	case store.SettingsErrorInvalidPath:
		return &Error{Kind: ErrInvalidPath, Name: path, Reason: given.InvalidPath()}
	case store.SettingsErrorValueTooLarge:
		return &Error{Kind: ErrValueTooLarge, Name: path, Max: given.ValueTooLarge()}
	case store.SettingsErrorQuotaExceeded:
		return &Error{Kind: ErrQuotaExceeded, Name: path, Max: given.QuotaExceeded()}
	case store.SettingsErrorTooMany:
		return &Error{Kind: ErrTooManySettings, Name: path, Max: given.TooMany()}
	}
	return &Error{Kind: ErrOther, Reason: given.Other()}
}

func (component) SettingsVersion() uint32           { return store.Version() }
func (component) SetSettingsVersion(version uint32) { store.SetVersion(version) }

func (component) Badge() any {
	mark := badges.Get()
	if mark.Tag() == types.OptionNone {
		return nil
	}
	if it := mark.Some(); it.Tag() == badges.MarkGlyph {
		return Glyph(it.Glyph())
	} else {
		return it.Number()
	}
}

func (component) SetBadge(mark any) {
	switch mark := mark.(type) {
	case uint32:
		badges.Set(badges.MakeMarkNumber(mark))
	case Glyph:
		badges.Set(badges.MakeMarkGlyph(badges.Glyph(mark)))
	default:
		badges.Clear()
	}
}

func (component) App() string                   { return context.App() }
func (component) AppVersion() string            { return context.AppVersion() }
func (component) Task() string                  { return context.Task() }
func (component) TriggerID() string             { return context.TriggerId() }
func (component) RunID() string                 { return context.RunId() }
func (component) Attempt() uint32               { return context.Attempt() }
func (component) AttemptsMax() uint32           { return context.AttemptsMax() }
func (component) Now() time.Time                { return moment(context.Now()) }
func (component) Random(count uint32) []byte    { return context.Random(count) }
func (component) RemainingFuel() uint64         { return context.RemainingFuel() }
func (component) ReportProgress(percent uint32) { context.ReportProgress(percent) }

func (component) RemainingTime() time.Duration {
	return time.Duration(context.RemainingTime()) * time.Millisecond
}

func (component) Cancellation() string {
	asked := context.Cancellation()
	if asked.Tag() == types.OptionNone {
		return ""
	}
	reason := asked.Some()
	if reason.Tag() == context.CancellationReasonOther {
		return reason.Other()
	}
	return cancellations[reason.Tag()]
}

var cancellations = [...]string{
	context.CancellationReasonUninstall:     "uninstall",
	context.CancellationReasonUpdate:        "update",
	context.CancellationReasonTerminating:   "terminating",
	context.CancellationReasonTimeLimit:     "time-limit",
	context.CancellationReasonQuota:         "quota",
	context.CancellationReasonConditionLost: "condition-lost",
	context.CancellationReasonRequested:     "requested",
}

func (component) OnResume(key string, content []byte) error {
	left := context.OnResume(context.ResumeWork{Key: text(key), Content: content})
	if left.Tag() == types.ResultOk {
		return nil
	}
	given := left.Err()
	switch given.Tag() {
	case context.ContextErrorTooLarge:
		return &Error{Kind: ErrWorkTooLarge, Name: key, Max: given.TooLarge()}
	case context.ContextErrorTooMany:
		return &Error{Kind: ErrTooMuchWork, Name: key, Max: given.TooMany()}
	case context.ContextErrorInvalid:
		return &Error{Kind: ErrInvalidWork, Name: key, Reason: given.Invalid()}
	}
	return &Error{Kind: ErrOther, Reason: given.Other()}
}

func (component) WriteLog(level Level, message string) {
	lines.Write(lines.Level(level), text(message))
}
