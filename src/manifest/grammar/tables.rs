//! The tables below that of the whole file.

use super::{Key, Shape, Table, fixed, key, later, text};

pub(super) static REPOSITORY: Table = Table {
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

pub(super) static STORE: Table = Table {
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
pub(super) const SIGNED_OR_NOT: &str = "signed:\n\
    [signing]\n\
    keys = [\"release\"]\n\
    [signing.key.release]\n\
    fingerprint = \"9A3F52C1E7B04D6688A1F0C2B7D19E35A1C4D04E\"\n\
    secret      = \"env:REPOMAN_SIGNING_KEY\"\n\
    or unsigned, which clients accept only if they trust it by name:\n\
    [signing]\n\
    keys = []";

pub(super) static SIGNING: Table = Table {
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

pub(super) static SIGNING_KEY: Table = Table {
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

pub(super) static DISTRIBUTION: Table = Table {
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
            "hashes",
            Shape::Choices(&["sha256", "md5", "sha512"]),
            "The checksums that are listed. sha256 always is; md5 and sha512 are for consumers that want them. Default: sha256.",
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

pub(super) static SOURCE: Table = Table {
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

pub(super) static RETAIN: Table = Table {
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

pub(super) static POLICY: Table = Table {
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

pub(super) static COMPONENT: Table = Table {
    doc: "Settings of one component.",
    keys: &[key("retain", Shape::Table(&POLICY), POLICY.doc)
        .required("[distribution.NAME.component.NAME.retain]\nversions = 5")],
};

pub(super) static ENVIRONMENT: Table = Table {
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

pub(super) static ENVIRONMENT_REPOSITORY: Table = Table {
    doc: "How clients see the repository in this environment.",
    keys: &[
        text("public_url", "The URL under which clients see the repository."),
        fixed("name"),
        fixed("origin"),
        fixed("label"),
        fixed("description"),
    ],
};

pub(super) static ENVIRONMENT_SIGNING: Table = Table {
    doc: "Who signs the repository in this environment.",
    keys: &[
        key("keys", Shape::Texts, "The names of the keys that sign, all of them every Release."),
        fixed("key"),
        fixed("overlap"),
    ],
};

pub(in crate::manifest) static EXCEPTION: Table = Table {
    doc: "One exception: versions of a package, and why.",
    keys: &[
        text("reason", "Why.").required("reason = \"why\""),
        text("from", "The only distribution or component that it is about. Default: all."),
    ],
};

pub(super) static LIMITS: Table = Table {
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
