package bugle

import (
	"math"
	"time"

	wit "bugle/internal/bindings/bugle_task_toasts"
	contract "bugle/internal/bindings/bugle_task_types"
	"bugle/internal/wit/types"
)

func (component) ToastsPermitted() bool { return wit.Permitted() }

func (component) ShowToast(toast *Toast) error { return toastEnd(wit.Show(toastOf(toast))) }

func (component) UpdateToast(tag, group string, sequence uint32, change *ToastUpdate) error {
	return toastEnd(wit.Update(text(tag), orNone(group), sequence, wit.ToastUpdate{
		Title:    optional(change.Title),
		Body:     optional(change.Body),
		Progress: progressOf(change.Progress),
	}))
}

func (component) HideToasts(tag, group string) error {
	return toastEnd(wit.Hide(orNone(tag), orNone(group)))
}

func toastEnd(ended types.Result[types.Unit, wit.ToastError]) error {
	if ended.Tag() == types.ResultOk {
		return nil
	}
	given := ended.Err()
	switch given.Tag() {
	case wit.ToastErrorTooLarge:
		return &Error{Kind: ErrToastTooLarge, Max: given.TooLarge()}
	case wit.ToastErrorTooMany:
		return &Error{Kind: ErrTooManyToasts, Max: given.TooMany()}
	case wit.ToastErrorInvalid:
		return &Error{Kind: ErrInvalidToast, Reason: given.Invalid()}
	}
	return &Error{Kind: ErrOther, Reason: given.Other()}
}

func toastOf(toast *Toast) wit.Toast {
	return wit.Toast{
		Title:        text(toast.Title),
		Body:         text(toast.Body),
		Attribution:  orNone(toast.Attribution),
		Argument:     text(toast.Argument),
		Image:        imageOf(toast.Image),
		Actions:      each(toast.Actions, actionOf),
		Inputs:       each(toast.Inputs, inputOf),
		Progress:     progressOf(toast.Progress),
		Scenario:     wit.Scenario(toast.Scenario),
		Silent:       toast.Silent,
		Tag:          orNone(toast.Tag),
		Group:        orNone(toast.Group),
		ExpiresAfter: expiryOf(toast.ExpiresAfter),
		Hints:        each(toast.Hints, hintOf),
	}
}

func each[A, B any](given []A, of func(A) B) []B {
	if len(given) == 0 {
		return nil
	}
	all := make([]B, len(given))
	for at, one := range given {
		all[at] = of(one)
	}
	return all
}

func optional(given *string) types.Option[string] {
	if given == nil {
		return types.None[string]()
	}
	return types.Some(text(*given))
}

func imageOf(image *Image) types.Option[wit.Image] {
	if image == nil {
		return types.None[wit.Image]()
	}
	return types.Some(wit.Image{
		Uri:             text(image.URI),
		AlternativeText: text(image.AlternativeText),
		Placement:       wit.Placement(image.Placement),
	})
}

func actionOf(action Action) wit.Action {
	return wit.Action{
		Label: text(action.Label), Argument: text(action.Argument), Foreground: action.Foreground,
	}
}

func inputOf(input Input) wit.Input {
	return wit.Input{
		Id:          text(input.ID),
		Label:       orNone(input.Label),
		Placeholder: orNone(input.Placeholder),
		Choices:     each(input.Choices, choiceOf),
	}
}

func choiceOf(choice Choice) wit.Choice {
	return wit.Choice{Id: text(choice.ID), Label: text(choice.Label)}
}

func hintOf(hint Pair) contract.Pair {
	return contract.Pair{Name: text(hint.Name), Value: text(hint.Value)}
}

func progressOf(progress *Progress) types.Option[wit.Progress] {
	if progress == nil {
		return types.None[wit.Progress]()
	}
	fraction := types.None[float64]()
	if progress.Fraction != nil {
		fraction = types.Some(*progress.Fraction)
	}
	return types.Some(wit.Progress{
		Title:     orNone(progress.Title),
		Status:    text(progress.Status),
		Fraction:  fraction,
		ValueText: orNone(progress.ValueText),
	})
}

// What is too long is left for the host to say.
func expiryOf(after time.Duration) types.Option[uint32] {
	if after == 0 {
		return types.None[uint32]()
	}
	return types.Some(uint32(min(max(after.Milliseconds(), 0), math.MaxUint32)))
}
