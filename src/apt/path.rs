//! Where things lie: every object key of a repository is made here.
//!
//! Keys are relative to the repository's root. They hold only ASCII letters, digits, `.`, `_`,
//! `-` and `/`: `+` in an unsigned GET means a space on S3, and debootstrap sends it raw, so it
//! can't be part of a name that every client is to find.

use crate::compression::Compression;
use crate::debian::architecture::Architecture;
use crate::debian::name::PackageName;
use crate::debian::suite::{Codename, Component};
use crate::debian::version::Version;
use crate::digest::Sha256;

/// The prefix below which all that clients read first lies.
pub const DISTS: &str = "dists/";
/// The prefix below which the records of generations lie.
pub const HISTORY: &str = ".repoman/history/";
/// What the store is: format version, repository name.
pub const STORE_DESCRIPTOR: &str = ".repoman/store.json";
/// The state file's path in Release, uncompressed; only its compressed form is uploaded.
pub const STATE: &str = "repoman/state.json";
/// The path of the state as it is published.
pub const STATE_FILE: &str = "repoman/state.json.gz";
/// What the names of `Contents` files begin with.
const CONTENTS: &str = "Contents-";

/// Returns the key of a file of a distribution, given its path as Release lists it.
pub fn in_distribution(codename: &Codename, path: &str) -> String {
    format!("{DISTS}{codename}/{path}")
}

/// Returns the clear-signed Release file of a distribution.
pub fn in_release(codename: &Codename) -> String {
    in_distribution(codename, "InRelease")
}

/// Returns the plain Release file of a distribution.
pub fn release(codename: &Codename) -> String {
    in_distribution(codename, "Release")
}

/// Returns the detached signature of the plain Release file.
pub fn release_signature(codename: &Codename) -> String {
    in_distribution(codename, "Release.gpg")
}

/// Returns the key of a generation's detached signature, which only its InRelease's digest names.
///
/// `Release.gpg` is a copy of it.
pub fn signature(codename: &Codename, in_release: &Sha256) -> String {
    in_distribution(codename, &format!("repoman/signatures/{in_release}.gpg"))
}

/// Returns a `Packages` file's path as Release lists it: `main/binary-amd64/Packages`.
pub fn packages(component: &Component, architecture: &Architecture) -> String {
    format!("{component}/binary-{architecture}/Packages")
}

/// Returns a `Contents` file's path as Release lists it: `main/Contents-amd64`.
pub fn contents(component: &Component, architecture: &Architecture) -> String {
    format!("{component}/{CONTENTS}{architecture}")
}

/// Returns the path of the index that a file is a form of, and which form; nothing for what is no
/// `Packages` or `Contents` file.
pub fn split_form(path: &str) -> Option<(&str, Compression)> {
    let (_, file) = path.rsplit_once('/')?;
    let (stem, extension) = file.split_at(file.find('.').unwrap_or(file.len()));
    let is_index = stem == "Packages" || is_contents(stem);
    let form = Compression::from_extension(extension).filter(|_| is_index)?;
    Some((path.strip_suffix(extension)?, form))
}

/// Tells whether a path, without the extension of a form, is that of a `Contents` file.
pub fn is_contents(path: &str) -> bool {
    let file = path.rsplit_once('/').map_or(path, |(_, file)| file);
    let architecture = file.strip_prefix(CONTENTS);
    architecture.is_some_and(|architecture| architecture.parse::<Architecture>().is_ok())
}

/// Returns the content-addressed key of a file that Release lists under `path`.
///
/// Source: repository format, "Acquire-By-Hash".
pub fn by_hash(codename: &Codename, path: &str, digest: &Sha256) -> String {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    in_distribution(codename, &format!("{directory}/by-hash/SHA256/{digest}"))
}

/// Returns the key of an earlier generation's InRelease.
pub fn history(codename: &Codename, generation: u64, digest: &Sha256) -> String {
    format!("{HISTORY}{codename}/{generation}-{digest}.InRelease")
}

/// Returns the number of the generation whose InRelease a key of the history of `codename` holds.
pub fn generation_in_history(codename: &Codename, key: &str) -> Option<u64> {
    let rest = key.strip_prefix(HISTORY)?.strip_prefix(codename.as_str())?;
    rest.strip_prefix('/')?.strip_suffix(".InRelease")?.split_once('-')?.0.parse().ok()
}

/// Returns the codename of the distribution that a key of any history is of.
pub fn codename_in_history(key: &str) -> Option<&str> {
    let (codename, record) = key.strip_prefix(HISTORY)?.rsplit_once('/')?;
    record.ends_with(".InRelease").then_some(codename)
}

