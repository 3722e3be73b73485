//! A listing where there is none: what a web server says of each object that should be there.
//!
//! Nothing is found this way that nothing names. Who signed what is judged by whoever uses it.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};

use crate::apt::path;
use crate::apt::release::Release;
use crate::debian::suite::Codename;
use crate::digest::Sha256;
use crate::published::{CommitPoint, LoadError, MAX_RELEASE, index, read_release};
use crate::store::{Entry, Key, Object, Store, StoreError};

/// The objects that answered, by key, and the commit points among them.
pub type Walked = (BTreeMap<String, Entry>, Vec<(CommitPoint, Object)>);

/// Looks for the commit points of these distributions and for everything that they name below
/// `dists/`, but for package files.
///
/// # Errors
///
/// When a commit point can't be had, for any reason but that there is none.
pub async fn walk(
    store: &Store,
    codenames: impl IntoIterator<Item = Codename>,
) -> Result<Walked, StoreError> {
    let walks = codenames.into_iter().map(|codename| distribution(store, codename));
    let walked: Vec<_> = futures::stream::iter(walks).buffered(store.jobs()).try_collect().await?;
    let (mut objects, mut points) = (BTreeMap::new(), Vec::new());
    for (entries, point, object) in walked.into_iter().flatten() {
        objects.extend(entries);
        points.push((point, object));
    }
    Ok((objects, points))
}

/// Asks for each of these objects, and returns those that are there; the others of which it could
/// not be told are in the second map, each with the reason.
///
/// # Errors
///
/// When a key is none that stores take.
pub async fn look(
    store: &Store,
    keys: BTreeSet<String>,
) -> Result<(BTreeMap<String, Entry>, BTreeMap<String, StoreError>), StoreError> {
    let looks = keys.into_iter().map(|name| async move {
        let found = store.head(&Key::found(&name)?).await;
        Ok::<_, StoreError>((name, found))
    });
    let mut looks = futures::stream::iter(looks).buffer_unordered(store.jobs());
    let (mut objects, mut unknown) = (BTreeMap::new(), BTreeMap::new());
    while let Some((name, found)) = looks.try_next().await? {
        match found {
            Ok(Some(entry)) => drop(objects.insert(name, entry)),
            Ok(None) => {}
            Err(error) => drop(unknown.insert(name, error)),
        }
    }
    Ok((objects, unknown))
}

type Found = (BTreeMap<String, Entry>, CommitPoint, Object);

async fn distribution(store: &Store, codename: Codename) -> Result<Option<Found>, StoreError> {
    let mut found = None;
    for key in [path::in_release(&codename), path::release(&codename)] {
        if let Some(object) = store.get(&Key::parse(&key)?, MAX_RELEASE).await? {
            found = Some((key, object));
            break;
        }
    }
    let Some((key, object)) = found else { return Ok(None) };
    let mut names = BTreeSet::from([path::release(&codename), path::release_signature(&codename)]);
    if let Ok(release) = read_release(&key, &object) {
        names.insert(path::signature(&codename, &Sha256::of(&object.bytes)));
        names.extend(index_files(store, &codename, &release).await?);
    }
    names.remove(&key);
    let (mut objects, unknown) = look(store, names).await?;
    // Of an index it is found out by reading it.
    drop(unknown);
    let entry = Entry {
        key: Key::parse(&key)?,
        size: object.bytes.len() as u64,
        etag: object.etag.clone(),
        last_modified: object.last_modified,
    };
    objects.insert(key.clone(), entry);
    Ok(Some((objects, CommitPoint { codename, key }, object)))
}

/// Returns the keys of the index files that a Release lists, by hash and as copies.
async fn index_files(
    store: &Store,
    codename: &Codename,
    release: &Release,
) -> Result<Vec<String>, StoreError> {
    let state = match index::state(store, codename, release).await {
        Ok(state) => state,
        Err(LoadError::Store(error)) => return Err(error),
        Err(_) => None,
    };
    let forms = state.map(|state| state.compression);
    let is_published = |path: &str| {
        let form = path::split_form(path).map(|(_, form)| form);
        form.is_some_and(|form| forms.as_ref().is_none_or(|forms| forms.contains(&form)))
    };
    let files = release.files.iter().filter(|entry| is_published(&entry.path));
    let keys = files.flat_map(|entry| {
        let copy = path::in_distribution(codename, &entry.path);
        [path::by_hash(codename, &entry.path, &entry.sha256), copy]
    });
    Ok(keys.collect())
}
