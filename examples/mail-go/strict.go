package main

import (
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// How many lists and objects may be within one another.
const depthMax = 127

// unmarshal reads JSON of which nothing is lost: where encoding/json puts U+FFFD in place of what
// is no text, this refuses it. What is nested too deep is refused before it is read, since the
// reader calls itself, and a component has little stack.
func unmarshal(content []byte, value any) error {
	if !utf8.Valid(content) {
		return errors.New("it is not UTF-8")
	}
	if err := check(content); err != nil {
		return err
	}
	return json.Unmarshal(content, value)
}

// check looks for what encoding/json lets pass; what it does not let pass may be anything here.
func check(content []byte) error {
	depth, isInText := 0, false
	for at := 0; at < len(content); at++ {
		switch unit := content[at]; {
		case unit == '"':
			isInText = !isInText
		case unit == '\\':
			length, isWhole := escape(content[at:])
			if !isWhole {
				return errors.New("it has half of a surrogate pair")
			}
			at += length - 1
		case isInText:
		case unit == '[' || unit == '{':
			if depth++; depth > depthMax {
				return errors.New("it is nested too deep")
			}
		case unit == ']' || unit == '}':
			depth--
		}
	}
	return nil
}

// escape gives the length of what an escape and, for the first half of a surrogate pair, the next
// one are, and whether they can be a character.
func escape(json []byte) (length int, isWhole bool) {
	unit, isUnit := escaped(json)
	switch {
	case !isUnit:
		return 2, true
	case unit < 0xD800 || unit > 0xDFFF:
		return 6, true
	}
	low, isUnit := escaped(json[6:])
	return 12, unit < 0xDC00 && isUnit && low >= 0xDC00 && low <= 0xDFFF
}

// escaped gives the unit that begins a text as `\u` and four hexadecimal digits, if one does.
func escaped(json []byte) (unit uint64, isUnit bool) {
	if len(json) < 6 || json[0] != '\\' || json[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(json[2:6]), 16, 16)
	return unit, err == nil
}
