package bugle

import "time"

// Host is what a task calls: the contract's imports in a component, a host in the same process in a
// test. A task uses the functions of this package, which are for people.
type Host interface {
	GetSetting(path string) (any, error)
	SetSetting(path string, value any) error
	RemoveSetting(path string) (bool, error)
	ClearSettings(container string) (uint32, error)
	SettingItems(container string) ([]SettingItem, error)
	SettingsVersion() uint32
	SetSettingsVersion(version uint32)

	ToastsPermitted() bool
	ShowToast(toast *Toast) error
	UpdateToast(tag, group string, sequence uint32, change *ToastUpdate) error
	HideToasts(tag, group string) error

	Badge() any
	SetBadge(mark any)

	App() string
	AppVersion() string
	Task() string
	TriggerID() string
	RunID() string
	Attempt() uint32
	AttemptsMax() uint32
	Now() time.Time
	Random(count uint32) []byte
	RemainingFuel() uint64
	RemainingTime() time.Duration
	Cancellation() string
	ReportProgress(percent uint32)
	OnResume(key string, content []byte) error

	WriteLog(level Level, message string)
}

var (
	host Host
	task func(Trigger) error
)

// Run makes a function the task of the program. Call it in an init function.
//
//	func init() { bugle.Run(run) }
func Run(run func(Trigger) error) {
	if task != nil {
		panic("bugle.Run was called twice: a component has one task")
	}
	task = run
}

// UseHost puts a host in place and gives the one that was there: for package bugletest.
func UseHost(now Host) (before Host) {
	before, host = host, now
	return before
}

func current() Host {
	if host == nil {
		panic("a task's functions need a host: they work while the task runs; in a test, call it by " +
			"bugletest.Run")
	}
	return host
}
