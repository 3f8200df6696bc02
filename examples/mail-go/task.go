// Announces new mails: a toast each, the unread count on the badge, and work for the app.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"

	"bugle"
)

const (
	// How many mails nobody has read yet; the app lowers it.
	unreadPath = "inbox/unread"
	// The id of the newest mail that was announced.
	lastPath = "inbox/last"
	// More toasts than this at once are noise; the rest share one.
	toastsMax = 5
)

// A component is a snapshot of the program after its init functions: what encoding/json finds out
// when it is first used is then known before the first push.
func init() {
	bugle.Run(run)
	mails, err := parse([]byte(`[{"id": "0", "from": "", "subject": "", "preview": ""}]`))
	if err == nil {
		_, err = ids(mails)
	}
	if err != nil {
		panic(err)
	}
}

func main() {}

// Takes a JSON list of new mails, the oldest first.
func run(trigger bugle.Trigger) error {
	push, err := bugle.AsRawNotification(trigger)
	if err != nil {
		return err
	}
	mails, err := parse(push.Content)
	if err != nil {
		return bugle.Rejected(err.Error())
	}
	last, _, err := bugle.Setting[string](lastPath)
	if err != nil {
		return err
	}
	fresh := after(mails, last)
	if len(fresh) == 0 {
		slog.Info(fmt.Sprintf("mails: %d, none of them new", len(mails)))
		return nil
	}
	return announce(fresh)
}

// Toasts, counts and remembers mails.
func announce(mails []mail) error {
	if err := show(mails); err != nil {
		return err
	}
	unread, err := count(len(mails))
	if err != nil {
		return err
	}
	if err := bugle.SetSetting(lastPath, mails[len(mails)-1].id); err != nil {
		return err
	}
	work, err := ids(mails)
	if err != nil {
		return err
	}
	if err := bugle.OnResume("sync", work); err != nil {
		return err
	}
	slog.Info(fmt.Sprintf("new mails: %d, unread: %d", len(mails), unread))
	return nil
}

// A toast for each of the first mails, and one for the rest.
func show(mails []mail) error {
	var toasts []bugle.Toast
	for _, mail := range mails[:min(len(mails), toastsMax)] {
		toasts = append(toasts, mail.toast())
	}
	if more := len(mails) - toastsMax; more > 0 {
		title := fmt.Sprintf("and %d more", more)
		toasts = append(toasts, bugle.Toast{Title: title, Tag: "more", Group: "mail"})
	}
	for _, toast := range toasts {
		err := toast.Show()
		if errors.Is(err, bugle.ErrTooManyToasts) {
			// The hour's toasts are used up. The mails still count as unread.
			slog.Warn(err.Error())
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Adds to the unread mails, and shows their number on the badge.
func count(fresh int) (int64, error) {
	before, _, err := bugle.Setting[int64](unreadPath)
	if err != nil {
		return 0, err
	}
	unread := max(before, 0)
	unread += min(int64(fresh), math.MaxInt64-unread)
	bugle.SetBadgeNumber(uint32(min(unread, math.MaxUint32)))
	return unread, bugle.SetSetting(unreadPath, unread)
}
