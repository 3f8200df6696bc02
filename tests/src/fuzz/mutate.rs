//! Other inputs of those that there are: by bytes, by tokens and by lines.

use super::dice::Dice;

/// The most changes to one input: few, so that what matters is not lost among what does not.
const CHANGES_MAX: usize = 4;

/// Bytes on the edges of what programs tell apart.
const EDGES: [u8; 16] =
    [0, 1, 9, b'\n', b'\r', b' ', b'"', b'%', b'0', b':', b'\\', b'{', 0x1b, 0x7f, 0x80, 0xff];

/// Numbers on the edges of what programs count with.
const NUMBERS: [&str; 22] = [
    "0",
    "1",
    "-1",
    "-0",
    "00",
    "+1",
    "0x10",
    "1_000",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e309",
    "0.1",
    "nan",
    "-inf",
];

/// Text that programs trip over: other alphabets, marks that hide or turn, what terminals obey.
pub(super) const TEXTS: [&str; 20] = [
    "",
    " ",
    "\u{0}",
    "\u{1b}[2J",
    "\u{1b}]0;x\u{7}",
    "\u{9b}31m",
    "\r\n",
    "\u{85}",
    "\u{202e}abc\u{202c}",
    "\u{2066}x\u{2069}",
    "\u{2028}",
    "\u{feff}",
    "e\u{301}\u{301}\u{301}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{e0041}",
    "\u{ffff}",
    "\u{10ffff}",
    "<b>&amp;</b>",
    "%s%n",
    "../../x",
];

/// One input, changed. `words` are what the target's language has.
pub(super) fn mutate(
    corpus: &[Vec<u8>],
    words: &[&str],
    dice: &mut Dice,
    bytes_max: usize,
) -> Vec<u8> {
    let mut input = dice.input(corpus).to_vec();
    for _ in 0..=dice.below(CHANGES_MAX) {
        let other = dice.input(corpus);
        match dice.below(5) {
            0 | 1 => change_bytes(&mut input, other, dice),
            2 => change_lines(&mut input, other, dice),
            _ => change_tokens(&mut input, other, words, dice),
        }
        input.truncate(bytes_max);
    }
    input
}

/// Changes bytes, whatever they mean.
pub(super) fn change_bytes(input: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(input.len() + 1);
    let end = at + dice.below(input.len() - at + 1);
    match dice.below(9) {
        0 if at < input.len() => input[at] ^= 1 << dice.below(8),
        1 if at < input.len() => input[at] = *dice.one_of(&EDGES),
        2 => drop(input.drain(at..end)),
        3 => {
            let again = input[at..end.min(at + 64)].repeat(1 + dice.below(16));
            drop(input.splice(at..at, again));
        }
        4 => drop(input.splice(at..at, dice.one_of(&TEXTS).bytes())),
        5 => {
            let run = vec![*dice.one_of(&EDGES); dice.below(2_048)];
            drop(input.splice(at..at, run));
        }
        6 => input.truncate(at),
        7 => {
            let count = dice.below(16);
            drop(input.splice(at..at, dice.bytes(count)));
        }
        _ => {
            let from = dice.below(other.len() + 1);
            let to = from + dice.below(other.len() - from + 1);
            drop(input.splice(at..end, other[from..to].iter().copied()));
        }
    }
}

/// Takes lines out, doubles or moves them, or takes some of another input.
fn change_lines(input: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let mut lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
    let others: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() || others.is_empty() {
        return;
    }
    let (at, to) = (dice.below(lines.len()), dice.below(lines.len()));
    match dice.below(5) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(to, lines[at]),
        2 => lines.swap(at, to),
        3 => lines.insert(to, others[dice.below(others.len())]),
        _ => {
            let again = vec![lines[at]; 1 + dice.below(64)];
            drop(lines.splice(to..to, again));
        }
    }
    *input = lines.concat();
}

/// Puts other words, numbers and texts in the place of such.
fn change_tokens(input: &mut Vec<u8>, other: &[u8], words: &[&str], dice: &mut Dice) {
    let long;
    let mut tokens = tokens(input);
    let others = self::tokens(other);
    if tokens.is_empty() || others.is_empty() {
        return;
    }
    let (at, to) = (dice.below(tokens.len()), dice.below(tokens.len()));
    match dice.below(8) {
        0 => tokens.swap(at, to),
        1 => tokens.insert(to, tokens[at]),
        2 => drop(tokens.remove(at)),
        3 => tokens[at] = dice.one_of(&NUMBERS).as_bytes(),
        4 => tokens[at] = dice.one_of(&TEXTS).as_bytes(),
        5 if !words.is_empty() => tokens[at] = dice.one_of(words).as_bytes(),
        6 => {
            long = tokens[at].repeat(1 + dice.below(300));
            tokens[at] = &long;
        }
        _ => tokens[at] = others[dice.below(others.len())],
    }
    *input = tokens.concat();
}

/// Runs of letters, of digits and of blanks, and every other byte by itself.
fn tokens(input: &[u8]) -> Vec<&[u8]> {
    let class = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | 0x80.. => 1,
        b'0'..=b'9' => 2,
        b' ' => 3,
        _ => 0,
    };
    input.chunk_by(|a, b| class(*a) != 0 && class(*a) == class(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_again_and_bounds_hold() {
        let corpus = [b"[a]\nb = 1\n".to_vec(), Vec::new(), vec![b'x'; 500]];
        let run = |seed| {
            let mut dice = Dice::new(seed);
            (0..500).map(|_| mutate(&corpus, &["word"], &mut dice, 1_000)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert!(run(3).iter().all(|input| input.len() <= 1_000));
    }

    #[test]
    fn tokens_are_words_and_numbers() {
        assert_eq!(tokens(b"ab-c=12 x"), [b"ab-c" as &[u8], b"=", b"12", b" ", b"x"]);
    }
}
