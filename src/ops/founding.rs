//! Before anything is written: is the store fit, and whose will it be?

use crate::apt::path;
use crate::commit::run::CommitError;
use crate::commit::script::RELEASE;
use crate::published::descriptor::{self, Descriptor};
use crate::store::{Conditions, Key, Store, StoreError, Writers};

/// Makes sure that a store can hold a repository, and that it is written to as it has to be.
///
/// What was found out about its conditional writes is kept there, and found out again only for
/// another server. Where they don't hold, a store of a single writer is written to without them
/// from now on.
///
/// `scratch` names this run; nothing else uses it.
///
/// # Errors
///
/// When the store ignores the conditions of conditional writes and may have several writers, or
/// when it can't be written to.
pub async fn found(
    store: &Store,
    repository: &str,
    tool: &str,
    scratch: &str,
) -> Result<(), CommitError> {
    let record = descriptor::read(store).await?;
    let known = record.as_ref().and_then(|record| record.descriptor.as_ref()?.trial(store));
    match (known.map(|trial| trial.fault.is_none()), store.writers()) {
        (Some(true), _) => return Ok(()),
        (Some(false), Writers::One) => {
            store.compare_before_writing();
            return Ok(());
        }
        // What failed once may have been mended.
        (Some(false), Writers::Several) | (None, _) => {}
    }
    let found = store.probe(&path::scratch(scratch)).await?;
    match (found, store.writers()) {
        (Conditions::Hold, _) => {}
        (Conditions::Fail { .. }, Writers::One) => store.compare_before_writing(),
        (Conditions::Fail { fault }, Writers::Several) => {
            return Err(CommitError::Unfit { fault });
        }
    }
    let is_newer = record.as_ref().is_some_and(|record| record.descriptor.is_none());
    if is_newer {
        return Ok(());
    }
    let key = Key::parse(path::STORE_DESCRIPTOR).map_err(StoreError::from)?;
    let bytes = Descriptor::new(store, repository, tool, found).to_bytes();
    let base = record.map(|record| record.etag);
    // Where another publication was faster, its descriptor is as good.
    let _ = store.replace(&key, bytes, base.as_ref(), &RELEASE).await?;
    Ok(())
}
