//! Pieces of a text that is kept once, as a whole.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A piece of a text; the whole text stays in memory for as long as one of its pieces does.
///
/// To copy it copies no text, and two that are the same piece of the same whole are compared without
/// a look at it. What thousands of stanzas of one index need is so allocated once.
#[derive(Clone)]
pub struct SharedText {
    whole: Arc<String>,
    start: u32,
    end: u32,
}

impl SharedText {
    /// Returns a piece of the same whole; a copy if `part` lies elsewhere.
    pub fn share(&self, part: &str) -> Self {
        let offset = (part.as_ptr() as usize).checked_sub(self.whole.as_ptr() as usize);
        let range = offset.and_then(|start| {
            let end = start.checked_add(part.len()).filter(|end| *end <= self.whole.len())?;
            Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
        });
        match range {
            Some((start, end)) => Self { whole: Arc::clone(&self.whole), start, end },
            None => part.into(),
        }
    }

    fn range(&self) -> Range<usize> {
        let place = |offset| usize::try_from(offset).expect("a text is in memory");
        place(self.start)..place(self.end)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.whole[self.range()]
    }

    /// Returns the text's bytes, without a look at any of them: what borders lie between characters
    /// was found out before.
    pub fn as_bytes(&self) -> &[u8] {
        &self.whole.as_bytes()[self.range()]
    }

    /// Returns the number of bytes, without a look at any of them.
    pub fn size(&self) -> usize {
        self.range().len()
    }

    /// Returns the text's bytes with the newline behind them; nothing if the whole has none there.
    pub fn line(&self) -> Option<&[u8]> {
        let Range { start, end } = self.range();
        let line = self.whole.as_bytes().get(start..=end)?;
        line.ends_with(b"\n").then_some(line)
    }
}

/// # Panics
///
/// If the text has 4 GiB or more: nothing is read that is half as long.
impl From<String> for SharedText {
    fn from(whole: String) -> Self {
        let end = u32::try_from(whole.len()).expect("no index is larger than 2 GiB");
        Self { whole: Arc::new(whole), start: 0, end }
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        let is_same = Arc::ptr_eq(&self.whole, &other.whole)
            && (self.start, self.end) == (other.start, other.end);
        is_same || self.as_bytes() == other.as_bytes()
    }
}

impl Eq for SharedText {}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_those_of_the_whole_and_nothing_else_is() {
        let whole = SharedText::from("one two three".to_owned());
        for part in ["one", "two", "", "three", "one two three"] {
            let start = whole.find(part).unwrap();
            let piece = whole.share(&whole[start..start + part.len()]);
            assert_eq!((piece.as_str(), Arc::ptr_eq(&piece.whole, &whole.whole)), (part, true));
        }
        let elsewhere = String::from("two");
        let piece = whole.share(&elsewhere);
        assert_eq!((piece.as_str(), Arc::ptr_eq(&piece.whole, &whole.whole)), ("two", false));
    }

    #[test]
    fn a_line_ends_with_the_newline_of_the_whole() {
        let whole = SharedText::from("one\ntwo".to_owned());
        assert_eq!(whole.share(&whole[..3]).line(), Some(&b"one\n"[..]));
        assert_eq!([whole.share(&whole[..2]).line(), whole.share(&whole[4..]).line()], [None; 2]);
    }

    #[test]
    fn equal_is_what_reads_the_same() {
        let whole = SharedText::from("aba".to_owned());
        assert_eq!(whole.share(&whole[..1]), whole.share(&whole[2..]));
        assert_eq!(whole, SharedText::from("aba"));
        assert_ne!(whole.share(&whole[..1]), whole.share(&whole[1..2]));
    }
}
