//! Patterns for names, versions and values: `*`, `?` and `[…]`, as a shell has them.
//!
//! A pattern stands for the whole text, matching takes time in proportion to both, and there are
//! no braces, escapes or regular expressions: `[*]` is an asterisk.

use std::fmt;
use std::str::FromStr;

/// A pattern; displayed as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: Box<str>,
    pieces: Box<[Piece]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A character as it is.
    Character(char),
    /// `?`: any character.
    One,
    /// `*`: any number of characters.
    Run,
    /// `[a-z]`: a character of a set; `[^a-z]`: one that is not in it.
    Set { ranges: Box<[(char, char)]>, holds: Membership },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Membership {
    Inside,
    Outside,
}

/// A text is not a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// `[` without `]`.
    #[error("a `[` of the pattern is not closed; `[[]` means the character")]
    Unclosed,
    /// `[]` or `[^]`.
    #[error("`[]` of the pattern names no character")]
    Empty,
    /// `[z-a]`.
    #[error("a range of the pattern goes backwards, from {0:?} to {1:?}")]
    Backwards(char, char),
}

impl Glob {
    /// Returns what matches if the pattern is found anywhere, whatever the case of ASCII letters.
    ///
    /// [`Glob::finds`] asks it.
    pub(super) fn anywhere(text: &str) -> Result<Self, GlobError> {
        let mut pieces = vec![Piece::Run];
        pieces.extend(compile(&text.to_ascii_lowercase())?);
        pieces.push(Piece::Run);
        Ok(Self { text: text.into(), pieces: pieces.into() })
    }

    /// Returns the pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether the pattern stands for itself alone.
    pub fn is_literal(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Character(_)))
    }

    /// Tells whether a whole text fits.
    pub fn matches(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text.chars());
        // Where the last `*` may take one more character: what follows it, and what it left.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let mut next = rest.clone();
            match (self.pieces.get(at), next.next()) {
                (Some(Piece::Run), _) => {
                    at += 1;
                    retry = Some((at, rest.clone()));
                    continue;
                }
                (Some(piece), Some(character)) if piece.takes(character) => {
                    at += 1;
                    rest = next;
                    continue;
                }
                (None, None) => return true,
                _ => {}
            }
            let Some((after, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            (at, rest) = (*after, from.clone());
        }
    }

    /// Tells whether a text holds a pattern that [`Glob::anywhere`] made.
    pub(super) fn finds(&self, text: &str) -> bool {
        self.matches(&text.to_ascii_lowercase())
    }
}

impl FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        Ok(Self { text: text.into(), pieces: compile(text)?.into() })
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Piece {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Character(own) => *own == character,
            Self::One => true,
            Self::Run => false,
            Self::Set { ranges, holds } => {
                let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
                inside == (*holds == Membership::Inside)
            }
        }
    }
}

fn compile(text: &str) -> Result<Vec<Piece>, GlobError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        let piece = match character {
            '*' => Piece::Run,
            '?' => Piece::One,
            '[' => set(&mut rest)?,
            other => Piece::Character(other),
        };
        // Two in a row mean what one does, and would make matching slow.
        if piece != Piece::Run || pieces.last() != Some(&Piece::Run) {
            pieces.push(piece);
        }
    }
    Ok(pieces)
}

/// Takes a set, up to its `]`; its `[` was taken before.
fn set(rest: &mut &str) -> Result<Piece, GlobError> {
    let (holds, inner) = match rest.strip_prefix(['^', '!']) {
        Some(inner) => (Membership::Outside, inner),
        None => (Membership::Inside, *rest),
    };
    let (members, after) = inner.split_once(']').ok_or(GlobError::Unclosed)?;
    *rest = after;
    let mut members = members.chars().peekable();
    let mut ranges = Vec::new();
    while let Some(low) = members.next() {
        let mut ahead = members.clone();
        let high = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) => {
                members = ahead;
                high
            }
            _ => low,
        };
        if high < low {
            return Err(GlobError::Backwards(low, high));
        }
        ranges.push((low, high));
    }
    if ranges.is_empty() {
        Err(GlobError::Empty)
    } else {
        Ok(Piece::Set { ranges: ranges.into(), holds })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(text: &str) -> Glob {
        text.parse().expect(text)
    }

    #[test]
    fn patterns_stand_for_the_whole_text() {
        for (pattern, fitting, other) in [
            ("nginx", "nginx", "nginx-full"),
            ("lib*", "libc6", "glibc"),
            ("*-dev", "libc6-dev", "libc6-dev-i386"),
            ("lib*-dev*", "libx-dev-y", "libx"),
            ("1.?", "1.2", "1.22"),
            ("lib[a-c]", "libb", "libd"),
            ("lib[^a-c]", "libd", "libb"),
            ("[!x]y", "ay", "xy"),
            ("[*]", "*", "a"),
            ("a[-x]", "a-", "ab"),
            ("*", "", "\u{0}never"),
            ("ü?", "üß", "ü"),
        ] {
            assert!(glob(pattern).matches(fitting), "{pattern} {fitting}");
            assert!(pattern == "*" || !glob(pattern).matches(other), "{pattern} {other}");
        }
    }

    #[test]
    fn what_is_found_may_stand_anywhere_in_any_case() {
        let json = Glob::anywhere("JSON*lib").unwrap();
        assert!(json.finds("A json parser Library") && !json.finds("libjson"));
    }

    #[test]
    fn broken_sets_are_refused() {
        assert_eq!("a[b".parse::<Glob>(), Err(GlobError::Unclosed));
        assert_eq!("[]".parse::<Glob>(), Err(GlobError::Empty));
        assert_eq!("[z-a]".parse::<Glob>(), Err(GlobError::Backwards('z', 'a')));
    }

    #[test]
    fn many_stars_stay_fast() {
        let pattern = glob(&"*a".repeat(200));
        assert!(!pattern.matches(&"a".repeat(199)) && pattern.matches(&"a".repeat(20_000)));
    }

    proptest! {
        #[test]
        fn the_verdict_is_that_of_globset(
            pattern in "[ab*?]{0,8}", text in "[ab]{0,10}"
        ) {
            let other = globset::GlobBuilder::new(&pattern).build().unwrap().compile_matcher();
            prop_assert_eq!(glob(&pattern).matches(&text), other.is_match(&text));
        }
    }
}
