package main

import "strconv"

// hasLoneSurrogate says whether valid JSON has an escape that is half of a surrogate pair.
func hasLoneSurrogate(json []byte) bool {
	for at := 0; at < len(json); at++ {
		if json[at] != '\\' {
			continue
		}
		at++
		if json[at] != 'u' {
			continue
		}
		unit := escaped(json[at+1:])
		at += 4
		switch {
		case unit >= 0xDC00 && unit <= 0xDFFF:
			return true
		case unit >= 0xD800 && unit <= 0xDBFF:
			rest := json[at+1:]
			if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
				return true
			}
			if low := escaped(rest[2:]); low < 0xDC00 || low > 0xDFFF {
				return true
			}
			at += 6
		}
	}
	return false
}

// The unit of four hexadecimal digits, which are there.
func escaped(digits []byte) uint64 {
	unit, _ := strconv.ParseUint(string(digits[:4]), 16, 16)
	return unit
}
