//! The codes of manifest problems: one per kind, in one table.
//!
//! A code is for ever: it may fall out of use, but it never gets another meaning. Tests, scripts
//! and search engines know problems by it, and `repoman explain` prints the long text.

/// The text is not TOML.
pub(super) const SYNTAX: &str = "RM1001";
/// A key that this place does not have.
pub(super) const UNKNOWN_KEY: &str = "RM1002";
/// A value of another type than the key takes.
pub(super) const WRONG_TYPE: &str = "RM1003";
/// An architecture that Debian does not have.
pub(super) const ARCHITECTURE: &str = "RM1004";
/// A key or table that must be there.
pub(super) const MISSING: &str = "RM1005";
/// A value outside the fixed set that the key takes.
pub(super) const UNKNOWN_VALUE: &str = "RM1006";
/// A key or table that the file has already.
pub(super) const DUPLICATE_KEY: &str = "RM1007";
/// Grammar of a later version.
pub(super) const NOT_YET: &str = "RM1008";
/// Another manifest format.
pub(super) const FORMAT: &str = "RM1009";
/// A secret in the file.
pub(super) const SECRET: &str = "RM1010";
/// A text that can't be shown or written as one line.
pub(super) const TEXT: &str = "RM1011";
/// A name that breaks the grammar of names.
pub(super) const NAME: &str = "RM1012";
/// A suite, codename or component that can't be part of a path.
pub(super) const SUITE: &str = "RM1013";
/// A store URL that names no store.
pub(super) const STORE_URL: &str = "RM1014";
/// An HTTP URL that is none.
pub(super) const URL: &str = "RM1015";
/// A setting without effect beside the others.
pub(super) const NO_EFFECT: &str = "RM1016";
/// A fingerprint that is not whole.
pub(super) const FINGERPRINT: &str = "RM1017";
/// A secret that is not a reference.
pub(super) const SECRET_SOURCE: &str = "RM1018";
/// A signing key that nothing defines.
pub(super) const KEY_NOT_DEFINED: &str = "RM1019";
/// A signing key that signs nothing.
pub(super) const KEY_UNUSED: &str = "RM1020";
/// One thing named twice.
pub(super) const LISTED_TWICE: &str = "RM1021";
/// A list that needs an element.
pub(super) const EMPTY_LIST: &str = "RM1022";
/// `all` among the architectures.
pub(super) const ALL_IS_IMPLIED: &str = "RM1023";
/// A target that no distribution declares.
pub(super) const TARGET: &str = "RM1024";
/// A path pattern that can't match.
pub(super) const PATTERN: &str = "RM1025";
/// A placeholder that does not exist or does not end.
pub(super) const PLACEHOLDER: &str = "RM1026";
/// `{release}` for a distribution without one.
pub(super) const NO_RELEASE: &str = "RM1027";
/// An architecture that no target declares.
pub(super) const UNDECLARED_ARCHITECTURE: &str = "RM1028";
/// Two distributions that clients know by one name.
pub(super) const SUITE_SHARED: &str = "RM1029";
/// Two distributions that write to one directory.
pub(super) const DIRECTORY_SHARED: &str = "RM1030";
/// A setting that breaks the grammar of its service.
pub(super) const SETTING: &str = "RM1031";
/// A number outside the range that the key takes.
pub(super) const NUMBER: &str = "RM1032";
/// A duration that is none.
pub(super) const DURATION: &str = "RM1033";
/// An exception without its reason.
pub(super) const REASON: &str = "RM1034";
/// A name that a dot has cut in two.
pub(super) const DIVIDED: &str = "RM1035";
/// A Release that is not valid for long.
pub(super) const VALIDITY: &str = "RM1036";
/// What can't be removed.
pub(super) const REMOVED_ADDRESS: &str = "RM1037";
/// What is removed and declared.
pub(super) const STILL_DECLARED: &str = "RM1038";
/// A danger that does not exist.
pub(super) const DANGER: &str = "RM1039";
/// A danger of something that does not exist.
pub(super) const DANGER_ADDRESS: &str = "RM1040";
/// A danger that no line in `[allow]` is for.
pub(super) const NOT_ALLOWABLE: &str = "RM1041";
/// A package name that none can match.
pub(super) const PACKAGE: &str = "RM1042";
/// A set of versions that is none.
pub(super) const VERSIONS: &str = "RM1043";
/// A distribution or component that nothing declares.
pub(super) const AREA: &str = "RM1044";
/// A version that is withdrawn and stays.
pub(super) const YANKED_AND_KEPT: &str = "RM1045";
/// A retention policy without a key.
pub(super) const EMPTY_POLICY: &str = "RM1046";
/// Two retention policies for one package.
pub(super) const POLICY_TIE: &str = "RM1047";
/// A component that its distribution does not have.
pub(super) const COMPONENT: &str = "RM1048";

