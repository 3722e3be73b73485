//! Which tables and keys a manifest has, as plain tables.
//!
//! Everything that must know all keys reads them here: the check for unknown keys and wrong types,
//! the suggestions, the refusal of what is not supported yet, and the JSON Schema. What a value
//! *means* is not said here; that is where the value is read.

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

static REPOSITORY: Table = Table {
    doc: "What the repository is called.",
    keys: &[
        text(
            "name",
            "The name of the repository, which dangerous applies ask for and the published \
             state records.",
        )
        .required("name = \"acme-apt\""),
        text("origin", "Origin of every distribution that has none of its own."),
        text("label", "Label of every distribution that has none of its own."),
        text("description", "Description of every distribution that has none of its own."),
        text("public_url", "The URL under which clients see the repository."),
    ],
};

static STORE: Table = Table {
    doc: "Where the repository is stored: one prefix holds one repository.",
    keys: &[
        text("url", "s3://BUCKET/PREFIX, or file:///PATH for a directory.")
            .required("url = \"s3://acme-apt/debian\""),
        text("region", "The region of the bucket. Default: that of the environment or profile."),
        text("endpoint", "The URL of a server that speaks the S3 protocol. Default: AWS."),
        key(
            "path_style",
            Shape::Flag,
            "Whether the bucket is named in the path of requests rather than in the host name, as some servers need. Default: false.",
        ),
        text("role", "The ARN of a role to assume with the ordinary credentials."),
        text("profile", "The profile of the AWS configuration to take credentials from."),
        key(
            "encryption",
            Shape::Choice(&["AES256", "aws:kms"]),
            "The server-side encryption to ask for. Default: that of the bucket.",
        ),
        text(
            "kms_key",
            "The KMS key to encrypt with, if encryption is \"aws:kms\". Default: that of the account.",
        ),
        key(
            "storage_class",
            Shape::Choice(STORAGE_CLASSES),
            "The storage class of package files; index files stay in STANDARD. Default: STANDARD.",
        ),
        key(
            "acl",
            Shape::Choice(ACLS),
            "The canned ACL to send with each object. Default: none, as buckets have ACLs disabled by default.",
        ),
        key(
            "unmanaged",
            Shape::Texts,
            "Patterns for objects below the prefix that are none of repoman's business; `drift` \
             passes over them.",
        ),
        key(
            "single_writer",
            Shape::Flag,
            "Whether you guarantee that only one run at a time writes here. A server without working conditional writes is then accepted; there, writers at the same time lose packages. Default: false.",
        ),
    ],
};

/// The storage classes from which clients can read at once; archives are not among them.
const STORAGE_CLASSES: &[&str] = &[
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "REDUCED_REDUNDANCY",
];

