//! The search for fields that a stanza has twice, which costs next to nothing where there are none.

use super::{Deb822Reason, MAX_FIELDS, Stanza, excerpt};

/// The names of the fields so far: a filter of 1024 bits that says "perhaps" or "surely not".
#[derive(Default)]
pub(super) struct SeenNames {
    bits: [u64; 16],
    count: usize,
}

impl SeenNames {
    /// Adds the name of a field; `before` is the text of the stanza before it.
    pub(super) fn insert(&mut self, name: &str, before: &str) -> Result<(), Deb822Reason> {
        self.count += 1;
        if self.count > MAX_FIELDS {
            return Err(Deb822Reason::TooManyFields);
        }
        let slot = slot(name);
        let (word, bit) = (&mut self.bits[slot / 64], 1 << (slot % 64));
        if *word & bit != 0 && Stanza::of_checked(before).get(name).is_some() {
            return Err(Deb822Reason::Duplicate(excerpt(name)));
        }
        *word |= bit;
        Ok(())
    }
}

/// Returns a number below 1024 that is the same for a name in any case.
fn slot(name: &str) -> usize {
    let bytes = name.as_bytes();
    let sample = [0, bytes.len() / 2, bytes.len() - 1].map(|at| bytes[at].to_ascii_lowercase());
    let [first, middle, last] = sample.map(u32::from);
    let sample = (first | middle << 8 | last << 16) ^ ((bytes.len() as u32) << 24);
    (sample.wrapping_mul(0x9e37_79b1) >> 22) as usize
}
