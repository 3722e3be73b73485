//! Which tables and keys a manifest has, as plain tables.
//!
//! Everything that must know all keys reads them here: the check for unknown keys and wrong types,
//! the suggestions, the refusal of what is not supported yet, and the JSON Schema. What a value
//! *means* is not said here; that is where the value is read.

mod tables;

pub(super) use tables::EXCEPTION;
use tables::{
    COMPONENT, DISTRIBUTION, ENVIRONMENT, LIMITS, REPOSITORY, RETAIN, SIGNED_OR_NOT, SIGNING,
    SIGNING_KEY, SOURCE, STORE,
};

/// One TOML table: what it is for and its keys.
pub(super) struct Table {
    /// What it describes, for people who edit a manifest.
    pub(super) doc: &'static str,
    /// Its keys, in the order of the documentation.
    pub(super) keys: &'static [Key],
}

/// One key of a table.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// What to write where it is missing; none for a key that may be left out.
    pub(super) required: Option<&'static str>,
    /// Whether it is one of several keys of its table of which exactly one is there.
    pub(super) is_alternative: bool,
    /// What it does, for people who edit a manifest.
    pub(super) doc: &'static str,
}

/// The type of a value.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// The number of the manifest format.
    Format,
    /// A string.
    Text,
    /// A string that says where a secret is found, and may by mistake be the secret.
    Reference,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number in a range, ends included.
    Count { least: u64, most: u64 },
    /// A duration such as `14d`.
    Duration,
    /// A table in which each key is an exception and each value the reason for it.
    Reasons,
    /// A table of packages, each a table in which each key is a set of versions and each value
    /// the reason for the exception, or a table with the reason and more.
    Exceptions,
    /// `true`, where leaving the key out means the opposite.
    True,
    /// A list of strings.
    Texts,
    /// A list of some of these strings.
    Choices(&'static [&'static str]),
    /// A string, or a list of strings.
    TextOrTexts,
    /// A list of strings, or a table of strings whose names the user chooses.
    Selection,
    /// A table.
    Table(&'static Table),
    /// A table of tables, whose names the user chooses.
    Named(&'static Table),
    /// A table that stands before another one, so that none of its keys is required.
    Part(&'static Table),
    /// What is the same in every environment.
    Fixed,
    /// Grammar of a later version.
    Later,
}

impl Table {
    /// Returns the key of that name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, required: None, is_alternative: false, doc }
}

const fn text(name: &'static str, doc: &'static str) -> Key {
    key(name, Shape::Text, doc)
}

const fn later(name: &'static str, doc: &'static str) -> Key {
    key(name, Shape::Later, doc)
}

const fn fixed(name: &'static str) -> Key {
    key(name, Shape::Fixed, "The same in every environment.")
}

impl Key {
    /// Tells whether a manifest may have the key today.
    pub(super) fn is_supported(&self) -> bool {
        !matches!(self.shape, Shape::Fixed | Shape::Later)
    }

    const fn required(self, example: &'static str) -> Self {
        Self { required: Some(example), ..self }
    }

    const fn alternative(self, example: &'static str) -> Self {
        Self { required: Some(example), is_alternative: true, ..self }
    }
}

/// The number of the only manifest format so far.
pub(super) const FORMAT: u32 = 1;

/// The whole file.
pub(super) static MANIFEST: Table = Table {
    doc: "The desired state of one APT repository, as repoman publishes it.",
    keys: &[
        key("format", Shape::Format, "The format of this file: 1.").required("format = 1"),
        key("repository", Shape::Table(&REPOSITORY), REPOSITORY.doc)
            .required("[repository]\nname = \"acme-apt\""),
        key("store", Shape::Table(&STORE), STORE.doc)
            .required("[store]\nurl = \"s3://acme-apt/debian\""),
        key("signing", Shape::Table(&SIGNING), SIGNING.doc).required(SIGNED_OR_NOT),
        key("distribution", Shape::Named(&DISTRIBUTION), DISTRIBUTION.doc).required(
            "[distribution.bookworm]\ncomponents    = [\"main\"]\narchitectures = [\"amd64\", \"arm64\"]",
        ),
        key("source", Shape::Named(&SOURCE), SOURCE.doc),
        key("retain", Shape::Table(&RETAIN), RETAIN.doc),
        key(
            "yank",
            Shape::Exceptions,
            "Versions that are withdrawn and stay out, by package, and why.",
        ),
        key("keep", Shape::Exceptions, "Versions that stay whatever else, by package, and why."),
        key(
            "removed",
            Shape::Reasons,
            "What is gone for good, and why: \"buster\", \"bookworm/contrib\" or \"bookworm/*/i386\".",
        ),
        key(
            "allow",
            Shape::Reasons,
            "Dangers that are accepted, by the id that the plan shows, and why.",
        ),
        key("limits", Shape::Table(&LIMITS), LIMITS.doc),
        later("notify", "Who hears of an apply."),
        later("cdn", "Caches to invalidate."),
        key("env", Shape::Named(&ENVIRONMENT), ENVIRONMENT.doc),
    ],
};

/// Returns the tables by the header that they have in a file, for hints where a key belongs.
pub(super) fn tables() -> [(&'static str, &'static Table); 9] {
    [
        ("[repository]", &REPOSITORY),
        ("[store]", &STORE),
        ("[signing]", &SIGNING),
        ("[signing.key.NAME]", &SIGNING_KEY),
        ("[distribution.NAME]", &DISTRIBUTION),
        ("[source.NAME]", &SOURCE),
        ("[retain]", &RETAIN),
        ("[distribution.NAME.component.NAME]", &COMPONENT),
        ("[limits]", &LIMITS),
    ]
}
