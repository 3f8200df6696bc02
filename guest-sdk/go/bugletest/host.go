package bugletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bugle"
)

// The limits that a run has unless the operator says otherwise.
const (
	valueBytesMax    = 8 << 10
	settingsBytesMax = 1 << 20
	settingsMax      = 4_096
	deltaBytesMax    = 256 << 10
	toastsMax        = 8
	toastChangesMax  = 32
	workMax          = 16
	workBytesMax     = 8 << 10
	logBytesMax      = 64 << 10
	logLinesMax      = 1_000
	logLineBytesMax  = 2 << 10
	randomBytesMax   = 4_096
)

// The contract's functions over the state of one run.
type host struct {
	facts    Run
	settings map[string]any
	version  uint32
	toasts   []bugle.Toast
	changes  []Change
	badge    any
	work     map[string][]byte
	progress uint32
	log      []Line

	// What stands in for os.Stdout and os.Stderr.
	streams []*stream

	deltaBytes, logBytes int
	randomGiven          uint64
}

func newHost(facts Run) *host {
	settings := map[string]any{}
	for path, value := range facts.Settings {
		if reason := pathFault(path); reason != "" {
			panic("no app has a setting `" + path + "`: " + reason)
		}
		switch value := value.(type) {
		case bool, int64, float64, string, []byte:
			settings[path] = value
		case time.Time:
			if value.UnixMilli() < 0 {
				panic("the setting `" + path + "` is before 1970")
			}
			settings[path] = value
		default:
			panic("the setting `" + path + "` is no bugle.Value: an integer is an int64")
		}
	}
	return &host{
		facts: facts, settings: settings, version: facts.SettingsVersion, badge: facts.Badge,
		work: map[string][]byte{},
	}
}

func (h *host) GetSetting(path string) (any, error) {
	if reason := pathFault(path); reason != "" {
		return nil, &bugle.Error{Kind: bugle.ErrInvalidPath, Name: path, Reason: reason}
	}
	return h.settings[path], nil
}

func (h *host) SetSetting(path string, value any) error {
	old, err := h.GetSetting(path)
	if err != nil {
		return err
	}
	if sizeOf(value) > valueBytesMax {
		return &bugle.Error{Kind: bugle.ErrValueTooLarge, Name: path, Max: valueBytesMax}
	}
	size, total := len(path)+sizeOf(value), 0
	for other, value := range h.settings {
		if other != path {
			total += len(other) + sizeOf(value)
		}
	}
	if total+size > settingsBytesMax {
		return &bugle.Error{Kind: bugle.ErrQuotaExceeded, Name: path, Max: settingsBytesMax}
	}
	if old == nil && len(h.settings) >= settingsMax {
		return &bugle.Error{Kind: bugle.ErrTooManySettings, Name: path, Max: settingsMax}
	}
	if err := h.countChange(path, size); err != nil {
		return err
	}
	if moment, ok := value.(time.Time); ok {
		value = time.UnixMilli(moment.UnixMilli()).UTC()
	}
	h.settings[path] = value
	return nil
}

func (h *host) RemoveSetting(path string) (bool, error) {
	old, err := h.GetSetting(path)
	if err != nil || old == nil {
		return false, err
	}
	if err := h.countChange(path, len(path)); err != nil {
		return false, err
	}
	delete(h.settings, path)
	return true, nil
}

func (h *host) ClearSettings(container string) (uint32, error) {
	paths, err := h.below(container)
	if err != nil {
		return 0, err
	}
	size := 0
	for _, path := range paths {
		size += len(path)
	}
	if err := h.countChange(container, size); err != nil {
		return 0, err
	}
	for _, path := range paths {
		delete(h.settings, path)
	}
	return uint32(len(paths)), nil
}

