//! The `path` of a source, a glob with placeholders, and globs for objects.
//!
//! Nothing here looks at a file system or a store. `*` and `?` match within one segment, `**` any number of
//! directories, `[…]` one of several characters; braces are for placeholders only.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

use super::problem::near;
use super::source::Target;

/// A pattern for local files, relative to the manifest, with placeholders.
///
/// Displayed as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    written: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Placeholder(Placeholder),
}

/// What may stand in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    Distribution,
    Component,
    Release,
    Architecture,
}

/// A pattern whose placeholders are filled in: an ordinary glob.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathGlob(String);

/// Patterns for the keys of objects, relative to the store's prefix.
#[derive(Debug, Clone, Default)]
pub struct KeyPatterns {
    written: Vec<String>,
    set: GlobSet,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Something in braces is no placeholder.
    #[error("{} is not a placeholder", super::problem::quoted(.name))]
    UnknownPlaceholder {
        /// What stands in the braces.
        name: String,
        /// Where, in bytes.
        part: Range<usize>,
    },
    /// A brace has no partner.
    #[error("a brace is open or closed by itself")]
    LoneBrace {
        /// Where, in bytes.
        part: Range<usize>,
    },
    /// It has a backslash.
    #[error("a pattern has `/` between directories, never a backslash")]
    Backslash,
    /// It is a URL.
    #[error("`path` is for local files, not for URLs")]
    Url,
    /// It begins with `~`.
    #[error("`~` does not stand for the home directory")]
    Home,
    /// It can match directories only.
    #[error("the pattern ends with a slash, so no file can match it")]
    Directory,
    /// It is no glob.
    #[error("the brackets of the pattern don't match")]
    Brackets(#[source] globset::Error),
}

impl Placeholder {
    pub(super) const NAMES: [&str; 4] = ["distribution", "component", "release", "arch"];

    fn from_name(name: &str) -> Option<Self> {
        match name {
            "distribution" => Some(Self::Distribution),
            "component" => Some(Self::Component),
            "release" => Some(Self::Release),
            "arch" => Some(Self::Architecture),
            _ => None,
        }
    }
}

impl PatternError {
    /// Returns which part of the text is wrong, if not all of it.
    pub(super) fn part(&self) -> Option<Range<usize>> {
        match self {
            Self::UnknownPlaceholder { part, .. } | Self::LoneBrace { part } => Some(part.clone()),
            Self::Backslash | Self::Url | Self::Home | Self::Directory | Self::Brackets(_) => None,
        }
    }

    /// Returns what to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::UnknownPlaceholder { name, .. } => match near(name, Placeholder::NAMES) {
                Some(better) => format!("did you mean {{{better}}}?"),
                None => "there are {distribution}, {component}, {release} and {arch}".to_owned(),
            },
            Self::LoneBrace { .. } => {
                "braces hold a placeholder: {distribution}, {component}, {release} or {arch}"
                    .to_owned()
            }
            _ => "path = \"dist/*.deb\", relative to the manifest".to_owned(),
        }
    }
}

impl PathPattern {
    /// Parses a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        if text.contains("://") {
            return Err(PatternError::Url);
        } else if text.contains('\\') {
            return Err(PatternError::Backslash);
        } else if text == "~" || text.starts_with("~/") {
            return Err(PatternError::Home);
        } else if text.ends_with('/') {
            return Err(PatternError::Directory);
        }
        let pattern = Self { written: text.to_owned(), pieces: pieces(text)? };
        let sample = pattern.fill(|_| "x");
        build(&sample).map_err(PatternError::Brackets)?;
        Ok(pattern)
    }

    /// Returns the glob for one target.
    ///
    /// `{arch}` becomes `*`: a package says itself what its architecture is. `release` must be
    /// there if [`Self::uses_release`]; a parsed manifest has it for every target.
    pub fn expand(&self, target: &Target, release: Option<&str>) -> PathGlob {
        let codename = target.codename.to_string();
        let component = target.component.to_string();
        PathGlob(self.fill(|placeholder| match placeholder {
            Placeholder::Distribution => &codename,
            Placeholder::Component => &component,
            Placeholder::Release => release.unwrap_or_default(),
            Placeholder::Architecture => "*",
        }))
    }

    /// Returns the longest directory that all matches lie in, with its placeholders as written.
    pub fn base(&self) -> &str {
        base(self.written.trim_start_matches("./"))
    }

    /// Tells whether matches may lie outside the manifest's directory.
    pub fn escapes(&self) -> bool {
        self.written.starts_with('/') || self.written.split('/').any(|segment| segment == "..")
    }

    /// Tells whether the pattern holds `{release}`.
    pub fn uses_release(&self) -> bool {
        self.pieces.contains(&Piece::Placeholder(Placeholder::Release))
    }

    fn fill<'a>(&'a self, value: impl Fn(Placeholder) -> &'a str) -> String {
        let text: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text,
                Piece::Placeholder(placeholder) => value(*placeholder),
            })
            .collect();
        text.trim_start_matches("./").to_owned()
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PathGlob {
    /// Returns the longest directory that all matches lie in; empty for the manifest's own.
    pub fn base(&self) -> PathBuf {
        PathBuf::from(base(&self.0))
    }

    /// Returns the glob as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what matches paths that begin as the glob does.
    pub fn matcher(&self) -> GlobMatcher {
        let glob = build(&self.0).expect("the pattern was built with other safe values before");
        glob.compile_matcher()
    }
}

