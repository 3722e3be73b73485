//! S3 and whatever speaks like it, as an [`ObjectStore`] over the AWS SDK.
//!
//! Not over `object_store`'s own client: that one hides the HTTP status, answers "already exists"
//! to a 409, retries conditional writes, and lists nothing at all where one foreign key has an
//! empty segment. Here a conditional write is sent exactly once, and every failure carries its
//! [`fault::Fault`].

mod connect;
pub(super) mod fault;
mod list;
mod multipart;
mod write;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumMode, ChecksumType, ObjectCannedAcl, ServerSideEncryption};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::path::Path;
use object_store::{
    Attributes, CopyMode, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload,
    ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult,
};
use tokio::sync::OnceCell;

pub(super) use self::connect::Access;
use self::fault::{Fault, FaultKind, Request, STORE};
#[cfg(test)]
pub(super) use self::write::encoded;
use crate::digest::Sha256;
use crate::store::pace::Gate;
use crate::store::unlistable::Unlistable;
use crate::store::{Durable, WantChecksum};

type Result<T, E = object_store::Error> = std::result::Result<T, E>;

/// What every object is written with.
#[derive(Debug, Clone, Default)]
pub(super) struct Placement {
    /// The server-side encryption.
    pub(super) encryption: Option<ServerSideEncryption>,
    /// The KMS key, by id, alias or ARN.
    pub(super) kms_key: Option<String>,
    /// The canned ACL; none is sent otherwise, since most buckets refuse any.
    pub(super) acl: Option<ObjectCannedAcl>,
}

/// One bucket; cheap to clone.
#[derive(Clone)]
pub(super) struct S3 {
    bucket: Bucket,
    access: Arc<Access>,
    client: Arc<OnceCell<Client>>,
    gate: Arc<Gate>,
}

/// A bucket and how to write to it.
#[derive(Debug, Clone)]
struct Bucket {
    name: Arc<str>,
    placement: Arc<Placement>,
    unlistable: Unlistable,
}

impl S3 {
    /// Returns the bucket without touching it, the network or the search for credentials.
    pub(super) fn new(bucket: &str, access: Access, placement: Placement, gate: Gate) -> Self {
        let bucket = Bucket {
            name: bucket.into(),
            placement: Arc::new(placement),
            unlistable: Unlistable::default(),
        };
        let (access, gate) = (Arc::new(access), Arc::new(gate));
        Self { bucket, access, client: Arc::default(), gate }
    }

    /// Returns the keys, at most a thousand, that listings met and that no path here can name.
    pub(super) fn unlistable(&self) -> Vec<String> {
        self.bucket.unlistable.names()
    }

    /// Returns how many requests were served so far.
    pub(super) fn served(&self) -> u64 {
        self.gate.count()
    }

    async fn client(&self) -> &Client {
        self.client.get_or_init(|| self.access.client(&self.gate)).await
    }

    async fn head(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let request = self.bucket.request("HeadObject", location);
        let is_wanted = options.extensions.get::<WantChecksum>().is_some();
        let answer = self
            .client()
            .await
            .head_object()
            .bucket(request.bucket)
            .key(request.key)
            .set_checksum_mode(is_wanted.then_some(ChecksumMode::Enabled))
            .set_if_match(options.if_match)
            .set_if_none_match(options.if_none_match)
            .send()
            .await
            .map_err(|error| Fault::new(request, error))?;
        let size = length(answer.content_length).ok_or_else(|| no_length(request))?;
        let meta = meta(location, size, answer.e_tag, answer.last_modified);
        let mut result = result(meta, 0..0, stream::empty().boxed());
        // Of an upload in parts there is only a checksum of checksums, and not every server marks
        // it as such: what isn't said to be of the whole object isn't.
        if answer.checksum_type == Some(ChecksumType::FullObject)
            && let Some(sha256) = answer.checksum_sha256.as_deref().and_then(decoded)
        {
            result.extensions.insert(sha256);
        }
        Ok(result)
    }

    async fn fetch(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let request = self.bucket.request("GetObject", location);
        let answer = self
            .client()
            .await
            .get_object()
            .bucket(request.bucket)
            .key(request.key)
            .set_range(options.range.as_ref().map(GetRange::to_string))
            .set_if_match(options.if_match)
            .set_if_none_match(options.if_none_match)
            .send()
            .await
            .map_err(|error| Fault::new(request, error))?;
        let (range, size) = extent(&answer).ok_or_else(|| no_length(request))?;
        let meta = meta(location, size, answer.e_tag, answer.last_modified);
        Ok(result(meta, range, self.bucket.body(location, answer.body)))
    }
}

