package main

import (
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// How many lists and objects may be within one another.
const depthMax = 127

// unmarshal reads JSON of which nothing is lost: where encoding/json puts U+FFFD in place of what is no
// text, this refuses it, and it goes no deeper than a task should.
func unmarshal(content []byte, value any) error {
	if !utf8.Valid(content) {
		return errors.New("it is not UTF-8")
	}
	if err := json.Unmarshal(content, value); err != nil {
		return err
	}
	return check(content)
}

// check looks through valid JSON for what encoding/json lets pass.
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

// escape gives the length of what an escape and, for the first half of a surrogate pair, the next one
// are in valid JSON, and whether they are a character.
func escape(json []byte) (length int, isWhole bool) {
	if json[1] != 'u' {
		return 2, true
	}
	switch unit := escaped(json[2:]); {
	case unit < 0xD800 || unit > 0xDFFF:
		return 6, true
	case unit >= 0xDC00 || len(json) < 12 || json[6] != '\\' || json[7] != 'u':
		return 6, false
	}
	low := escaped(json[8:])
	return 12, low >= 0xDC00 && low <= 0xDFFF
}

// escaped gives the unit that four hexadecimal digits are, which are there.
func escaped(digits []byte) uint64 {
	unit, _ := strconv.ParseUint(string(digits[:4]), 16, 16)
	return unit
}