/// Returns the codename of the distribution that a key of any state file is of.
pub fn codename_of_state(key: &str) -> Option<&str> {
    let (directory, _) = key.strip_prefix(DISTS)?.split_once("/by-hash/SHA256/")?;
    directory.strip_suffix("/repoman")
}

/// Returns a prefix for objects that one run makes and removes again.
pub fn scratch(run: &str) -> String {
    format!(".repoman/probe/{run}")
}

/// Returns the key of the public keys that clients download.
pub fn keyring(repository: &str) -> String {
    format!("{repository}.asc")
}

/// Returns the key of a manifest that was applied.
pub fn manifest(digest: &Sha256) -> String {
    format!(".repoman/manifests/{digest}.toml")
}

/// Tells whether a key is of a form that this module makes for the repository `name`.
///
/// The object need not be in use: earlier generations and runs that died leave theirs behind.
pub fn is_known(key: &str, name: &str) -> bool {
    let Some((directory, rest)) = key.split_once('/') else {
        let ours = key.strip_prefix(name);
        return ours.is_some_and(|rest| {
            matches!(rest, ".asc" | ".sources")
                || (rest.starts_with('-') && rest.ends_with(".sources"))
        });
    };
    match directory {
        "dists" => is_known_in_dists(rest),
        "pool" => match rest.split('/').collect::<Vec<_>>()[..] {
            [_, _, digest, file] => is_hex(digest, 16) && file.ends_with(".deb"),
            _ => false,
        },
        ".repoman" => {
            matches!(rest, "store.json" | "lock")
                || rest.starts_with("probe/")
                || (rest.starts_with("history/") && rest.ends_with(".InRelease"))
                || (rest.starts_with("manifests/") && rest.ends_with(".toml"))
        }
        _ => false,
    }
}

/// Tells whether a key is of a form that this module makes for what generations need and others
/// don't: package files, index files, records. What is used by name only never is.
pub fn is_made_here(key: &str) -> bool {
    match key.split_once('/') {
        Some(("dists", rest)) => {
            let file = rest.rsplit('/').next().unwrap_or_default();
            is_known_in_dists(rest) && !matches!(file, "InRelease" | "Release" | "Release.gpg")
        }
        Some(("pool", _)) => is_known(key, ""),
        Some((".repoman", rest)) => {
            is_known(key, "") && (rest.starts_with("probe/") || rest.starts_with("history/"))
        }
        _ => false,
    }
}

/// Tells whether a key that an index or a state once named may be deleted.
///
/// A repository that was taken over has package files of other forms; nothing else has.
pub fn is_disposable(key: &str) -> bool {
    is_made_here(key) || key.ends_with(".deb")
}

/// Tells whether a key in a distribution is of those that are replaced, and not named by content.
pub fn is_canonical(key: &str) -> bool {
    let is_named_by_content = key.contains("/by-hash/") || key.contains("/repoman/");
    key.starts_with(DISTS) && !is_named_by_content
}

fn is_known_in_dists(rest: &str) -> bool {
    let Some((directory, file)) = rest.rsplit_once('/') else { return false };
    if directory.ends_with("/by-hash/SHA256") {
        return is_hex(file, 64);
    }
    if directory.ends_with("/repoman/signatures") {
        return file.strip_suffix(".gpg").is_some_and(|digest| is_hex(digest, 64));
    }
    let index = split_form(rest).map(|(index, _)| index);
    matches!(file, "InRelease" | "Release" | "Release.gpg")
        || index.is_some_and(|index| is_contents(index) || directory.contains("/binary-"))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What names a package file in the pool.
#[derive(Debug, Clone, Copy)]
pub struct PoolFile<'a> {
    /// The source package that the file was built from.
    pub source: &'a PackageName,
    /// The binary package.
    pub package: &'a PackageName,
    /// Its version; the epoch does not get into the key.
    pub version: &'a Version,
    /// Its architecture.
    pub architecture: &'a Architecture,
    /// The digest of the file.
    pub digest: &'a Sha256,
}

impl PoolFile<'_> {
    /// Returns the key; other bytes always have another one.
    pub fn key(&self) -> String {
        self.in_directory(&self.digest.short())
    }

    /// Returns the first key that is not spent: what has been deleted, or may be soon, comes back
    /// under another name of the same form.
    pub fn living_key(&self, is_spent: impl Fn(&str) -> bool) -> String {
        let later = (1_u64..).map(|life| {
            let name = Sha256::of(format!("{} {life}", self.digest).as_bytes());
            self.in_directory(&name.short())
        });
        let mut keys = std::iter::once(self.key()).chain(later);
        keys.find(|key| !is_spent(key)).expect("whatever is spent has an end")
    }

    fn in_directory(&self, directory: &str) -> String {
        format!(
            "pool/{}/{}/{}/{}",
            plain(self.source.pool_prefix()),
            plain(self.source.as_str()),
            directory,
            package_file(self.package, self.version, self.architecture)
        )
    }
}

