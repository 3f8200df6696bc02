package bugletest

import (
	"slices"
	"strings"

	"bugle"
)

const (
	toastBytesMax = 5 << 10
	tagBytesMax   = 64
)

func (h *host) ToastsPermitted() bool { return !h.facts.NoToasts }

func (h *host) ShowToast(toast *bugle.Toast) error {
	if toastBytes(toast) > toastBytesMax {
		return &bugle.Error{Kind: bugle.ErrToastTooLarge, Max: toastBytesMax}
	}
	if reason := toastFault(toast, h.facts.ImageHosts); reason != "" {
		return &bugle.Error{Kind: bugle.ErrInvalidToast, Reason: reason}
	}
	count := min(toastsMax, max(h.facts.ToastsLeft, 0))
	if len(h.toasts) >= count {
		return &bugle.Error{Kind: bugle.ErrTooManyToasts, Max: uint32(count)}
	}
	h.toasts = append(h.toasts, *toast)
	return nil
}

func (h *host) UpdateToast(tag, group string, sequence uint32, change *bugle.ToastUpdate) error {
	if tag == "" || len(tag) > tagBytesMax || len(group) > tagBytesMax {
		return invalid(keyFault)
	}
	if change.Title != nil && *change.Title == "" {
		return invalid("the title is empty")
	}
	if updateBytes(change) > toastBytesMax {
		return &bugle.Error{Kind: bugle.ErrToastTooLarge, Max: toastBytesMax}
	}
	return h.change(Change{tag, group, sequence, change})
}

func (h *host) HideToasts(tag, group string) error {
	if len(tag) > tagBytesMax || len(group) > tagBytesMax {
		return invalid(keyFault)
	}
	return h.change(Change{Tag: tag, Group: group})
}

func (h *host) change(change Change) error {
	if len(h.changes) >= toastChangesMax {
		return &bugle.Error{Kind: bugle.ErrTooManyToasts, Max: toastChangesMax}
	}
	h.changes = append(h.changes, change)
	return nil
}

const keyFault = "a tag and a group have 1 to 64 bytes"

func invalid(reason string) error {
	return &bugle.Error{Kind: bugle.ErrInvalidToast, Reason: reason}
}

func toastFault(toast *bugle.Toast, imageHosts []string) string {
	switch {
	case toast.Title == "":
		return "the title is empty"
	case len(toast.Actions) > 5:
		return "a toast has at most 5 actions"
	case len(toast.Hints) > 16:
		return "a toast has at most 16 hints"
	case toast.Image != nil && len(toast.Image.URI) > 1_024:
		return "an image's address has at most 1,024 bytes"
	case len(toast.Tag) > tagBytesMax || len(toast.Group) > tagBytesMax:
		return keyFault
	case len(toast.Inputs) > 5 || slices.ContainsFunc(toast.Inputs, hasTooManyChoices):
		return "a toast has at most 5 inputs of at most 5 choices"
	case hasRepeatedID(toast.Inputs):
		return "two inputs have the same id"
	case toast.Image != nil && !isAllowed(toast.Image.URI, imageHosts):
		return "the image's address is neither in the app's folder nor on a host that the manifest " +
			"allows"
	}
	return ""
}

func hasTooManyChoices(input bugle.Input) bool { return len(input.Choices) > 5 }

func hasRepeatedID(inputs []bugle.Input) bool {
	ids := map[string]bool{}
	for _, input := range inputs {
		ids[input.ID] = true
	}
	return len(ids) < len(inputs)
}

func isAllowed(uri string, imageHosts []string) bool {
	if rest, isRemote := strings.CutPrefix(uri, "https://"); isRemote {
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			rest = rest[:end]
		}
		return slices.Contains(imageHosts, rest)
	}
	isBad := func(part string) bool { return part == "" || part == ".." }
	return !strings.ContainsAny(uri, `:\`) && !slices.ContainsFunc(strings.Split(uri, "/"), isBad)
}

// All text in a toast.
func toastBytes(toast *bugle.Toast) int {
	bytes := textBytes(toast.Title, toast.Body, toast.Attribution, toast.Argument, toast.Tag,
		toast.Group) + progressBytes(toast.Progress)
	if toast.Image != nil {
		bytes += textBytes(toast.Image.URI, toast.Image.AlternativeText)
	}
	for _, action := range toast.Actions {
		bytes += textBytes(action.Label, action.Argument)
	}
	for _, input := range toast.Inputs {
		bytes += textBytes(input.ID, input.Label, input.Placeholder)
		for _, choice := range input.Choices {
			bytes += textBytes(choice.ID, choice.Label)
		}
	}
	for _, hint := range toast.Hints {
		bytes += textBytes(hint.Name, hint.Value)
	}
	return bytes
}

func updateBytes(change *bugle.ToastUpdate) int {
	bytes := progressBytes(change.Progress)
	for _, text := range []*string{change.Title, change.Body} {
		if text != nil {
			bytes += len(*text)
		}
	}
	return bytes
}

func progressBytes(progress *bugle.Progress) int {
	if progress == nil {
		return 0
	}
	return textBytes(progress.Title, progress.Status, progress.ValueText)
}

func textBytes(texts ...string) int {
	bytes := 0
	for _, text := range texts {
		bytes += len(text)
	}
	return bytes
}
