//! Objects in memory, with the conditions, tags and times of a bucket.
//!
//! A tag is a function of the content, as it is on S3: bytes that come back carry the tag that they
//! had. There is no other concurrency than that of the scheduler, so each operation happens at once.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use object_store::path::Path;
use object_store::{
    Attributes, Error, GetOptions, GetResult, GetResultPayload, ObjectMeta, PutMode, PutResult,
    Result,
};
use repoman::digest::Sha256;
use repoman::time::Timestamp;

use crate::link::Put;

/// An object.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its content.
    pub bytes: Bytes,
    /// The digest of the content.
    pub sha256: Sha256,
    /// When it was written.
    pub written: Timestamp,
}

/// All objects, by key.
#[derive(Debug, Clone, Default)]
pub struct Shelf(BTreeMap<String, Stored>);

impl Shelf {
    /// Returns an object.
    pub fn stored(&self, key: &str) -> Option<&Stored> {
        self.0.get(key)
    }

    /// Returns when the last write was.
    pub fn last_write(&self) -> Option<Timestamp> {
        self.0.values().map(|stored| stored.written).max()
    }

    /// Stores an object, if the condition holds.
    pub fn put(&mut self, put: Put, now: Timestamp) -> Result<PutResult> {
        let Put { path, payload, options } = put;
        let there = self.0.get(path.as_ref());
        let holds = match &options.mode {
            PutMode::Overwrite => true,
            PutMode::Create => there.is_none(),
            PutMode::Update(base) => there.is_some_and(|stored| Some(stored.tag()) == base.e_tag),
        };
        if !holds {
            let (path, source) = (path.to_string(), "the condition does not hold".into());
            return Err(match options.mode {
                PutMode::Create => Error::AlreadyExists { path, source },
                _ => Error::Precondition { path, source },
            });
        }
        let bytes = Bytes::from(payload);
        let stored = Stored { sha256: Sha256::of(&bytes), bytes, written: now };
        let result =
            PutResult { e_tag: Some(stored.tag()), version: None, extensions: Default::default() };
        self.0.insert(path.to_string(), stored);
        Ok(result)
    }

    /// Answers a read.
    pub fn get(&self, path: &Path, options: &GetOptions) -> Result<GetResult> {
        assert!(options.range.is_none() && options.if_match.is_none(), "nobody asks for that");
        let missing = || Error::NotFound { path: path.to_string(), source: "it is not".into() };
        let stored = self.0.get(path.as_ref()).ok_or_else(missing)?;
        let content = if options.head { Bytes::new() } else { stored.bytes.clone() };
        Ok(GetResult {
            range: 0..content.len() as u64,
            payload: GetResultPayload::Stream(stream::iter([Ok(content)]).boxed()),
            meta: stored.meta(path.clone()),
            attributes: Attributes::new(),
            extensions: Default::default(),
        })
    }

    /// Lists what lies below a prefix.
    pub fn list(&self, prefix: Option<&Path>) -> Vec<ObjectMeta> {
        let below = prefix.map_or_else(String::new, |prefix| format!("{prefix}/"));
        let found = self.0.iter().filter(|(key, _)| below == "/" || key.starts_with(&below));
        let meta = |(key, stored): (&String, &Stored)| {
            stored.meta(Path::parse(key).expect("it was stored under a path"))
        };
        found.map(meta).collect()
    }

    /// Removes an object, whether or not it is there.
    pub fn delete(&mut self, path: &Path) {
        self.0.remove(path.as_ref());
    }
}

impl Stored {
    fn tag(&self) -> String {
        format!("\"{}\"", self.sha256.short())
    }

    fn meta(&self, location: Path) -> ObjectMeta {
        ObjectMeta {
            location,
            last_modified: SystemTime::from(self.written).into(),
            size: self.bytes.len() as u64,
            e_tag: Some(self.tag()),
            version: None,
        }
    }
}