func (h *host) SettingItems(container string) ([]bugle.SettingItem, error) {
	paths, err := h.below(container)
	var items []bugle.SettingItem
	for _, path := range paths {
		if container != "" {
			path = path[len(container)+1:]
		}
		name, _, isContainer := strings.Cut(path, "/")
		item := bugle.SettingItem{Name: name, IsContainer: isContainer}
		if !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	slices.SortStableFunc(items, func(a, b bugle.SettingItem) int {
		if a.Name == b.Name && a.IsContainer != b.IsContainer {
			if b.IsContainer {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return items, err
}

func (h *host) below(container string) ([]string, error) {
	prefix := ""
	if container != "" {
		if _, err := h.GetSetting(container); err != nil {
			return nil, err
		}
		prefix = container + "/"
	}
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(h.settings)) {
		if strings.HasPrefix(path, prefix) {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

func (h *host) countChange(path string, size int) error {
	if h.deltaBytes+size > deltaBytesMax {
		return &bugle.Error{Kind: bugle.ErrQuotaExceeded, Name: path, Max: deltaBytesMax}
	}
	h.deltaBytes += size
	return nil
}

func (h *host) SettingsVersion() uint32           { return h.version }
func (h *host) SetSettingsVersion(version uint32) { h.version = version }

func (h *host) Badge() any { return h.badge }

func (h *host) SetBadge(mark any) {
	if mark == uint32(0) {
		mark = nil
	}
	h.badge = mark
}

func (h *host) App() string                   { return h.facts.App }
func (h *host) AppVersion() string            { return h.facts.AppVersion }
func (h *host) Task() string                  { return h.facts.Task }
func (h *host) TriggerID() string             { return "trigger-1" }
func (h *host) RunID() string                 { return fmt.Sprintf("run-%d", h.facts.Attempt) }
func (h *host) Attempt() uint32               { return h.facts.Attempt }
func (h *host) AttemptsMax() uint32           { return h.facts.AttemptsMax }
func (h *host) Now() time.Time                { return h.facts.Now }
func (h *host) RemainingFuel() uint64         { return 500_000_000 }
func (h *host) RemainingTime() time.Duration  { return 5 * time.Second }
func (h *host) Cancellation() string          { return h.facts.Cancellation }
func (h *host) ReportProgress(percent uint32) { h.progress = min(percent, 100) }

// Bytes that are the same in every run of a test, and differ from call to call.
func (h *host) Random(count uint32) []byte {
	bytes := make([]byte, min(count, randomBytesMax))
	for at := range bytes {
		// The finalizer of SplitMix64, which is enough to look random.
		h.randomGiven++
		word := h.randomGiven * 0x9e37_79b9_7f4a_7c15
		bytes[at] = byte((word ^ (word >> 30)) * 0xbf58_476d_1ce4_e5b9 >> 56)
	}
	return bytes
}

func (h *host) OnResume(key string, content []byte) error {
	if len(key) < 1 || len(key) > 64 {
		reason := "a key has 1 to 64 bytes"
		return &bugle.Error{Kind: bugle.ErrInvalidWork, Name: key, Reason: reason}
	}
	if len(content) > workBytesMax {
		return &bugle.Error{Kind: bugle.ErrWorkTooLarge, Name: key, Max: workBytesMax}
	}
	if _, isThere := h.work[key]; !isThere && len(h.work) >= workMax {
		return &bugle.Error{Kind: bugle.ErrTooMuchWork, Name: key, Max: workMax}
	}
	h.work[key] = slices.Clone(content)
	return nil
}

// WriteLog writes a line, behind what was printed before it.
func (h *host) WriteLog(level bugle.Level, message string) {
	for _, stream := range h.streams {
		stream.drain(h)
	}
	h.writeLine(level, message)
}

func (h *host) writeLine(level bugle.Level, message string) {
	room := min(logBytesMax-h.logBytes, logLineBytesMax)
	if len(h.log) >= logLinesMax || (room == 0 && message != "") {
		return
	}
	message = cut(strings.ToValidUTF8(message, "\uFFFD"), room)
	h.logBytes += len(message)
	h.log = append(h.log, Line{level, message})
}

// The longest start of a text that has at most so many bytes.
func cut(text string, bytesMax int) string {
	if len(text) <= bytesMax {
		return text
	}
	for bytesMax > 0 && !utf8.RuneStart(text[bytesMax]) {
		bytesMax--
	}
	return text[:bytesMax]
}

// What a value counts for in the app's quota.
func sizeOf(value any) int {
	switch value := value.(type) {
	case string:
		return len(value)
	case []byte:
		return len(value)
	}
	return 8
}

func pathFault(path string) string {
	if path == "" {
		return "a path has at least one name"
	}
	if len(path) > 1_024 {
		return "a path has at most 1,024 bytes"
	}
	names := strings.Split(path, "/")
	if len(names) > 32 {
		return "a path has at most 32 names"
	}
	for _, name := range names {
		if name == "" {
			return "a name in a path has at least 1 byte"
		}
		if len(name) > 255 {
			return "a name in a path has at most 255 bytes"
		}
	}
	return ""
}
