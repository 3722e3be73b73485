//! The codes of manifest problems: one per kind.
//!
//! A code is for ever: it may fall out of use, but it never gets another meaning. Tests, scripts
//! and search engines know problems by it. Title and explanation stand in `docs/errors.md`, which
//! `repoman explain` prints.

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
/// An environment that does not exist, or none where one is needed.
pub(super) const ENVIRONMENT: &str = "RM1049";
/// What no environment may change.
pub(super) const OVERRIDE: &str = "RM1050";
/// Two keys of which a table may have only one.
pub(super) const ALTERNATIVES: &str = "RM1051";
/// A promotion that leads back to where it comes from.
pub(super) const PROMOTION_CIRCLE: &str = "RM1052";
