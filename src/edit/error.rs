//! Why a change can't be made.

/// A change can't be made; the manifest stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML.
    #[error("the manifest can't be read")]
    Syntax(#[from] toml_edit::TomlError),
    /// What should hold a key is no table, which no manifest has.
    #[error("`{0}` is not a table")]
    NotATable(String),
    /// What should change is not there.
    #[error("there is no {} {}{name}", .what.name(), .what.link())]
    Missing {
        /// What it is.
        what: What,
        /// How it was called.
        name: String,
        /// What is there and has nearly that name.
        near: Option<String>,
    },
    /// What should be added is there, and says something else.
    #[error("{} {}{name} is there already", .what.name(), .what.link())]
    Exists {
        /// What it is.
        what: What,
        /// How it is called.
        name: String,
    },
    /// The sources have nothing but the distribution that should go.
    #[error("{codename} is all that there is to {}", sources(.names))]
    Stranded {
        /// The distribution.
        codename: String,
        /// The sources; at least one.
        names: Vec<String>,
    },
    /// The source does not take its packages from a distribution.
    #[error("source {0} does not promote: it has no `distribution`")]
    NotPromoting(String),
    /// The source takes all packages, or those of a list of names: versions have no place in it.
    #[error("`packages` of source {0} names no versions")]
    NoVersions(String),
    /// It is not said which source promotes, and not exactly one does.
    #[error("{}", match .0.as_slice() {
        [] => "no source promotes yet".to_owned(),
        names => format!("{} promote", sources(names)),
    })]
    Route(Vec<String>),
}

/// What a manifest has by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// `[source.NAME]`
    Source,
    /// `[distribution.NAME]`
    Distribution,
    /// `[signing.key.NAME]`
    Key,
    /// A line of `[yank.PACKAGE]`
    Yank,
    /// A line of `[keep.PACKAGE]`
    Keep,
}

impl What {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Distribution => "distribution",
            Self::Key => "signing key",
            Self::Yank => "yank",
            Self::Keep => "keep",
        }
    }

    /// Returns what stands between the word and the name.
    fn link(self) -> &'static str {
        match self {
            Self::Source | Self::Distribution | Self::Key => "",
            Self::Yank | Self::Keep => "of ",
        }
    }
}

/// Returns `source a`, or `sources a and b`.
fn sources(names: &[String]) -> String {
    match names {
        [name] => format!("source {name}"),
        [names @ .., last] => format!("sources {} and {last}", names.join(", ")),
        [] => "no source".to_owned(),
    }
}
