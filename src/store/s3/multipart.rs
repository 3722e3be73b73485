//! Uploads in parts.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, PutMultipartOptions, PutPayload, PutResult, UploadPart};

use super::fault::{Fault, FaultKind};
use super::write::{Terms, encoded};
use super::{Access, Bucket, Result, S3};
use crate::digest::Sha256;
use crate::store::CreateOnly;
use crate::store::pace::Gate;

/// An upload under way; parts may be sent at the same time.
#[derive(Debug)]
pub(super) struct Upload {
    lane: Lane,
    /// Whether an object that is there already makes the completion fail.
    create_only: bool,
    sent: u64,
    begun: i32,
}

/// What every part of an upload needs to know.
#[derive(Debug, Clone)]
struct Lane {
    client: Client,
    bucket: Bucket,
    location: Path,
    id: String,
    access: Arc<Access>,
    gate: Arc<Gate>,
    done: Arc<Mutex<Vec<CompletedPart>>>,
}

impl S3 {
    /// Begins an upload; with the extension [`CreateOnly`] it won't replace anything.
    pub(super) async fn begin(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Upload> {
        let request = self.bucket.request("CreateMultipartUpload", location);
        let terms = Terms::of(&options.attributes)?;
        let placement = &self.bucket.placement;
        let client = self.client().await.clone();
        let answer = client
            .create_multipart_upload()
            .bucket(request.bucket)
            .key(request.key)
            .set_content_type(terms.content_type)
            .set_cache_control(terms.cache_control)
            .set_storage_class(terms.storage_class)
            .set_server_side_encryption(placement.encryption.clone())
            .set_ssekms_key_id(placement.kms_key.clone())
            .set_acl(placement.acl.clone())
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .send()
            .await
            .map_err(|error| Fault::new(request, error))?;
        let id = answer.upload_id.ok_or_else(|| {
            Fault::silent(request, FaultKind::Unknown, "an answer without an upload id")
        })?;
        let lane = Lane {
            client,
            bucket: self.bucket.clone(),
            location: location.clone(),
            id,
            access: Arc::clone(&self.access),
            gate: Arc::clone(&self.gate),
            done: Arc::default(),
        };
        let create_only = options.extensions.get::<CreateOnly>().is_some();
        Ok(Upload { lane, create_only, sent: 0, begun: 0 })
    }
}

impl Lane {
    async fn send(&self, number: i32, bytes: Bytes) -> Result<()> {
        let request = self.bucket.request("UploadPart", &self.location);
        let length = bytes.len() as u64;
        let content = bytes.clone();
        let checksum = crate::blocking::cpu(move || encoded(&Sha256::of(&content))).await;
        let _slot = self.gate.enter().await;
        let mut call = self
            .client
            .upload_part()
            .bucket(request.bucket)
            .key(request.key)
            .upload_id(&self.id)
            .part_number(number)
            .body(ByteStream::from(bytes))
            .checksum_sha256(checksum)
            .customize()
            .config_override(self.access.patient(length));
        if self.access.is_secure() {
            // As for a whole object: the checksum does.
            call = call.disable_payload_signing();
        }
        let answer = call.send().await.map_err(|error| Fault::new(request, error))?;
        // The server's own word on the checksum, not ours: one that ignored the header would
        // refuse a completion that names it.
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_sha256(answer.checksum_sha256)
            .build();
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(part);
        Ok(())
    }

    /// Returns the parts that arrived, in order.
    fn parts(&self) -> CompletedMultipartUpload {
        let mut parts = self.done.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.sort_by_key(|part| part.part_number);
        CompletedMultipartUpload::builder().set_parts(Some(parts)).build()
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        self.begun += 1;
        self.sent += payload.content_length() as u64;
        let (lane, number) = (self.lane.clone(), self.begun);
        Box::pin(async move { lane.send(number, payload.into()).await })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let lane = &self.lane;
        let request = lane.bucket.request("CompleteMultipartUpload", &lane.location);
        let answer = lane
            .client
            .complete_multipart_upload()
            .bucket(request.bucket)
            .key(request.key)
            .upload_id(&lane.id)
            .multipart_upload(lane.parts())
            .set_if_none_match(self.create_only.then(|| "*".to_owned()))
            .customize()
            // Assembling a large object may take the server minutes.
            .config_override(lane.access.only_once(self.sent))
            .send()
            .await;
        let answer = answer.map_err(|error| {
            let fault = Fault::new(request, error);
            match fault.kind {
                FaultKind::Refused => object_store::Error::AlreadyExists {
                    path: lane.location.to_string(),
                    source: fault.into(),
                },
                _ => fault.into(),
            }
        })?;
        Ok(PutResult {
            e_tag: answer.e_tag,
            version: answer.version_id,
            extensions: object_store::Extensions::new(),
        })
    }

    async fn abort(&mut self) -> Result<()> {
        let lane = &self.lane;
        let request = lane.bucket.request("AbortMultipartUpload", &lane.location);
        let answer = lane
            .client
            .abort_multipart_upload()
            .bucket(request.bucket)
            .key(request.key)
            .upload_id(&lane.id)
            .send()
            .await;
        match answer.map_err(|error| Fault::new(request, error)) {
            Ok(_) => Ok(()),
            Err(fault) if fault.kind == FaultKind::Missing => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }
}