/// The canned ACLs that keep the bucket writable by its owner only.
const ACLS: &[&str] = &[
    "private",
    "public-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

/// The two ways to answer whether a repository is signed.
const SIGNED_OR_NOT: &str = "signed:\n\
    [signing]\n\
    keys = [\"release\"]\n\
    [signing.key.release]\n\
    fingerprint = \"9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E\"\n\
    secret      = \"env:REPOMAN_SIGNING_KEY\"\n\
    or unsigned, which clients accept only if they trust it by name:\n\
    [signing]\n\
    keys = []";

static SIGNING: Table = Table {
    doc: "Who signs the repository.",
    keys: &[
        key(
            "keys",
            Shape::Texts,
            "The names of the keys that sign, all of them every Release. An empty list \
             publishes an unsigned repository.",
        )
        .required(SIGNED_OR_NOT),
        key("key", Shape::Named(&SIGNING_KEY), "The signing keys by name."),
        key(
            "overlap",
            Shape::Duration,
            "How long a successor signs beside a key before that key may leave. Default: `90d`.",
        ),
    ],
};

static SIGNING_KEY: Table = Table {
    doc: "One OpenPGP key that signs.",
    keys: &[
        text("fingerprint", "The full fingerprint of the primary key: 40 hexadecimal digits.")
            .required("fingerprint = \"9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E\""),
        key(
            "secret",
            Shape::Reference,
            "Where the secret key is found: \"env:VARIABLE\", \"file:PATH\" or \"agent:\" \
             (the user's gpg-agent). Never the key itself.",
        )
        .required("secret = \"env:REPOMAN_SIGNING_KEY\""),
        key(
            "passphrase",
            Shape::Reference,
            "Where the passphrase of the secret key is found: \"env:VARIABLE\".",
        ),
    ],
};

static DISTRIBUTION: Table = Table {
    doc: "One distribution; its name is the Codename, which clients write in their Suites.",
    keys: &[
        text("suite", "Suite, such as stable. Default: the codename."),
        text("origin", "Origin. Default: that of the repository."),
        text("label", "Label. Default: that of the repository."),
        text("description", "Description. Default: that of the repository."),
        text("release", "What {release} stands for in the paths of sources, such as 12."),
        text("version", "Version of the distribution, such as 12.4."),
        key("components", Shape::Texts, "The components, such as main.")
            .required("components = [\"main\"]"),
        key(
            "architectures",
            Shape::Texts,
            "The architectures as Debian calls them; all is implied.",
        )
        .required("architectures = [\"amd64\", \"arm64\"]"),
        key(
            "not_automatic",
            Shape::Flag,
            "NotAutomatic: clients install from here only when told to. Default: false.",
        ),
        key(
            "but_automatic_upgrades",
            Shape::Flag,
            "ButAutomaticUpgrades: what was installed from here is upgraded from here. Only together with not_automatic. Default: false.",
        ),
        key(
            "compression",
            Shape::Choices(&["xz", "gz", "zst", "none"]),
            "The forms in which index files are published. Default: xz and gz.",
        ),
        key(
            "valid_for",
            Shape::Duration,
            "How long a Release is valid; applies have to come more often than that. Default: for ever.",
        ),
        key(
            "contents",
            Shape::Flag,
            "Contents indices: which package has which file, for apt-file. Default: false.",
        ),
        key("component", Shape::Named(&COMPONENT), COMPONENT.doc),
        key("retain", Shape::Table(&POLICY), POLICY.doc),
    ],
};

static SOURCE: Table = Table {
    doc: "Where packages come from, and where they go.",
    keys: &[
        text(
            "path",
            "A pattern for local .deb files, relative to this file; it may hold \
             {distribution}, {component}, {release} and {arch}.",
        )
        .alternative("path = \"dist/*.deb\""),
        key("push", Shape::True, "Whether packages are pushed to it, by `repoman publish`.")
            .alternative("push = true"),
        text("distribution", "The component that packages are promoted from, as \"trixie/main\".")
            .alternative("distribution = \"trixie/main\""),
        key(
            "to",
            Shape::TextOrTexts,
            "The targets, as \"bookworm/main\"; * stands for every distribution or component.",
        )
        .required("to = \"bookworm/main\""),
        key(
            "architectures",
            Shape::Texts,
            "Only packages of these architectures (and all) are taken. Default: every one, \
             and one that the target does not declare is an error.",
        ),
        key(
            "packages",
            Shape::Selection,
            "The only packages that are let in: a list of names, where * stands for any \
             characters, or a table from names to versions, as \">= 11, << 12\". Default: every one.",
        ),
        key(
            "mode",
            Shape::Choice(&["accumulate", "mirror"]),
            "accumulate keeps what the source once brought; mirror removes what the source no \
             longer has. Default: accumulate.",
        ),
        key("allow_empty", Shape::Flag, "Whether it is fine that nothing matches. Default: false."),
        key(
            "soak",
            Shape::Duration,
            "How long a version has to have been in the component that it is promoted from. \
             Default: not at all.",
        ),
        key(
            "on_conflict",
            Shape::Choice(&["refuse", "keep"]),
            "What happens to a version that is published with other bytes: refuse fails the plan, \
             keep keeps what is published. Default: refuse.",
        ),
        later("store", "Packages in object storage."),
        later("apt", "Packages of another APT repository."),
        later("files", "Pinned downloads."),
        later("github", "Release assets of a project on GitHub."),
        later("tag", "Which releases on GitHub."),
        later("asset", "Which assets of a release on GitHub."),
    ],
};

static RETAIN: Table = Table {
    doc: "Which versions stay: those that any key here wants. Default: all of them.",
    keys: &[
        VERSIONS,
        NEWER_THAN,
        GRACE,
        key(
            "package",
            Shape::Named(&POLICY),
            "What stays of packages of these names, instead; * stands for any characters.",
        ),
        key(
            "purge_after",
            Shape::Duration,
            "For how long an object stays in the store after the last index that named it is \
             gone, such as 7d; at least 2h. Default: 7d.",
        ),
    ],
};

static POLICY: Table = Table {
    doc: "Which versions stay here, instead of what a wider policy says.",
    keys: &[VERSIONS, NEWER_THAN, GRACE],
};

const VERSIONS: Key = key(
    "versions",
    Shape::Count { least: 1, most: u64::MAX },
    "So many of the newest versions of each package stay, in each component and architecture.",
);
const NEWER_THAN: Key =
    key("newer_than", Shape::Duration, "Versions that were published less than this ago stay.");
const GRACE: Key =
    key("grace", Shape::Duration, "Versions that a newer one came after less than this ago stay.");

static COMPONENT: Table = Table {
    doc: "Settings of one component.",
    keys: &[key("retain", Shape::Table(&POLICY), POLICY.doc)
        .required("[distribution.NAME.component.NAME.retain]\nversions = 5")],
};

static ENVIRONMENT: Table = Table {
    doc: "Where else the same repository lives; one of these has to be chosen with --env.",
    keys: &[
        key("repository", Shape::Table(&ENVIRONMENT_REPOSITORY), ENVIRONMENT_REPOSITORY.doc),
        key("store", Shape::Part(&STORE), "Where the repository is stored in this environment."),
        key("signing", Shape::Table(&ENVIRONMENT_SIGNING), ENVIRONMENT_SIGNING.doc),
        key("limits", Shape::Part(&LIMITS), LIMITS.doc),
        fixed("format"),
        fixed("distribution"),
        fixed("source"),
        fixed("retain"),
        fixed("yank"),
        fixed("keep"),
        fixed("removed"),
        fixed("allow"),
        fixed("notify"),
        fixed("cdn"),
        fixed("env"),
    ],
};

static ENVIRONMENT_REPOSITORY: Table = Table {
    doc: "How clients see the repository in this environment.",
    keys: &[
        text("public_url", "The URL under which clients see the repository."),
        fixed("name"),
        fixed("origin"),
        fixed("label"),
        fixed("description"),
    ],
};

static ENVIRONMENT_SIGNING: Table = Table {
    doc: "Who signs the repository in this environment.",
    keys: &[
        key("keys", Shape::Texts, "The names of the keys that sign, all of them every Release."),
        fixed("key"),
        fixed("overlap"),
    ],
};

pub(super) static EXCEPTION: Table = Table {
    doc: "One exception: versions of a package, and why.",
    keys: &[
        text("reason", "Why.").required("reason = \"why\""),
        text("from", "The only distribution or component that it is about. Default: all."),
    ],
};

static LIMITS: Table = Table {
    doc: "How much one plan may remove from a distribution before it has to be allowed.",
    keys: &[
        key(
            "remove_percent",
            Shape::Count { least: 1, most: 100 },
            "More than this share of its package versions, in percent. Default: 20.",
        ),
        key(
            "remove_at_least",
            Shape::Count { least: 1, most: u64::MAX },
            "And at least this number of its package versions. Default: 10.",
        ),
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
