//! Reads the index files of a distribution, in all of their forms, and the packages in them.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Content, DistributionFacts, DriftError, FileFacts};
use crate::apt::packages::{self, FileFields};
use crate::apt::path;
use crate::apt::release::{IndexEntry, Release};
use crate::blocking;
use crate::compression::{self, Compression};
use crate::debian::suite::Codename;
use crate::published::{self, LoadError, damage};
use crate::snapshot::state::State;
use crate::store::{Store, StoreError};
use crate::text::SharedText;

/// Reads what a Release lists.
pub(super) struct Reader<'a> {
    pub(super) store: &'a Store,
    pub(super) codename: &'a Codename,
    pub(super) release: &'a Release,
}

/// An index in all of its forms, and its text if one of them has it.
struct Index {
    files: Vec<FileFacts>,
    text: Option<Bytes>,
}

impl Reader<'_> {
    /// Adds the state, the index files and the packages in them to the facts.
    pub(super) async fn fill(&self, facts: &mut DistributionFacts) -> Result<(), DriftError> {
        if self.release.file(path::STATE).is_none() {
            // Another tool's: nothing is known of what it keeps under hashes.
            return Ok(());
        }
        let mut state = self.index(path::STATE, None, &[Compression::Gzip]).await?;
        match state.text.map(|text| State::parse(&text)) {
            Some(Ok(read)) => facts.state = Some(read),
            Some(Err(error)) => state.files[0].content = Content::Unreadable(error.to_string()),
            None => {}
        }
        facts.files = state.files;
        let forms = facts.state.as_ref().map(|state| state.compression.iter().copied().collect());
        // Without a state the uncompressed form, which is always listed, may be there or not.
        let forms: Vec<_> = forms.unwrap_or_else(|| {
            Compression::ALL.into_iter().filter(|form| *form != Compression::None).collect()
        });
        let indices = self.release.components.iter().flat_map(|component| {
            let architectures = self.release.architectures.iter();
            architectures.map(move |architecture| (component, architecture))
        });
        let reads: Vec<_> = indices
            .map(|(component, architecture)| {
                let path = path::packages(component, architecture);
                self.packages(path, format!("{component}/{architecture}"), &forms)
            })
            .collect();
        let read: Vec<(String, Index, Vec<FileFields>)> =
            futures::stream::iter(reads).buffered(self.store.jobs()).try_collect().await?;
        for (name, index, packages) in read {
            facts.files.extend(index.files);
            facts.packages.insert(name, packages);
        }
        self.add_contents(facts, &forms).await
    }

    /// Adds the `Contents` files that Release lists.
    async fn add_contents(
        &self,
        facts: &mut DistributionFacts,
        forms: &[Compression],
    ) -> Result<(), DriftError> {
        let listed = self.release.files.iter().filter(|entry| path::is_contents(&entry.path));
        let reads: Vec<_> =
            listed.map(|entry| self.index(&entry.path, Some(&entry.path), forms)).collect();
        let read: Vec<Index> =
            futures::stream::iter(reads).buffered(self.store.jobs()).try_collect().await?;
        facts.files.extend(read.into_iter().flat_map(|index| index.files));
        Ok(())
    }

    async fn packages(
        &self,
        path: String,
        name: String,
        forms: &[Compression],
    ) -> Result<(String, Index, Vec<FileFields>), DriftError> {
        let mut index = self.index(&path, Some(&name), forms).await?;
        let Some(text) = index.text.take() else { return Ok((name, index, Vec::new())) };
        let files = match blocking::cpu(move || parse(text)).await {
            Ok(files) => files,
            Err(reason) => {
                for file in &mut index.files {
                    file.content = Content::Unreadable(reason.clone());
                }
                Vec::new()
            }
        };
        Ok((name, index, files))
    }

    /// Reads an index in all the forms that Release lists of it.
    async fn index(
        &self,
        path: &str,
        name: Option<&str>,
        forms: &[Compression],
    ) -> Result<Index, StoreError> {
        let mut index = Index { files: Vec::new(), text: None };
        for form in forms {
            let listed = format!("{path}{}", form.extension());
            let Some(entry) = self.release.file(&listed) else { continue };
            let known = index.text.as_ref();
            let (content, mut text) = self.file(path, (*form, entry), known).await?;
            let key = path::by_hash(self.codename, &entry.path, &entry.sha256);
            let mut has_copy = false;
            if matches!(content, Content::Missing | Content::Altered) {
                let copy = damage::copy(self.store, self.codename, entry).await?;
                let found = match copy {
                    Some(bytes) => self.unpack(path, *form, bytes, known).await,
                    None => None,
                };
                has_copy = found.is_some();
                text = found;
            }
            let name = name.map(str::to_owned);
            index.files.push(FileFacts { key, index: name, content, has_copy });
            index.text = index.text.or(text);
        }
        if index.files.is_empty() {
            let key = path::in_distribution(self.codename, path);
            let content = Content::Unreadable("Release lists no form of it".to_owned());
            let name = name.map(str::to_owned);
            index.files.push(FileFacts { key, index: name, content, has_copy: false });
        }
        Ok(index)
    }

    /// Reads one form of an index, and returns the uncompressed text if it is what Release lists;
    /// `known` is that text, if another form had it.
    async fn file(
        &self,
        path: &str,
        (form, entry): (Compression, &IndexEntry),
        known: Option<&Bytes>,
    ) -> Result<(Content, Option<Bytes>), StoreError> {
        let bytes = match published::index_file(self.store, self.codename, entry).await {
            Ok(bytes) => bytes,
            Err(LoadError::Missing { .. }) => return Ok((Content::Missing, None)),
            Err(LoadError::Store(error)) if !matches!(error, StoreError::TooLarge { .. }) => {
                return Err(error);
            }
            Err(_) => return Ok((Content::Altered, None)),
        };
        if self.release.file(path).is_none() {
            return Ok((Content::Unreadable("Release lists no uncompressed form".into()), None));
        }
        match self.unpack(path, form, bytes, known).await {
            Some(text) => Ok((Content::Intact, Some(text))),
            None => Ok((Content::Unreadable("not the index that Release lists".into()), None)),
        }
    }

    /// Returns the text of an index; nothing if it is not what Release lists, or not `known`.
    async fn unpack(
        &self,
        path: &str,
        form: Compression,
        file: Bytes,
        known: Option<&Bytes>,
    ) -> Option<Bytes> {
        let plain = self.release.file(path)?.clone();
        let known = known.cloned();
        blocking::cpu(move || match known {
            Some(text) => compression::holds(form, &file, &text).then_some(text),
            None => published::unpack(form, &file, &plain).map(Bytes::from),
        })
        .await
    }
}

fn parse(text: Bytes) -> Result<Vec<FileFields>, String> {
    let text = String::from_utf8(text.into()).map_err(|error| error.to_string())?;
    let text = SharedText::from(text);
    let files = packages::parse_all(&text, |package| package.file);
    let files = files.map_err(|error| error.to_string())?;
    // The text itself is not kept, but one that has only the names.
    let names: String = files.iter().map(|file| file.filename.as_str()).collect();
    let names = SharedText::from(names);
    let mut start = 0;
    let files = files.into_iter().map(|file| {
        let end = start + file.filename.size();
        let filename = names.share(&names[start..end]);
        start = end;
        FileFields { filename, ..file }
    });
    Ok(files.collect())
}
