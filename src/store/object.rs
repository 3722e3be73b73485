//! What a store says about its objects, and what is said about them when they are written.

use std::fmt;

use bytes::Bytes;
use object_store::{Attribute, Attributes, ObjectMeta};

use crate::digest::Sha256;
use crate::store::Key;
use crate::time::Timestamp;

/// An entity tag: opaque, equal as long as the object has not been written again.
///
/// Where the tag is the MD5 of the content (single-part objects on S3), bytes that come back bring
/// their old tag with them; whoever swaps must never write the same bytes twice.
#[derive(Debug, Clone, Eq)]
pub struct Etag(String);

impl Etag {
    /// Takes a tag as the store gave it, quotes and all.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the tag as the store gave it, fit for `If-Match`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether two tags show that two objects hold the same bytes.
    ///
    /// They do where the tag is the MD5 of the content; unlike tags show nothing.
    pub fn shows_same_content(&self, other: &Self) -> bool {
        let text = self.opaque();
        text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) && self == other
    }

    /// Returns the tag without quotes: some servers quote in headers and not in listings.
    fn opaque(&self) -> &str {
        self.0.trim_matches('"')
    }
}

impl PartialEq for Etag {
    fn eq(&self, other: &Self) -> bool {
        self.opaque() == other.opaque()
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.opaque())
    }
}

/// An object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name below the store's prefix.
    pub key: Key,
    /// The size in bytes.
    pub size: u64,
    /// The tag of what the object holds now.
    pub etag: Etag,
    /// When it was written, by the store's clock.
    pub last_modified: Timestamp,
}

impl Entry {
    /// Takes what a backend says about `key`; a backend without tags gets one that never matches.
    pub(super) fn new(key: Key, meta: &ObjectMeta) -> Self {
        Self {
            key,
            size: meta.size,
            etag: Etag::new(meta.e_tag.clone().unwrap_or_default()),
            last_modified: last_modified(meta),
        }
    }
}

/// An object with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// All of its content.
    pub bytes: Bytes,
    /// The tag of exactly these bytes.
    pub etag: Etag,
    /// When it was written, by the store's clock.
    pub last_modified: Timestamp,
}

/// Bytes with their digest, which is computed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// The bytes.
    pub bytes: Bytes,
    /// Their digest.
    pub sha256: Sha256,
}

impl Hashed {
    /// Hashes the bytes.
    pub fn new(bytes: Bytes) -> Self {
        Self { sha256: Sha256::of(&bytes), bytes }
    }
}

/// Returns when a backend says that an object was written.
pub(super) fn last_modified(meta: &ObjectMeta) -> Timestamp {
    Timestamp::from_millisecond(meta.last_modified.timestamp_millis()).unwrap_or_default()
}

/// What clients and caches are told about an object, and how it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers {
    /// The media type.
    pub content_type: &'static str,
    /// How long caches may keep it.
    pub cache_control: &'static str,
    /// Whether the storage class of the settings applies.
    pub storage: Storage,
}

/// The two ways to keep an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In the store's default class: small, read often, replaced or dropped soon.
    Small,
    /// In the class that the settings name: packages.
    Bulk,
}

impl Headers {
    /// Returns the headers as a backend takes them.
    pub(super) fn attributes(&self, storage_class: Option<&str>) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, self.content_type.into());
        attributes.insert(Attribute::CacheControl, self.cache_control.into());
        if let (Storage::Bulk, Some(class)) = (self.storage, storage_class) {
            attributes.insert(Attribute::StorageClass, class.to_owned().into());
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_equal_whether_quoted_or_not() {
        assert_eq!(Etag::new("\"abc\""), Etag::new("abc"));
        assert_ne!(Etag::new("\"abc\""), Etag::new("\"abd\""));
        assert_eq!(Etag::new("\"abc\"").as_str(), "\"abc\"");
    }

    #[test]
    fn only_bulk_objects_get_the_storage_class() {
        let headers =
            |storage| Headers { content_type: "text/plain", cache_control: "no-cache", storage };
        let class = |storage, setting| {
            let attributes = headers(storage).attributes(setting);
            attributes.get(&Attribute::StorageClass).map(|class| class.to_string())
        };
        assert_eq!(class(Storage::Bulk, Some("STANDARD_IA")), Some("STANDARD_IA".into()));
        assert_eq!(class(Storage::Small, Some("STANDARD_IA")), None);
        assert_eq!(class(Storage::Bulk, None), None);
    }
}
