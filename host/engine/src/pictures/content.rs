//! What a picture is by its content: whoever shows it goes by that, whatever its name says.

/// The widest and the highest picture: some times what a screen has for a toast, and 16 MiB when it is
/// decoded, however few bytes it has.
const PICTURE_SIDE_MAX: u32 = 2_048;

/// Width and height.
type Size = (u32, u32);

/// Checks that bytes are a still picture of a media type, and one that is no trouble to decode.
pub(super) fn check(bytes: &[u8], media_type: &str) -> Result<(), String> {
    let size = match media_type {
        "image/gif" => gif(bytes),
        "image/jpeg" => jpeg(bytes),
        "image/png" => png(bytes),
        "image/webp" => webp(bytes),
        _ => None,
    };
    let other = || "it is no still picture of the kind that its name ends in".to_owned();
    let (width, height) = size.ok_or_else(other)?;
    if [width, height].iter().all(|side| (1..=PICTURE_SIDE_MAX).contains(side)) {
        return Ok(());
    }
    Err(format!("it has {width} x {height} pixels, and may have {PICTURE_SIDE_MAX} a side"))
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// PNG, third edition, 5.2 and 11.2.1: the signature, and the header, which is the first chunk. What moves
/// says so before the picture (11.3.6.1).
fn png(bytes: &[u8]) -> Option<Size> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let size = (u32::from_be_bytes(part(header, 0)?), u32::from_be_bytes(part(header, 4)?));
    // Behind the header's 13 bytes and its check.
    let mut rest = header.get(17..)?;
    loop {
        match &part::<4>(rest, 4)? {
            b"IDAT" => return Some(size),
            b"acTL" => return None,
            _ => {}
        }
        let length = usize::try_from(u32::from_be_bytes(part(rest, 0)?)).ok()?;
        rest = rest.get(length.checked_add(12)?..)?;
    }
}

/// JPEG (T.81, B.1 and B.2): segments, up to that of the frame.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        while rest.starts_with(b"\xff\xff") {
            rest = &rest[1..];
        }
        let [0xff, marker, high, low] = part::<4>(rest, 0)? else { return None };
        match marker {
            // Tables and an extension, among the numbers of frames.
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => {
                let height = u16::from_be_bytes(part(rest, 5)?);
                return Some((u16::from_be_bytes(part(rest, 7)?).into(), height.into()));
            }
            // These have no length, and none comes before the frame.
            0x00..=0x01 | 0xd0..=0xda => return None,
            _ => {}
        }
        rest = rest.get(2 + usize::from(u16::from_be_bytes([high, low]))..)?;
    }
}

/// GIF (89a, 15 to 27): the screen, and the one picture on it, which may be larger than the screen is said
/// to be.
fn gif(bytes: &[u8]) -> Option<Size> {
    let rest = bytes.strip_prefix(b"GIF89a").or_else(|| bytes.strip_prefix(b"GIF87a"))?;
    let number = |at| part(rest, at).map(|bytes| u32::from(u16::from_le_bytes(bytes)));
    let (mut width, mut height) = (number(0)?, number(2)?);
    let mut at = 7 + colours(*rest.get(4)?);
    let mut pictures = 0;
    loop {
        match *rest.get(at)? {
            0x21 => at = after_blocks(rest, at + 2)?,
            0x2c => {
                pictures += 1;
                width = width.max(number(at + 1)? + number(at + 5)?);
                height = height.max(number(at + 3)? + number(at + 7)?);
                at = after_blocks(rest, at + 11 + colours(*rest.get(at + 9)?))?;
            }
            0x3b => return (pictures == 1).then_some((width, height)),
            _ => return None,
        }
    }
}

/// Bytes of a GIF's table of colours.
fn colours(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

/// Where a GIF's blocks of data end that begin somewhere: with an empty one.
fn after_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// WebP (RFC 9649, 2.4 to 2.7): one picture, or the canvas for it; none that moves.
fn webp(bytes: &[u8]) -> Option<Size> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12)? == b"WEBP";
    let chunk = bytes.get(20..)?;
    match &part::<4>(bytes, 12).filter(|_| is_webp)? {
        b"VP8 " => {
            let [0x9d, 0x01, 0x2a, w0, w1, h0, h1] = part::<7>(chunk, 3)? else { return None };
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Some((side(w0, w1), side(h0, h1)))
        }
        b"VP8L" => {
            let [0x2f, sides @ ..] = part::<5>(chunk, 0)? else { return None };
            let sides = u32::from_le_bytes(sides);
            Some(((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = part::<10>(chunk, 0)?;
            let side = |bytes: [u8; 3]| {
                let [low, middle, high] = bytes;
                u32::from_le_bytes([low, middle, high, 0]) + 1
            };
            (flags & 2 == 0).then_some((side([w0, w1, w2]), side([h0, h1, h2])))
        }
        _ => None,
    }
}
