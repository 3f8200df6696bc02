//! Other content than a case has: bytes, and JSON where the content is JSON.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::Rng as _;
use serde_json::Value as Json;

/// The most bytes that a request or a custom event may have.
pub(crate) const CONTENT_BYTES_MAX: usize = 64 * 1024;

/// The most changes to one content: few, so that what matters is not lost among what does not.
const CHANGES_MAX: usize = 4;

/// Bytes on the edges of what programs tell apart.
const EDGES: [u8; 12] = [0, 1, 9, b'\n', b' ', b'"', b'0', b'\\', b'{', 0x7f, 0x80, 0xff];

/// Text that programs trip over.
const TEXTS: [&[u8]; 10] = [
    b"-1",
    b"4294967296",
    b"9223372036854775808",
    b"1e309",
    b"NaN",
    b"null",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"%s%n",
];

/// JSON values, each of another kind, or too large for most.
const VALUES: [&str; 18] = [
    "null",
    "true",
    "0",
    "-1",
    "0.5",
    "\"\"",
    "[]",
    "{}",
    "[null]",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "1e308",
    "1e309",
    "123456789012345678901234567890",
    r#""\ud800""#,
    r#""\u0000\uffff\udbff\udfff""#,
];

/// What stands for a part of JSON while that is written anew: no case has it by chance.
const MARK: &str = "\u{1}bugle\u{1}";

pub(crate) fn below(rng: &mut ChaCha12Rng, count: usize) -> usize {
    usize::try_from(rng.next_u64() % (count.max(1) as u64)).unwrap_or(0)
}

/// Other content: 1 to `bytes_max` bytes.
pub(crate) fn mutate(
    content: &[u8],
    other: &[u8],
    bytes_max: usize,
    rng: &mut ChaCha12Rng,
) -> Vec<u8> {
    let mut content = content.to_vec();
    for _ in 0..=below(rng, CHANGES_MAX) {
        // Of JSON mostly the values change: changed bytes seldom get past its parser.
        let json = serde_json::from_slice(&content).ok().filter(|_| below(rng, 4) > 0);
        content = match json {
            Some(json) => change_json(json, rng).into_bytes(),
            None => change_bytes(content, other, rng),
        };
        content.truncate(bytes_max);
        if content.is_empty() {
            content.push(EDGES[below(rng, EDGES.len())]);
        }
    }
    content
}

fn change_bytes(mut content: Vec<u8>, other: &[u8], rng: &mut ChaCha12Rng) -> Vec<u8> {
    let at = below(rng, content.len());
    let len = below(rng, content.len() - at) + 1;
    let part = at..(at + len).min(content.len());
    match below(rng, 8) {
        0 if at < content.len() => content[at] ^= 1 << below(rng, 8),
        1 if at < content.len() => content[at] = EDGES[below(rng, EDGES.len())],
        2 => drop(content.drain(part)),
        3 => {
            let again = content[part].repeat(1 + below(rng, 16));
            drop(content.splice(at..at, again));
        }
        4 => drop(content.splice(at..at, TEXTS[below(rng, TEXTS.len())].iter().copied())),
        5 => {
            let byte = EDGES[below(rng, EDGES.len())];
            drop(content.splice(at..at, vec![byte; below(rng, CONTENT_BYTES_MAX)]));
        }
        6 => content.truncate(at),
        _ => drop(content.splice(part, other.iter().copied().skip(below(rng, other.len())))),
    }
    content
}

/// Writes one part of the JSON, wherever it is, as something else.
fn change_json(mut json: Json, rng: &mut ChaCha12Rng) -> String {
    let mut at = below(rng, parts(&json));
    let mut raw = String::new();
    change_part(&mut json, &mut at, &mut |part| raw = instead_of(part, rng));
    json.to_string().replacen(&Json::from(MARK).to_string(), &raw, 1)
}

/// How many values there are in it, itself included.
fn parts(json: &Json) -> usize {
    match json {
        Json::Array(list) => 1 + list.iter().map(parts).sum::<usize>(),
        Json::Object(fields) => 1 + fields.values().map(parts).sum::<usize>(),
        _ => 1,
    }
}

/// Puts the mark in place of the value at which `at` is counted down; whether it was reached.
fn change_part(json: &mut Json, at: &mut usize, change: &mut dyn FnMut(&Json)) -> bool {
    if *at == 0 {
        change(json);
        *json = Json::from(MARK);
        return true;
    }
    *at -= 1;
    match json {
        Json::Array(list) => list.iter_mut().any(|part| change_part(part, at, change)),
        Json::Object(fields) => fields.values_mut().any(|part| change_part(part, at, change)),
        _ => false,
    }
}

/// The text that stands where a value stood.
fn instead_of(part: &Json, rng: &mut ChaCha12Rng) -> String {
    let any = VALUES[below(rng, VALUES.len())];
    match (below(rng, 6), part) {
        (0, _) => {
            let depth = 1 + below(rng, 2_000);
            let (open, close) = if below(rng, 2) == 0 { ("[", "]") } else { ("{\"a\":", "}") };
            format!("{}{part}{}", open.repeat(depth), close.repeat(depth))
        }
        (1, Json::String(text)) => {
            let more = ["a", "\u{e9}", "\u{1f4e7}", "\u{0}", "\u{202e}"][below(rng, 5)];
            Json::from(format!("{text}{}", more.repeat(1 + below(rng, 4_096)))).to_string()
        }
        (2 | 3, Json::Array(list)) if !list.is_empty() => {
            let mut list: Vec<String> = list.iter().map(Json::to_string).collect();
            let at = below(rng, list.len());
            if below(rng, 2) == 0 {
                list.remove(at);
            } else {
                let again = vec![list[at].clone(); 1 + below(rng, 64)];
                drop(list.splice(at..at, again));
            }
            format!("[{}]", list.join(","))
        }
        (2..=4, Json::Object(fields)) if !fields.is_empty() => {
            let field =
                |(name, value): (&String, &Json)| format!("{}:{value}", Json::from(&**name));
            let mut list: Vec<String> = fields.iter().map(field).collect();
            let at = below(rng, list.len());
            let name = fields.keys().nth(at).map_or("", String::as_str);
            match below(rng, 3) {
                0 => drop(list.remove(at)),
                1 => list.push(format!("{}:{any}", Json::from(name))),
                _ => list.push(format!("{}:{any}", Json::from(format!("{name}{at}")))),
            }
            format!("{{{}}}", list.join(","))
        }
        _ => any.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_again() {
        let run = |seed| {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let one = |_| mutate(br#"[{"id":"1","n":[1,2]}]"#, b"other", 5_000, &mut rng);
            (0..200).map(one).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!(run(3).iter().all(|content| (1..=5_000).contains(&content.len())));
        assert!(mutate(b"", b"", 10, &mut ChaCha12Rng::seed_from_u64(0)).len() <= 10);
    }

    #[test]
    fn one_part_of_json_changes_and_the_rest_stays() {
        let mut rng = ChaCha12Rng::seed_from_u64(7);
        for _ in 0..500 {
            let json = serde_json::json!([{ "id": "1" }, 2, { "deep": [3] }]);
            let text = change_json(json, &mut rng);
            assert!(!text.contains('\u{1}') && !text.contains(r"\u0001"), "{text}");
        }
    }
}