impl fmt::Display for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyPatterns {
    /// Builds patterns, each of which has been built alone before.
    pub(super) fn new(written: Vec<String>) -> Self {
        let globs = written.iter().filter_map(|glob| build(glob).ok());
        let set = globs.fold(GlobSetBuilder::new(), |mut set, glob| {
            set.add(glob);
            set
        });
        // Together they may be too much for a set; then nothing is matched, which hides nothing.
        Self { set: set.build().unwrap_or_default(), written }
    }

    /// Tells whether one of the patterns means a key.
    pub fn matches(&self, key: &str) -> bool {
        self.set.is_match(key)
    }
}

impl PartialEq for KeyPatterns {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for KeyPatterns {}

/// Returns why a text can't be a pattern for keys, if so.
pub(super) fn key_pattern_fault(text: &str) -> Option<&'static str> {
    if text.starts_with('/') {
        Some("no key begins with a slash")
    } else if text.ends_with('/') {
        Some("no key ends with a slash; `**` behind it means everything below")
    } else if text.contains('\\') {
        Some("keys have `/` between directories")
    } else if text.contains(['{', '}']) {
        Some("braces have no meaning here")
    } else if build(text).is_err() {
        Some("the brackets don't match")
    } else {
        None
    }
}

fn build(glob: &str) -> Result<globset::Glob, globset::Error> {
    GlobBuilder::new(glob).literal_separator(true).backslash_escape(false).build()
}

/// Returns the directories before the first segment that is not literal.
fn base(glob: &str) -> &str {
    let directories = glob.rfind('/').map_or("", |slash| &glob[..slash]);
    match directories.find(['*', '?', '[']) {
        Some(special) => directories[..special].rfind('/').map_or("", |slash| &glob[..slash]),
        None if directories.is_empty() && glob.starts_with('/') => "/",
        None => directories,
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, PatternError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(brace) = text[at..].find(['{', '}']).map(|offset| at + offset) {
        let end = text[brace..].find('}').map(|offset| brace + offset);
        let Some(end) = end.filter(|end| *end > brace) else {
            return Err(PatternError::LoneBrace { part: brace..brace + 1 });
        };
        let name = &text[brace + 1..end];
        let part = brace..end + 1;
        let placeholder = Placeholder::from_name(name)
            .ok_or_else(|| PatternError::UnknownPlaceholder { name: name.to_owned(), part })?;
        pieces.push(Piece::Literal(text[at..brace].to_owned()));
        pieces.push(Piece::Placeholder(placeholder));
        at = end + 1;
    }
    pieces.push(Piece::Literal(text[at..].to_owned()));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target { codename: "bookworm".parse().unwrap(), component: "main".parse().unwrap() }
    }

    #[test]
    fn placeholders_are_filled_in() {
        let pattern =
            PathPattern::parse("./out/{distribution}-{release}/{component}/*_{arch}.deb").unwrap();
        let glob = pattern.expand(&target(), Some("12"));
        assert_eq!(glob.as_str(), "out/bookworm-12/main/*_*.deb");
        assert_eq!(glob.base(), PathBuf::from("out/bookworm-12/main"));
        assert_eq!(pattern.base(), "out/{distribution}-{release}/{component}");
        assert!(pattern.uses_release());
    }

    #[test]
    fn the_base_ends_before_the_first_special_segment() {
        let cases = [
            ("*.deb", ""),
            ("dist/*.deb", "dist"),
            ("dist/a.deb", "dist"),
            ("a/b-*/c/*.deb", "a"),
            ("a/**/x.deb", "a"),
            ("a/b/[xy]/*.deb", "a/b"),
            ("/srv/*.deb", "/srv"),
            ("/*.deb", "/"),
            ("../x/*.deb", "../x"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(PathPattern::parse(pattern).unwrap().base(), expected, "{pattern}");
        }
    }

    #[test]
    fn stars_stay_within_a_segment_and_double_stars_cross() {
        let one = PathPattern::parse("dist/*.deb").unwrap().expand(&target(), None).matcher();
        assert!(one.is_match("dist/a.deb") && !one.is_match("dist/b/a.deb"));
        let deep = PathPattern::parse("dist/**/*.deb").unwrap().expand(&target(), None).matcher();
        assert!(deep.is_match("dist/a.deb") && deep.is_match("dist/b/c/a.deb"));
    }

    #[test]
    fn leaving_the_directory_is_seen() {
        for pattern in ["/srv/*.deb", "../x.deb", "a/../../x.deb"] {
            assert!(PathPattern::parse(pattern).unwrap().escapes(), "{pattern}");
        }
        for pattern in ["a..b/*.deb", "./x.deb", "a/b.deb"] {
            assert!(!PathPattern::parse(pattern).unwrap().escapes(), "{pattern}");
        }
    }
}
