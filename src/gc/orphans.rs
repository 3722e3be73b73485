//! Objects that nothing names: what runs have left behind that died or lost.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::given_up::{GivenUp, used};
use crate::apt::path;
use crate::compression::{self, Blocks, Compression};
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::published::{Headless, Published};
use crate::store::Entry;

/// Returns the objects of a listing that have a name as this tool makes them and that nothing
/// names or has given up, by the distribution that is to give them up.
///
/// The listing must be older than what is known to be published: what was written since may be
/// named already. What lies in no distribution's directory falls to the first one.
///
/// # Errors
///
/// When what a distribution named can't be known.
pub fn orphans(
    published: &Published,
    given_up: &GivenUp,
    listing: &[Entry],
) -> Result<BTreeMap<Codename, Vec<Entry>>, Headless> {
    let codenames: Vec<&Codename> = published.heads.keys().collect();
    let used: HashSet<_> = used(published).collect();
    let free = empty_indices();
    let mut orphans: BTreeMap<Codename, Vec<Entry>> = BTreeMap::new();
    for entry in listing {
        let key = entry.key.as_str();
        if let Some(codename) = path::codename_in_history(key)
            && codenames.iter().all(|known| known.as_str() != codename)
        {
            let (codename, key) = (codename.to_owned(), key.to_owned());
            return Err(Headless { codename, key });
        }
        let is_free = key.rsplit('/').next().is_some_and(|name| free.contains(name));
        let is_known = used.contains(key) || given_up.contains(key);
        let owner = owner(&codenames, key).or(codenames.first().copied());
        if let Some(owner) = owner
            && path::is_made_here(key)
            && !is_known
            && !is_free
        {
            orphans.entry(owner.clone()).or_default().push(entry.clone());
        }
    }
    Ok(orphans)
}

/// Returns the distribution in whose directory a key lies.
fn owner<'a>(codenames: &[&'a Codename], key: &str) -> Option<&'a Codename> {
    let rest = key.strip_prefix(path::DISTS).or_else(|| key.strip_prefix(path::HISTORY))?;
    let holds = |codename: &&&Codename| {
        rest.strip_prefix(codename.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    // One codename may begin with another: `bookworm/updates`.
    codenames.iter().filter(holds).max_by_key(|codename| codename.as_str().len()).copied()
}

/// Returns the names by hash of an index that lists nothing, which must be free to come back.
fn empty_indices() -> BTreeSet<String> {
    let forms = Compression::ALL.into_iter();
    let bytes = forms.filter_map(|form| compression::compress(form, &Blocks::cut(&[]), None).ok());
    bytes.map(|bytes| Sha256::of(&bytes).to_string()).collect()
}
