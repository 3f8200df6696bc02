//! The files of this repository that projects need, as they were when this program was built.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The files below a folder, by their paths in it.
pub(crate) fn below(folder: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().filter_map(move |(path, content)| {
        let path = path.strip_prefix(folder)?.strip_prefix('/')?;
        Some((path, *content))
    })
}

/// The versions of crates that this repository is tested with.
pub(crate) fn cargo_lock() -> &'static [u8] {
    FILES.iter().find(|(path, _)| *path == "Cargo.lock").map_or(&[], |(_, content)| content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_of_crates_stand_alone() {
        let manifests = FILES.iter().filter(|(path, _)| path.ends_with("/Cargo.toml"));
        let mut count = 0;
        for (path, content) in manifests {
            let text = std::str::from_utf8(content).expect("a manifest is text");
            assert!(!text.contains("workspace"), "{path}:\n{text}");
            count += 1;
        }
        assert_eq!(count, 3, "the SDK, its macros, and the vocabulary");
    }

    #[test]
    fn the_contract_and_no_build_output_is_there() {
        assert!(below("wit").any(|(path, _)| path == "world.wit"));
        assert!(FILES.iter().all(|(path, _)| !path.contains("/target/")));
    }
}