/// Every code with its title and its explanation, in order.
pub const CODES: &[(&str, &str, &str)] = &[
    (
        SYNTAX,
        "not valid TOML",
        "The manifest is a TOML file, and TOML could not be read here. Strings need quotes, lists \
         need brackets and commas, and a name in a table header that holds a dot or a slash needs \
         quotes of its own: [distribution.\"bookworm/updates\"].",
    ),
    (
        UNKNOWN_KEY,
        "unknown key",
        "A key that repoman does not know is refused rather than ignored: a silent typo in a rule \
         about what to keep costs packages. The help names the nearest key, or the keys that this \
         table has.",
    ),
    (
        WRONG_TYPE,
        "wrong type of value",
        "Each key takes one type of value: a string in quotes, a list of strings in brackets, true \
         or false, a number, or a table. Values are never converted, because release = 12.10 would \
         silently become 12.1.",
    ),
    (
        ARCHITECTURE,
        "not a Debian architecture",
        "Debian has its own names for architectures: amd64 (not x86_64), arm64 (not aarch64), \
         armhf, i386, ppc64el, riscv64, s390x. apt asks for index files by these names, so a \
         repository under another name is one that no client finds. `dpkg-architecture -L` lists \
         them all.",
    ),
    (
        MISSING,
        "missing key",
        "This key or table has no default, since every default would be wrong for somebody. The \
         help shows what to write. Whether a repository is signed is one of these: repoman never \
         publishes an unsigned repository by omission.",
    ),
    (
        UNKNOWN_VALUE,
        "unknown value",
        "The key takes one of a fixed set of values, and this is none of them. The help lists the \
         set.",
    ),
    (
        DUPLICATE_KEY,
        "duplicate key",
        "TOML allows each key and each table once. Two blocks for one distribution or source are \
         one block too many; merge them.",
    ),
    (
        NOT_YET,
        "not supported yet",
        "The grammar of the manifest knows this, but this version of repoman can't do it. It is \
         refused rather than ignored: a manifest never promises what an apply would not do. Remove \
         the line, or use a newer version.",
    ),
    (
        FORMAT,
        "unknown manifest format",
        "`format` says which grammar the file is written in. A number that this version does not \
         know is refused and nothing else in the file is judged, since its meaning could only be \
         guessed.",
    ),
    (
        SECRET,
        "secret in the manifest",
        "The manifest lives in version control and is read by many; a private key, an access key \
         or a password does not belong there. Once committed it must count as leaked: revoke it, \
         then name where the new one is found, such as secret = \"env:REPOMAN_SIGNING_KEY\". \
         Credentials of the store come from the ordinary AWS credential chain.",
    ),
    (
        TEXT,
        "text that does not fit on one line",
        "Values end up in Release files, keys and terminals. So none is empty, begins or ends with \
         a blank, or holds a line break, another control character or a mark that changes the \
         direction of writing.",
    ),
    (
        NAME,
        "name breaks the grammar",
        "Names of repositories, sources and signing keys begin with a lower-case letter or a digit, \
         and go on with lower-case letters, digits, `-`, `_` and `.`.",
    ),
    (
        SUITE,
        "unsafe codename, suite or component",
        "Codenames, suites and components become parts of URLs below dists/. Each segment between \
         slashes holds letters, digits, `-`, `_` and `.`, and can't be empty, `.` or `..`.",
    ),
    (
        STORE_URL,
        "not a store URL",
        "`url` says where the repository lives: s3://BUCKET/PREFIX for S3 and servers that speak \
         its protocol (with `endpoint`), or file://PATH for a directory, absolute or relative to \
         the manifest. One prefix holds one repository.",
    ),
    (
        URL,
        "not an HTTP URL",
        "`endpoint` and `public_url` are whole URLs such as https://apt.example.com, without a \
         query, a fragment or credentials.",
    ),
    (
        NO_EFFECT,
        "setting has no effect here",
        "The setting is right by itself but does nothing beside the others: a KMS key without KMS \
         encryption, settings of S3 for a directory, ButAutomaticUpgrades without NotAutomatic \
         (apt honours it only together), a passphrase for an agent that asks for it itself. A line \
         that does nothing misleads whoever reads the file next.",
    ),
    (
        FINGERPRINT,
        "not a full fingerprint",
        "A signing key is named by its whole fingerprint: 40 hexadecimal digits (64 for version 5 \
         and 6 keys), blanks and case don't matter. Short key ids can be forged in seconds. \
         `gpg --list-secret-keys --with-fingerprint` prints it.",
    ),
    (
        SECRET_SOURCE,
        "not a reference to a secret",
        "`secret` and `passphrase` say where a secret is found, never what it is: \
         \"env:VARIABLE\" reads an environment variable; a `secret` can also be \"file:PATH\" or \
         \"agent:\", the user's gpg-agent. What stands there now is masked in the output in case it \
         is the secret itself.",
    ),
    (
        KEY_NOT_DEFINED,
        "signing key is not defined",
        "Each name in `keys` of [signing] needs its table [signing.key.NAME], with the fingerprint \
         and where the secret key is found.",
    ),
    (
        KEY_UNUSED,
        "signing key signs nothing",
        "The key is defined but `keys` of [signing] does not name it, so no Release carries its \
         signature. Add it to `keys`, or delete its table.",
    ),
    (
        LISTED_TWICE,
        "listed twice",
        "The same thing stands twice. It would have no effect, so one of the two is most likely \
         meant to be something else.",
    ),
    (
        EMPTY_LIST,
        "empty list",
        "The list needs at least one element: a distribution without components or architectures \
         can hold no package, and an index needs at least one form that apt can read.",
    ),
    (
        ALL_IS_IMPLIED,
        "`all` is implied",
        "Packages of the architecture `all` are listed in the index of every architecture, as apt \
         expects; it is not an architecture of its own here.",
    ),
    (
        TARGET,
        "unknown target",
        "`to` says which distribution and component the packages of a source go to, as \
         \"bookworm/main\" or a list of these; `*` stands for every distribution or every \
         component. Both must be declared in a [distribution.NAME] table.",
    ),
    (
        PATTERN,
        "not a path pattern",
        "`path` is a pattern for local files, relative to the manifest, with `/` between \
         directories. `*` and `?` match within one directory name, `**` any number of directories, \
         and `[…]` one of several characters.",
    ),
    (
        PLACEHOLDER,
        "unknown placeholder",
        "A path may hold {distribution}, {component}, {release} and {arch}. Nothing else stands in \
         braces: the manifest has no variables.",
    ),
    (
        NO_RELEASE,
        "no release to put in the path",
        "The path of the source holds {release}, but a distribution that it goes to has no \
         `release`. It is a free string, such as release = \"12\".",
    ),
    (
        UNDECLARED_ARCHITECTURE,
        "architecture is not declared",
        "The source is narrowed to an architecture that none of its targets declares, so nothing \
         of it could ever be published.",
    ),
    (
        SUITE_SHARED,
        "suite is shared",
        "Two distributions carry the same suite, or one carries the other's codename. Clients may \
         name either in their sources and pin by either, and would not get what they expect.",
    ),
    (
        DIRECTORY_SHARED,
        "distributions share a directory",
        "The files of a distribution lie below dists/CODENAME/COMPONENT. The codename and \
         components of these two lead to one directory, where each would overwrite the other's \
         indices.",
    ),
    (
        SETTING,
        "malformed setting",
        "The value breaks the grammar that its service has for it; it would fail only once an \
         apply is under way.",
    ),
    (
        NUMBER,
        "number out of range",
        "The number is smaller or greater than anything that makes sense here; the message has the \
         range.",
    ),
    (
        DURATION,
        "not a duration",
        "A duration is a whole number and its unit in quotes: \"90m\", \"12h\", \"14d\", \"2w\" \
         (seconds are `s`). Numbers without a unit are refused, since nobody would know what they \
         meant, and so is a duration of no length, which would have no effect.",
    ),
    (
        REASON,
        "reason is missing",
        "Every exception says why it stands: what = \"why\". Whoever reads the file later has \
         nothing else to tell by whether the line is still needed.",
    ),
    (
        DIVIDED,
        "dot without quotes",
        "In TOML a dot outside quotes divides keys: python3.11 = \"…\" puts 11 below python3, and \
         1.4.1 = \"…\" puts 1 below 4 below 1. Names and versions with a dot stand in quotes.",
    ),
    (
        VALIDITY,
        "Release is not valid for long",
        "`valid_for` becomes Valid-Until of the Release. Once it is past, every client refuses the \
         distribution until an apply has published it anew; so it has to be much longer than the \
         time between two applies, and than any weekend on which nobody looks.",
    ),
    (
        REMOVED_ADDRESS,
        "address can't be removed",
        "[removed] names what is gone for good: a distribution (\"buster\"), a component of one \
         (\"bookworm/contrib\") or one of its architectures (\"bookworm/*/i386\"). Packages and \
         versions leave by retention or by [yank.PACKAGE].",
    ),
    (
        STILL_DECLARED,
        "removed and still declared",
        "The manifest declares a distribution, component or architecture and says that it is gone. \
         One of the two has to go.",
    ),
    (
        DANGER,
        "unknown danger",
        "[allow] accepts a danger by its id, CODE:ADDRESS, as the plan that it blocks shows it: \
         \"release-field:bookworm.label\". There is no danger of this code.",
    ),
    (
        DANGER_ADDRESS,
        "danger of nothing",
        "The id of a danger goes on with what is in danger: a distribution, something in it, a \
         field of its Release, or a source. The manifest has none of this name.",
    ),
    (
        NOT_ALLOWABLE,
        "danger can't be allowed",
        "Some dangers are not for [allow]. What is gone for good is said in [removed]. A store that \
         something else publishes to is taken over by `repoman adopt`, and nothing makes a store \
         of another repository the right one.",
    ),
    (
        PACKAGE,
        "not a package name",
        "Package names have lower-case letters, digits, `+`, `-` and `.`, and begin with a letter \
         or a digit (Debian Policy 5.6.7). `*` stands for any characters; a name is always meant \
         whole, so that acme-* is not in libacme-dev.",
    ),
    (
        VERSIONS,
        "not a set of versions",
        "Versions are selected in the words of Depends: `<<`, `<=`, `=`, `>=` and `>>`, compared as \
         dpkg does. A comma means that both parts hold, a version alone means just that one, and \
         `*` stands for any characters, as in 1.0.*. What no version can be is refused, since it \
         would let nothing in.",
    ),
    (
        AREA,
        "unknown distribution or component",
        "The address, DISTRIBUTION or DISTRIBUTION/COMPONENT, is of nothing that the manifest \
         declares, so the line would have no effect.",
    ),
    (
        YANKED_AND_KEPT,
        "yanked and kept",
        "One line withdraws a version, another one keeps it whatever else happens, in the same \
         place. Nobody can tell which was meant.",
    ),
    (
        EMPTY_POLICY,
        "policy says nothing",
        "A retention policy says what stays: the newest `versions`, what is `newer_than`, what is in \
         its `grace`. One without any of them would let all but the newest version go, or nothing; \
         so it is refused. Without a policy everything stays.",
    ),
    (
        POLICY_TIE,
        "two policies for one package",
        "Of several [retain.package] tables that mean a package, the one with the narrowest name \
         counts: a plain name before a pattern, then the pattern with the most characters beside \
         its `*`. These two are as narrow as each other, and a package can have a name that is \
         both.",
    ),
    (
        COMPONENT,
        "unknown component",
        "The distribution does not declare the component in its `components`, so settings for it \
         would have no effect.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_consecutive_and_titles_distinct() {
        for (index, (code, title, text)) in CODES.iter().enumerate() {
            assert_eq!(*code, format!("RM{}", 1001 + index));
            assert!(!title.ends_with('.') && text.ends_with('.'), "{code}");
            assert_eq!(CODES.iter().filter(|(_, other, _)| other == title).count(), 1, "{code}");
        }
    }
}
