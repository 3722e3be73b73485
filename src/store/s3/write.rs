//! Storing and copying single objects.

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::StorageClass;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Attribute, Attributes, PutMode, PutOptions, PutResult};

use super::fault::{Fault, FaultKind};
use super::{Bucket, Result, S3, not_implemented};
use crate::digest::Sha256;

impl S3 {
    /// Stores one object with one request; a conditional one is never sent twice.
    pub(super) async fn write(
        &self,
        location: &Path,
        bytes: Bytes,
        options: PutOptions,
    ) -> Result<PutResult> {
        let request = self.bucket.request("PutObject", location);
        let length = bytes.len() as u64;
        let overrides = match &options.mode {
            PutMode::Overwrite => self.access.patient(length),
            PutMode::Create | PutMode::Update(_) => self.access.only_once(length),
        };
        let is_checked = options.extensions.get::<Sha256>().is_some();
        let put = self.client().await.put_object().bucket(request.bucket).key(request.key);
        let put = self.bucket.described(put, &options)?.body(ByteStream::from(bytes));
        let mut call = put.customize().config_override(overrides);
        if self.access.is_secure() && is_checked {
            // A hash for the signature would be one more of the same bytes.
            call = call.disable_payload_signing();
        }
        let answer = call.send().await;
        let answer = answer.map_err(|error| refused(Fault::new(request, error), &options.mode))?;
        Ok(PutResult {
            e_tag: answer.e_tag,
            version: answer.version_id,
            extensions: object_store::Extensions::new(),
        })
    }

    /// Copies an object inside the bucket, over whatever is there.
    pub(super) async fn copy_over(&self, from: &Path, to: &Path) -> Result<()> {
        let request = self.bucket.request("CopyObject", to);
        let placement = &self.bucket.placement;
        self.client()
            .await
            .copy_object()
            .bucket(request.bucket)
            .key(request.key)
            .copy_source(format!("{}/{}", request.bucket, escaped(from.as_ref())))
            .set_server_side_encryption(placement.encryption.clone())
            .set_ssekms_key_id(placement.kms_key.clone())
            .set_acl(placement.acl.clone())
            .send()
            .await
            .map_err(|error| Fault::new(request, error))?;
        Ok(())
    }
}

impl Bucket {
    /// Adds everything but the content to a request.
    fn described(
        &self,
        put: PutObjectFluentBuilder,
        options: &PutOptions,
    ) -> Result<PutObjectFluentBuilder> {
        let terms = Terms::of(&options.attributes)?;
        let (absent, tag) = match &options.mode {
            PutMode::Overwrite => (None, None),
            PutMode::Create => (Some("*".to_owned()), None),
            PutMode::Update(base) if base.e_tag.is_some() => (None, base.e_tag.clone()),
            PutMode::Update(_) => return Err(not_implemented("updating without an entity tag")),
        };
        Ok(put
            .set_if_none_match(absent)
            .set_if_match(tag)
            .set_content_type(terms.content_type)
            .set_cache_control(terms.cache_control)
            .set_storage_class(terms.storage_class)
            .set_server_side_encryption(self.placement.encryption.clone())
            .set_ssekms_key_id(self.placement.kms_key.clone())
            .set_acl(self.placement.acl.clone())
            .set_checksum_sha256(options.extensions.get::<Sha256>().map(encoded)))
    }
}

/// What `object_store`'s attributes say in S3's words.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) content_type: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) storage_class: Option<StorageClass>,
}

impl Terms {
    /// Reads the attributes that we use; any other would be lost, so it is an error.
    pub(super) fn of(attributes: &Attributes) -> Result<Self> {
        let mut terms = Self::default();
        for (attribute, value) in attributes {
            match attribute {
                Attribute::ContentType => terms.content_type = Some(value.to_string()),
                Attribute::CacheControl => terms.cache_control = Some(value.to_string()),
                Attribute::StorageClass => terms.storage_class = Some((&**value).into()),
                other => return Err(not_implemented(&format!("attribute {other:?}"))),
            }
        }
        Ok(terms)
    }
}

/// Returns a digest as S3's checksum headers have it.
pub(in crate::store) fn encoded(digest: &Sha256) -> String {
    BASE64_STANDARD.encode(digest.as_bytes())
}

/// Says of a failed condition which one it was, as `object_store` tells them apart.
fn refused(fault: Fault, mode: &PutMode) -> object_store::Error {
    let path = fault.key.clone();
    match (mode, &fault.kind) {
        (PutMode::Create, FaultKind::Refused) => {
            object_store::Error::AlreadyExists { path, source: fault.into() }
        }
        (PutMode::Update(_), FaultKind::Missing) => {
            object_store::Error::Precondition { path, source: fault.into() }
        }
        _ => fault.into(),
    }
}

/// Returns a key as a URL's path has it.
fn escaped(key: &str) -> String {
    let escape = |segment: &str| -> String {
        url::form_urlencoded::byte_serialize(segment.as_bytes()).collect()
    };
    key.split('/').map(escape).collect::<Vec<_>>().join("/").replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_escaped_segment_by_segment() {
        assert_eq!(escaped("a b/c+d/~é"), "a%20b/c%2Bd/%7E%C3%A9");
    }
}
