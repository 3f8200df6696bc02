package bugle

import (
	"fmt"
	"time"
)

// Trigger is why the task was woken: one of the pointers to the types below. A manifest names the
// kinds that a task takes.
type Trigger interface {
	// Kind is its name in the manifest.
	Kind() string
}

// Pair is a name and its value, as in a header or a form.
type Pair struct{ Name, Value string }

// RawNotification is a raw push notification, as the sender gave it.
type RawNotification struct {
	// Channel is the channel's name in the manifest.
	Channel string
	// Content is 0 to 5,000 bytes, decrypted where the protocol encrypts.
	Content []byte
	// ContentType is the sender's media type; empty if it gave none.
	ContentType string
	// Headers are meant for the task, names in lower case: at most 16, at most 4 KiB together.
	Headers []Pair
	// ReceivedAt is when the host made it durable.
	ReceivedAt time.Time
}

// Header is the first header of a name, which is in lower case; empty where there is none.
func (n *RawNotification) Header(name string) string { return first(n.Headers, name) }

// ToastActivation says that somebody chose a toast, or one of its actions.
type ToastActivation struct {
	Tag, Group string
	// Argument of the toast or of the action that was chosen.
	Argument string
	// Inputs are what was typed or selected, by the id of the input: at most 5, at most 2 KiB each.
	Inputs []Pair
}

// Input is what was typed or selected in the input of an id.
func (a *ToastActivation) Input(id string) string { return first(a.Inputs, id) }

// Dismissal is why a toast left the screen.
type Dismissal uint8

const (
	// DismissedByUser says that the person put it away.
	DismissedByUser Dismissal = iota
	// DismissedByApp says that a task or a sender hid it: sinks are told, no task is woken.
	DismissedByApp
	// DismissedExpired says that its time was up.
	DismissedExpired
)

// ToastDismissal says that a toast left the screen without being chosen.
type ToastDismissal struct {
	Tag, Group string
	Reason     Dismissal
}

// TimerTick says that a timer of the manifest is due.
type TimerTick struct {
	// Name of the timer in the manifest.
	Name  string
	DueAt time.Time
	// Missed ticks, while the host was down or a condition did not hold.
	Missed uint32
}

// ApplicationRequest says that the app asked for this run itself.
type ApplicationRequest struct {
	// Content is at most 64 KiB.
	Content     []byte
	ContentType string
}

// ChannelExpiry says that a channel ends soon: the app should open another and tell its senders.
type ChannelExpiry struct {
	Channel   string
	ExpiresAt time.Time
}

// SystemEvent says that something around the app changed.
type SystemEvent struct {
	// Event is `internet-available`, `user-present`, `user-away`, `session-connected`,
	// `power-source-changed`, `time-zone-changed`, `app-updated` or `other`.
	Event string
	// Detail is the version before, of `app-updated`; what it is, of `other`.
	Detail string
}

// CustomEvent is a trigger of the embedder's own.
type CustomEvent struct {
	// Event is reverse-DNS, chosen by the embedder.
	Event string
	// Content is at most 64 KiB.
	Content []byte
}

func (*RawNotification) Kind() string    { return "raw-notification" }
func (*ToastActivation) Kind() string    { return "toast-activated" }
func (*ToastDismissal) Kind() string     { return "toast-dismissed" }
func (*TimerTick) Kind() string          { return "timer" }
func (*ApplicationRequest) Kind() string { return "application" }
func (*ChannelExpiry) Kind() string      { return "channel-expiring" }
func (*SystemEvent) Kind() string        { return "system" }
func (*CustomEvent) Kind() string        { return "custom" }

// AsRawNotification is for a task that takes no other trigger: it is [Rejected] if the manifest
// lets another kind wake the task.
func AsRawNotification(trigger Trigger) (*RawNotification, error) {
	if push, ok := trigger.(*RawNotification); ok {
		return push, nil
	}
	return nil, Rejected(fmt.Sprintf(
		"this task takes raw notifications only, and was woken by `%s`", trigger.Kind()))
}

func first(pairs []Pair, name string) string {
	for _, pair := range pairs {
		if pair.Name == name {
			return pair.Value
		}
	}
	return ""
}
