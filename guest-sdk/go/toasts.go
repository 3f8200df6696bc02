package bugle

import "time"

// Scenario is how insistent a toast is.
type Scenario uint8

const (
	Standard Scenario = iota
	Reminder
	Alarm
	IncomingCall
	// Quiet goes straight to the list of past toasts, without popping up.
	Quiet
)

// Placement is where an image goes.
type Placement uint8

const (
	Inline Placement = iota
	AppLogo
	Hero
)

// Image is a picture: a path inside the app's own folder, or an `https:` address on a host that the
// manifest allows; at most 1,024 bytes.
type Image struct {
	URI             string
	AlternativeText string
	Placement       Placement
}

// Action is what a person can choose.
type Action struct {
	Label string
	// Argument is handed back.
	Argument string
	// Foreground opens the app instead of waking the task.
	Foreground bool
}

// Choice is one choice of an input.
type Choice struct{ ID, Label string }

// Input is what a person can fill in: free text, or one of at most 5 choices.
type Input struct {
	ID          string
	Label       string
	Placeholder string
	Choices     []Choice
}

// Progress is how far something is.
type Progress struct {
	Title  string
	Status string
	// Fraction is 0 to 1, others are clamped; nil for "some time yet".
	Fraction *float64
	// ValueText is shown in place of the percentage.
	ValueText string
}

// Toast is a notice for the person; only the title is needed, and what is empty is left out. All
// text is plain text, at most 5 KiB in all. At most 8 toasts a run, and 60 an hour for an app.
type Toast struct {
	// Title has at least 1 byte.
	Title string
	// Body has lines separated by line feeds; a sink shows at least the first two.
	Body string
	// Attribution is where it comes from, in small print.
	Attribution string
	// Argument is handed back when the toast itself is chosen.
	Argument string
	Image    *Image
	// Actions are at most 5.
	Actions []Action
	// Inputs are at most 5, each with an id of its own.
	Inputs   []Input
	Progress *Progress
	Scenario Scenario
	Silent   bool
	// Tag names the toast with Group: a later one of the same name replaces it. 1 to 64 bytes each.
	Tag, Group string
	// ExpiresAfter is when to take it away; at most 3 days, which is also the default.
	ExpiresAfter time.Duration
	// Hints are names and values for one kind of sink; what is not known is ignored. At most 16.
	Hints []Pair
}

// Show raises the toast when the run is committed, in place of one with the same tag and group.
// Where toasts are not wanted it succeeds, and nothing is shown: see [ToastsPermitted].
//
// It fails with [ErrToastTooLarge], [ErrTooManyToasts] and [ErrInvalidToast]. Toasts that were
// raised before stay.
func (t *Toast) Show() error { return current().ShowToast(t) }

// ToastUpdate is what changes in a toast that is already shown; what is nil stays.
type ToastUpdate struct {
	Title    *string
	Body     *string
	Progress *Progress
}

// ToastsPermitted says whether the person, and who runs the host, want this app's toasts.
func ToastsPermitted() bool { return current().ToastsPermitted() }

// UpdateToast changes a toast if it is still there; an empty group is none. The sequence orders
// updates that may overtake one another: one that is not above the last that was applied is
// ignored; 0 always applies. At most 32 updates and hides a run. It fails as [Toast.Show] does.
func UpdateToast(tag, group string, sequence uint32, change *ToastUpdate) error {
	return current().UpdateToast(tag, group, sequence, change)
}

// HideToast takes one toast away; an empty group is none.
func HideToast(tag, group string) error {
	if tag == "" {
		return errNoKey
	}
	return current().HideToasts(tag, group)
}

// HideToastGroup takes all toasts of a group away.
func HideToastGroup(group string) error {
	if group == "" {
		return errNoKey
	}
	return current().HideToasts("", group)
}

// HideAllToasts takes all of the app's toasts away.
func HideAllToasts() error { return current().HideToasts("", "") }

// An empty name is refused here, where to the host it is none, and takes away more.
var errNoKey = &Error{Kind: ErrInvalidToast, Reason: "a tag and a group have 1 to 64 bytes"}
