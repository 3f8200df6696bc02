package main

import (
	"errors"
	"log/slog"
	"time"

	"bugle"
)

// A toast with all there is to it, then changes of others.
func toasts() error {
	half, title, body := 0.5, "New title", "New body"
	toast := bugle.Toast{
		Title:       "Title",
		Body:        "Body\nof not \xff text",
		Attribution: "By Parts",
		Argument:    "open",
		Image: &bugle.Image{
			URI: "https://images.example.com/a.png", AlternativeText: "A", Placement: bugle.Hero,
		},
		Actions: []bugle.Action{
			{Label: "Reply", Argument: "reply"}, {Label: "Open", Argument: "open", Foreground: true},
		},
		Inputs: []bugle.Input{
			{ID: "text", Label: "Answer", Placeholder: "Type"},
			{ID: "choice", Choices: []bugle.Choice{{ID: "y", Label: "Yes"}, {ID: "n", Label: "No"}}},
		},
		Progress: &bugle.Progress{
			Title: "Loading", Status: "busy", Fraction: &half, ValueText: "1 of 2",
		},
		Scenario:     bugle.IncomingCall,
		Silent:       true,
		Tag:          "tag",
		Group:        "group",
		ExpiresAfter: 90 * time.Second,
		Hints:        []bugle.Pair{{Name: "colour", Value: "red"}},
	}
	slog.Info("toasts", "permitted", bugle.ToastsPermitted())
	return errors.Join(
		toast.Show(),
		bugle.UpdateToast("a", "", 3, &bugle.ToastUpdate{Title: &title, Body: &body}),
		bugle.UpdateToast("b", "g", 0, &bugle.ToastUpdate{Progress: &bugle.Progress{Status: "done"}}),
		bugle.HideToast("c", ""),
		bugle.HideToast("d", "g"),
		bugle.HideToastGroup("g"),
		bugle.HideAllToasts(),
	)
}