/// Returns the name that a package file has within its directory.
pub fn package_file(
    package: &PackageName,
    version: &Version,
    architecture: &Architecture,
) -> String {
    plain(&format!("{package}_{}_{architecture}.deb", version.without_epoch()))
}

/// Returns `text` with every character that keys don't hold replaced by `-`.
///
/// Two names may become one; the digest in the directory keeps their keys apart.
fn plain(text: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.chars().map(|c| if keep(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pool_keys_hold_no_plus_tilde_or_epoch() {
        let file = PoolFile {
            source: &"gcc-12".parse().unwrap(),
            package: &"libstdc++6".parse().unwrap(),
            version: &"1:12.2.0-14+deb12u1~1".parse().unwrap(),
            architecture: &"amd64".parse().unwrap(),
            digest: &Sha256::of(b""),
        };
        let expected = "pool/g/gcc-12/e3b0c44298fc1c14/libstdc--6_12.2.0-14-deb12u1-1_amd64.deb";
        assert_eq!(file.key(), expected);
    }

    #[test]
    fn a_spent_key_is_never_used_again_and_the_next_one_always_is_the_same() {
        let file = PoolFile {
            source: &"widget".parse().unwrap(),
            package: &"widget".parse().unwrap(),
            version: &"1.0".parse().unwrap(),
            architecture: &"amd64".parse().unwrap(),
            digest: &Sha256::of(b""),
        };
        let mut lives: Vec<String> = Vec::new();
        for _ in 0..4 {
            lives.push(file.living_key(|key| lives.iter().any(|spent| spent == key)));
        }
        assert_eq!(lives[0], file.key());
        let directories: std::collections::BTreeSet<_> = lives.iter().collect();
        assert_eq!(directories.len(), 4);
        assert!(lives.iter().all(|key| is_known(key, "acme")));
        assert_eq!(file.living_key(|key| key == lives[0]), lives[1]);
    }

    #[test]
    fn by_hash_lies_beside_the_canonical_name() {
        let codename = "bookworm".parse().unwrap();
        let digest = Sha256::of(b"");
        assert_eq!(
            by_hash(&codename, "main/binary-amd64/Packages.xz", &digest),
            format!("dists/bookworm/main/binary-amd64/by-hash/SHA256/{digest}")
        );
    }

    #[test]
    fn every_key_that_is_made_is_known_and_others_are_not() {
        let codename: Codename = "bookworm/updates".parse().unwrap();
        let digest = Sha256::of(b"");
        let history = history(&codename, 41, &digest);
        assert_eq!(generation_in_history(&codename, &history), Some(41));
        assert_eq!(codename_in_history(&history), Some("bookworm/updates"));
        assert_eq!(
            codename_of_state(&by_hash(&codename, STATE, &digest)),
            Some("bookworm/updates")
        );
        assert_eq!(generation_in_history(&"bookworm".parse().unwrap(), &history), None);
        let ours = [
            in_release(&codename),
            release(&codename),
            release_signature(&codename),
            signature(&codename, &digest),
            by_hash(&codename, "main/binary-amd64/Packages.xz", &digest),
            by_hash(&codename, STATE, &digest),
            in_distribution(&codename, "main/binary-amd64/Packages.zst"),
            history,
            manifest(&digest),
            keyring("acme"),
            scratch("a/b"),
            STORE_DESCRIPTOR.to_owned(),
            "acme.sources".to_owned(),
            "acme-bookworm.sources".to_owned(),
            "pool/w/widget/e3b0c44298fc1c14/widget_1.0_amd64.deb".to_owned(),
        ];
        for key in ours {
            assert!(is_known(&key, "acme"), "{key}");
            let stays = ["InRelease", "Release", ".gpg", ".toml", ".json", ".asc", ".sources"];
            let is_record = key.contains("/history/") || key.contains("/signatures/");
            let stays = !is_record && stays.iter().any(|end| key.ends_with(end));
            assert_eq!(is_disposable(&key), !stays, "{key}");
        }
        for key in [
            "index.html",
            "pool/main/w/widget/widget_1.0_amd64.deb",
            "dists/bookworm/Contents-amd64.old",
            "dists/bookworm/main/Contents-.gz",
            "dists/bookworm/main/by-hash/SHA256/short",
            ".repoman/notes",
            "other.asc",
        ] {
            assert!(!is_known(key, "acme"), "{key}");
            assert!(!is_made_here(key), "{key}");
        }
    }
}
