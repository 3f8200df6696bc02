// Package bugle is for background tasks in Go: one function that a raw push wakes.
//
//	package main
//
//	func init() { bugle.Run(run) }
//	func main() {}
//
//	func run(trigger bugle.Trigger) error {
//		push, err := bugle.AsRawNotification(trigger)
//		if err != nil {
//			return err
//		}
//		unread, _, err := bugle.Setting[int64]("inbox/unread")
//		if err != nil {
//			return err
//		}
//		bugle.SetBadgeNumber(uint32(unread + 1))
//		toast := bugle.Toast{Title: "New message", Body: string(push.Content)}
//		return errors.Join(bugle.SetSetting("inbox/unread", unread+1), toast.Show())
//	}
//
// What the function does is kept aside while it runs, and committed in one transaction when it
// returns nil. On any other end only the log is kept: see [Rejected] and [Retry]. A panic is a
// failure whose stack is in the log. Packages log, log/slog and fmt write to the log as well;
// package time tells the run's own time, and a sleep only advances it.
//
// A component is a snapshot of the program after its init functions: they run once, when the
// component is built, and can call nothing of the host.
package bugle
