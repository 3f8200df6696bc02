//! The task that does what its pushes say, act by act: see `script.wat`.

use std::path::Path;
use std::sync::OnceLock;

use bugle_tests::{AppSource, World, puppet};

/// What is pushed to the task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script(Vec<u8>);

impl Script {
    /// A script with one act.
    pub(crate) fn of<W: AsRef<[u8]>>(act: &str, words: &[W]) -> Self {
        Self::default().then(act, words)
    }

    /// The script with one act more.
    ///
    /// # Panics
    ///
    /// There is no such act, or a word is too long: the test would test nothing.
    pub(crate) fn then<W: AsRef<[u8]>>(mut self, act: &str, words: &[W]) -> Self {
        self.0.push(letter(act));
        self.0.push(u8::try_from(words.len()).expect("an act has a few words"));
        for word in words {
            let word = word.as_ref();
            let length = u16::try_from(word.len()).expect("a trigger has at most 64 KiB");
            self.0.extend_from_slice(&length.to_le_bytes());
            self.0.extend_from_slice(word);
        }
        self
    }
}

impl From<Script> for Vec<u8> {
    fn from(script: Script) -> Self {
        script.0
    }
}

/// What there is to do, with the letter that stands for it.
const ACTS: [(&str, u8); 14] = [
    ("set", b's'),
    ("get", b'g'),
    ("items", b'i'),
    ("clear", b'c'),
    ("toast", b't'),
    ("update", b'u'),
    ("hide", b'h'),
    ("badge", b'b'),
    ("read badge", b'B'),
    ("log", b'l'),
    ("progress", b'p'),
    ("work", b'o'),
    ("fail", b'f'),
    ("reject", b'j'),
];

fn letter(act: &str) -> u8 {
    ACTS.iter().find(|(name, _)| *name == act).expect("there is such an act").1
}

/// The app, with the channels `inbox` and `alerts`.
///
/// # Panics
///
/// Its guest is not as it must be.
pub(crate) fn app(id: &str) -> AppSource {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    let component = COMPONENT.get_or_init(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/isolation/script.wat");
        let encode = || World::load()?.encode_file(&file);
        encode().expect("the script's guest is a task")
    });
    puppet(id).with_component(component)
}