impl Bucket {
    fn request<'a>(&'a self, operation: &'static str, location: &'a Path) -> Request<'a> {
        Request { operation, bucket: &self.name, key: location.as_ref() }
    }

    /// Returns the content of an answer as a stream whose errors name the key.
    fn body(&self, location: &Path, body: ByteStream) -> BoxStream<'static, Result<Bytes>> {
        let (bucket, location) = (self.clone(), location.clone());
        stream::unfold(body, |mut body| async { body.next().await.map(|chunk| (chunk, body)) })
            .map(move |chunk| {
                let request = bucket.request("GetObject", &location);
                chunk.map_err(|error| Fault::silent(request, FaultKind::Unknown, error).into())
            })
            .boxed()
    }

    /// Returns the path of a listed key, or remembers that there is none.
    fn path(&self, key: &str) -> Option<Path> {
        // `parse` forgives an outer slash, and would so name another object.
        let path = Path::parse(key).ok().filter(|path| path.as_ref() == key);
        if path.is_none() {
            self.unlistable.note(key);
        }
        path
    }
}

#[async_trait]
impl ObjectStore for S3 {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        // What is decided at once must not wait: by then it might be decided otherwise.
        let _slot = match options.extensions.get::<Durable>() {
            Some(_) => None,
            None => Some(self.gate.enter().await),
        };
        self.write(location, payload.into(), options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Ok(Box::new(self.begin(location, options).await?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let dated = options.if_modified_since.is_some() || options.if_unmodified_since.is_some();
        if dated || options.version.is_some() {
            return Err(not_implemented("reading by date or version"));
        }
        let _slot = self.gate.enter().await;
        match options.head {
            true => self.head(location, options).await,
            false => self.fetch(location, options).await,
        }
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.clone().delete_all(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.clone().list_all(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.list_level(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        match options.mode {
            CopyMode::Overwrite => self.copy_over(from, to).await,
            CopyMode::Create => Err(not_implemented("copying to a new key only")),
        }
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3({})", self.bucket.name)
    }
}

impl fmt::Display for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket.name)
    }
}

fn not_implemented(operation: &str) -> object_store::Error {
    object_store::Error::NotImplemented { operation: operation.into(), implementer: STORE.into() }
}

fn result(
    meta: ObjectMeta,
    range: std::ops::Range<u64>,
    content: BoxStream<'static, Result<Bytes>>,
) -> GetResult {
    GetResult {
        payload: GetResultPayload::Stream(content),
        meta,
        range,
        attributes: Attributes::new(),
        extensions: object_store::Extensions::new(),
    }
}

/// Returns which bytes an answer holds, and how many the object has.
fn extent(answer: &GetObjectOutput) -> Option<(std::ops::Range<u64>, u64)> {
    let length = length(answer.content_length)?;
    let Some(range) = &answer.content_range else { return Some((0..length, length)) };
    // RFC 9110, 14.4: `bytes 0-99/1234`.
    let (range, size) = range.strip_prefix("bytes ")?.split_once('/')?;
    let start: u64 = range.split_once('-')?.0.parse().ok()?;
    Some((start..start.checked_add(length)?, size.parse().ok()?))
}

/// Reads a checksum as S3's headers have it.
fn decoded(checksum: &str) -> Option<Sha256> {
    let bytes = BASE64_STANDARD.decode(checksum).ok()?;
    crate::digest::hex(&bytes).parse().ok()
}

fn length(length: Option<i64>) -> Option<u64> {
    u64::try_from(length?).ok()
}

fn no_length(request: Request<'_>) -> Fault {
    Fault::silent(request, FaultKind::Unknown, "the answer has no length")
}

fn meta(
    location: &Path,
    size: u64,
    e_tag: Option<String>,
    last_modified: Option<DateTime>,
) -> ObjectMeta {
    let last_modified = last_modified
        .and_then(|at| SystemTime::try_from(at).ok())
        .unwrap_or(SystemTime::UNIX_EPOCH);
    ObjectMeta {
        location: location.clone(),
        last_modified: last_modified.into(),
        size,
        e_tag,
        version: None,
    }
}
