package bugle

import (
	"fmt"
	"time"
)

// Value is what a setting can hold, at most 8 KiB; a time is kept to the millisecond, and is not
// before 1970.
type Value interface {
	bool | int64 | float64 | string | []byte | time.Time
}

// SettingItem is one entry of a container.
type SettingItem struct {
	Name        string
	IsContainer bool
}

// Setting is what is set at a path, and whether anything is.
//
// A path is names joined by `/`: everything before the last name is a container. A name has 1 to
// 255 bytes; a path has at most 32 names and 1,024 bytes. Reads see this run's own writes.
//
// It fails with [ErrWrongType] if the value is of another type, and with [ErrInvalidPath].
func Setting[T Value](path string) (value T, isSet bool, err error) {
	found, err := current().GetSetting(path)
	if err != nil || found == nil {
		return value, false, err
	}
	value, isSet = found.(T)
	if !isSet {
		reason := fmt.Sprintf("%s, not %s", KindOf(found), KindOf(value))
		return value, false, &Error{Kind: ErrWrongType, Name: path, Reason: reason}
	}
	return value, true, nil
}

// SetSetting sets a value, in place of whatever value and type was there. An app has at most 1
// MiB in at most 4,096 settings; a run changes at most 256 KiB, removals included.
//
// It fails with [ErrValueTooLarge], [ErrInvalidTime], [ErrQuotaExceeded], [ErrTooManySettings] and
// [ErrInvalidPath]; nothing was set then.
func SetSetting[T Value](path string, value T) error {
	if moment, isTime := any(value).(time.Time); isTime && moment.UnixMilli() < 0 {
		reason := moment.UTC().Format(time.RFC3339Nano)
		return &Error{Kind: ErrInvalidTime, Name: path, Reason: reason}
	}
	return current().SetSetting(path, value)
}

// RemoveSetting removes a setting and says whether there was one. It fails with [ErrInvalidPath],
// or with [ErrQuotaExceeded] if a run may not change so much.
func RemoveSetting(path string) (bool, error) { return current().RemoveSetting(path) }

// ClearSettings removes a container and all in it; the empty path clears the app. It says how
// many settings went, and fails with [ErrInvalidPath], or with [ErrQuotaExceeded] if a run may
// not change so much.
func ClearSettings(container string) (uint32, error) { return current().ClearSettings(container) }

// SettingItems are what is in a container, in the order of the bytes of the names; the empty path
// is the app's root. A name that is both a setting and a container comes twice, the setting
// first.
func SettingItems(container string) ([]SettingItem, error) {
	return current().SettingItems(container)
}

// SettingsVersion is 0 at first: for an app to know what shape its data has.
func SettingsVersion() uint32 { return current().SettingsVersion() }

// SetSettingsVersion is committed with the rest of the run.
func SetSettingsVersion(version uint32) { current().SetSettingsVersion(version) }

// KindOf is what the contract calls the type of a value.
func KindOf(value any) string {
	switch value.(type) {
	case bool:
		return "boolean"
	case int64:
		return "integer"
	case float64:
		return "float"
	case string:
		return "text"
	case []byte:
		return "bytes"
	}
	return "timestamp"
}
