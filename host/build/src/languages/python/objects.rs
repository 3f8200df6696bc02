//! The objects of a snapshot of CPython.

/// What is around the list of their addresses, which the SDK leaves for us. There are other words in
/// memory that look like its start.
const MARK: &[u8] = b"objects of the snapshot";

/// Where an object counts who refers to it: its first word.
const COUNT_BYTES: usize = 4;

/// The least count of an object that is not counted any more, and what such an object begins with, on
/// 32 bits (`Include/refcount.h`, `_Py_IMMORTAL_MINIMUM_REFCNT`, `_Py_IMMORTAL_INITIAL_REFCNT`).
const IMMORTAL_MIN: u32 = 1 << 30;
const IMMORTAL: u32 = 5 << 28;

/// Makes the objects of a snapshot immortal, so that a run does not write to them all just to count
/// references: each page that is written is copied first. All of them are kept by the snapshot itself,
/// and none would end in a run that drops its memory.
pub(super) fn make_immortal(memory: &mut [u8]) -> Result<(), String> {
    let addresses = addresses(memory).ok_or("the snapshot has no list of its objects")?;
    for address in addresses {
        let count = memory.get_mut(address..).and_then(|object| object.get_mut(..COUNT_BYTES));
        let count = count.ok_or("the snapshot lists an object that is outside of its memory")?;
        if word(count).is_some_and(|count| count < IMMORTAL_MIN) {
            count.copy_from_slice(&IMMORTAL.to_le_bytes());
        }
    }
    Ok(())
}

/// The list: a mark, how many there are, their addresses, the mark again.
fn addresses(memory: &[u8]) -> Option<Vec<usize>> {
    let marks = memory.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
    marks.map(|(at, _)| at).find_map(|at| {
        let list = &memory[at + MARK.len()..];
        let bytes = (word(list)? as usize).checked_mul(COUNT_BYTES)?;
        let list = list.get(COUNT_BYTES..)?;
        let is_whole = list.get(bytes..)?.starts_with(MARK);
        let words = list.get(..bytes)?.chunks_exact(COUNT_BYTES);
        is_whole.then(|| words.filter_map(word).map(|address| address as usize).collect())
    })
}

fn word(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(..COUNT_BYTES)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_listed_objects_become_immortal() {
        let mut memory = vec![0; 64];
        memory[8] = 3;
        memory[16] = 5;
        memory[20..24].copy_from_slice(&(7_u32 << 28).to_le_bytes());
        memory.extend_from_slice(MARK);
        // A mark that begins no list.
        memory.extend_from_slice(MARK);
        for number in [3_u32, 8, 16, 20] {
            memory.extend_from_slice(&number.to_le_bytes());
        }
        memory.extend_from_slice(MARK);
        make_immortal(&mut memory).expect("there is a list");
        let count = |at: usize| word(&memory[at..]);
        assert_eq!(count(8), Some(IMMORTAL));
        assert_eq!(count(16), Some(IMMORTAL));
        assert_eq!(count(20), Some(7 << 28), "it is immortal already");
        assert_eq!(count(12), Some(0), "it is no object");
    }

    #[test]
    fn a_snapshot_without_a_list_is_refused() {
        assert!(make_immortal(&mut [0; 128]).is_err());
        let mut outside = [MARK, &1_u32.to_le_bytes(), &u32::MAX.to_le_bytes(), MARK].concat();
        assert!(make_immortal(&mut outside).is_err());
    }
}
