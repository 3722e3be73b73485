//! Pieces of a text that is kept once, as a whole.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A piece of a text; the whole text stays in memory for as long as one of its pieces does.
///
/// To copy it copies no text, and two that are the same piece of the same whole are compared without
/// a look at it. What thousands of stanzas of one index need is so allocated once.
#[derive(Clone)]
pub struct SharedText {
    whole: Arc<String>,
    start: usize,
    end: usize,
}

impl SharedText {
    /// Returns a piece of the same whole; a copy if `part` lies elsewhere.
    pub fn share(&self, part: &str) -> Self {
        let offset = (part.as_ptr() as usize).checked_sub(self.whole.as_ptr() as usize);
        let range = offset.and_then(|start| Some((start, start.checked_add(part.len())?)));
        match range {
            Some((start, end)) if end <= self.whole.len() => {
                Self { whole: Arc::clone(&self.whole), start, end }
            }
            _ => part.into(),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.whole[self.start..self.end]
    }
}

impl From<String> for SharedText {
    fn from(whole: String) -> Self {
        let end = whole.len();
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
        is_same || self.as_str() == other.as_str()
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
    fn equal_is_what_reads_the_same() {
        let whole = SharedText::from("aba".to_owned());
        assert_eq!(whole.share(&whole[..1]), whole.share(&whole[2..]));
        assert_eq!(whole, SharedText::from("aba"));
        assert_ne!(whole.share(&whole[..1]), whole.share(&whole[1..2]));
    }
}
