package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"bugle"
)

// The most bytes an id may have, since it is also the tag of a toast.
const idBytesMax = 64

// A mail as the push has it.
type mail struct {
	id, from, subject string
	preview           *string
}

// The mail as a toast that a later push of the same mail replaces.
func (m mail) toast() bugle.Toast {
	title := m.from
	if title == "" {
		title = "Unknown sender"
	}
	body := m.subject
	if m.preview != nil {
		body += "\n" + *m.preview
	}
	return bugle.Toast{Title: title, Body: body, Tag: m.id, Group: "mail", Argument: m.id}
}

// The mails of a push, the oldest first; or where the push is not JSON, or which mail is not as it
// should be.
func parse(content []byte) ([]mail, error) {
	var value any
	if err := unmarshal(content, &value); err != nil {
		return nil, fmt.Errorf("the push is not a JSON list of mails: %w", err)
	}
	list, ok := value.([]any)
	if !ok {
		return nil, errors.New("the push is not a JSON list of mails, but another value")
	}
	mails := make([]mail, len(list))
	for at, one := range list {
		var err error
		if mails[at], err = mailOf(one); err != nil {
			return nil, fmt.Errorf("mail %d of the push %w", at+1, err)
		}
	}
	return mails, nil
}

// A mail from JSON. Fields that are not known are ignored, so that the sender may add some.
func mailOf(value any) (mail, error) {
	fields, _ := value.(map[string]any)
	needed := func(name string) (string, error) {
		if text, ok := fields[name].(string); ok {
			return text, nil
		}
		return "", fmt.Errorf("has no text `%s`", name)
	}
	id, err := needed("id")
	if err != nil {
		return mail{}, err
	}
	if len(id) < 1 || len(id) > idBytesMax {
		return mail{}, fmt.Errorf("has an id of %d bytes, not 1 to %d", len(id), idBytesMax)
	}
	from, err := needed("from")
	if err != nil {
		return mail{}, err
	}
	subject, err := needed("subject")
	if err != nil {
		return mail{}, err
	}
	one := mail{id: id, from: from, subject: subject}
	if preview, ok := fields["preview"].(string); ok {
		one.preview = &preview
	}
	return one, nil
}

// The mails that come after the one that was announced last; all, if it is not among them.
func after(mails []mail, last string) []mail {
	for at := len(mails) - 1; at >= 0; at-- {
		if mails[at].id == last {
			return mails[at+1:]
		}
	}
	return mails
}

// The ids as a JSON list, for the app to fetch.
func ids(mails []mail) ([]byte, error) {
	list := make([]string, len(mails))
	for at, mail := range mails {
		list[at] = mail.id
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(list)
	return bytes.TrimRight(buffer.Bytes(), "\n"), err
}
