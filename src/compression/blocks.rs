//! Where a text is cut into blocks, so that a change of one part moves no border far from it.
//!
//! A part begins a block if its mark is the smallest of all that lie within [`WINDOW`] bytes, before
//! or after. Nothing else decides, so what is further away has no say. The start of the text counts
//! as the smallest of all. Blocks come out twice as long as the window on average, and hardly ever
//! six times: in Debian's index of amd64 260 KiB, the largest 692 KiB.

/// Half of a block, about. Half of this would make Debian's index 4 % larger by xz, twice of it 3 %
/// smaller, and a change takes as much longer as a block is larger.
const WINDOW: u64 = 128 << 10;
/// Where a block ends in any case, for marks that don't look random: no window of a decoder is
/// smaller than this, and nothing refers back beyond its block.
pub(super) const MAX_BLOCK: u64 = 1 << 20;

/// A piece of a text that is never divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its bytes.
    pub text: &'a [u8],
    /// For a part that may begin a block, a number that looks random and depends on it alone.
    pub mark: Option<u64>,
}

/// A text in the blocks that it is compressed in; there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks<'a>(Vec<Block<'a>>);

/// One block. Those of texts with the same kind of parts compare as their bytes do.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block<'a>(Vec<&'a [u8]>);

impl<'a> Blocks<'a> {
    /// Returns the text that consists of these parts, cut into blocks.
    pub fn cut(parts: &[Part<'a>]) -> Self {
        Self::cut_by(WINDOW, parts)
    }

    pub(super) fn cut_by(window: u64, parts: &[Part<'a>]) -> Self {
        let mut borders = borders(window, parts).into_iter().peekable();
        let mut blocks = vec![Block::default()];
        let mut length = 0;
        for (index, part) in parts.iter().enumerate() {
            let is_border = borders.next_if_eq(&index).is_some();
            let is_full = part.mark.is_some() && length >= MAX_BLOCK;
            if is_border || is_full {
                blocks.push(Block::default());
                length = 0;
            }
            length += part.text.len() as u64;
            blocks.last_mut().expect("there is one from the start").0.push(part.text);
        }
        Self(blocks)
    }

    /// Returns the number of bytes in all blocks.
    pub fn size(&self) -> u64 {
        self.0.iter().map(Block::size).sum()
    }

    /// Returns the text piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().flat_map(|block| block.0.iter().copied())
    }

    pub(super) fn as_slice(&self) -> &[Block<'a>] {
        &self.0
    }
}

impl Block<'_> {
    pub(super) fn size(&self) -> u64 {
        self.0.iter().map(|part| part.len() as u64).sum()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.concat()
    }
}

/// Returns the indices of the parts whose marks are the smallest within `window` bytes; of equal marks
/// the first counts as the smallest, and the start of the text as smaller than any.
fn borders(window: u64, parts: &[Part<'_>]) -> Vec<usize> {
    struct Candidate {
        index: usize,
        offset: u64,
        mark: u64,
        is_smallest: bool,
    }
    let mut found: Vec<Candidate> = Vec::new();
    // Those that no later one has undercut yet: their marks rise.
    let mut rising: Vec<usize> = Vec::new();
    let mut offset = 0;
    for (index, part) in parts.iter().enumerate() {
        if let Some(mark) = part.mark {
            while let Some(last) = rising.pop_if(|last| found[*last].mark > mark) {
                found[last].is_smallest &= offset - found[last].offset > window;
            }
            let before = rising.last().map_or(0, |last| found[*last].offset);
            let is_smallest = offset - before > window;
            rising.push(found.len());
            found.push(Candidate { index, offset, mark, is_smallest });
        }
        offset += part.text.len() as u64;
    }
    found.into_iter().filter(|one| one.is_smallest).map(|one| one.index).collect()
}
