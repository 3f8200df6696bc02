package bugle

// Glyph is a sign on the app's icon.
type Glyph uint8

const (
	GlyphActivity Glyph = iota
	GlyphAlarm
	GlyphAlert
	GlyphAttention
	GlyphAvailable
	GlyphAway
	GlyphBusy
	GlyphError
	GlyphNewMessage
	GlyphPaused
	GlyphPlaying
	GlyphUnavailable
)

// Badge is the mark on the app's icon and on the lock screen as it is now, this run's own change
// included: a uint32, a [Glyph], or nil.
func Badge() any { return current().Badge() }

// SetBadgeNumber shows a number, as 99+ above 99; 0 clears. The last mark set in a run is
// committed.
func SetBadgeNumber(number uint32) { current().SetBadge(number) }

// SetBadgeGlyph shows a sign.
func SetBadgeGlyph(glyph Glyph) { current().SetBadge(glyph) }

// ClearBadge takes the mark away.
func ClearBadge() { current().SetBadge(nil) }
