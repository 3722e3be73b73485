//! What S3 answers when it doesn't do what was asked, with nothing of it lost.

use std::error::Error;
use std::fmt;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ConnectorError, ProvideErrorMetadata, SdkError};

/// The name that the backend gives itself in errors.
pub(super) const STORE: &str = "S3";

/// A failed request, as the server or the way there put it.
#[derive(Debug)]
pub struct Fault {
    /// What it means.
    pub kind: FaultKind,
    /// The API operation, such as `PutObject`.
    pub operation: &'static str,
    /// The bucket.
    pub bucket: String,
    /// The full key, or the prefix of a listing.
    pub key: String,
    /// The HTTP status, if an answer came at all.
    pub status: Option<u16>,
    /// S3's code, such as `SlowDown`; an answer to HEAD has none.
    pub code: Option<String>,
    /// S3's own words.
    pub message: Option<String>,
    /// Where no answer came: why.
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// What a failed request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// 412: the condition did not hold.
    Refused,
    /// 409: another conditional write was under way; the outcome is unknown.
    Conflict,
    /// 404: no such object.
    Missing,
    /// 404: no such bucket.
    MissingBucket,
    /// 301, 400: the bucket is elsewhere.
    Region {
        /// Where it is, if the answer says so.
        region: Option<String>,
    },
    /// 403: not allowed.
    Denied,
    /// No credentials, or unknown or expired ones, or a bad signature.
    Credentials,
    /// 429, 503: nothing was done, come back later.
    Throttled,
    /// No connection: nothing was sent.
    Unsent,
    /// 5xx, a timeout, or a connection lost half way: nobody knows.
    Unknown,
    /// 501: the server can't.
    Unsupported,
    /// Any other answer: the request itself is wrong.
    Invalid,
}

/// Which request failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) operation: &'static str,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
}

impl Fault {
    /// Returns the fault that an error of the S3 backend carries.
    pub(in crate::store) fn within<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        causes(error).find_map(|cause| cause.downcast_ref())
    }

    /// Reads the SDK's error of one request.
    pub(super) fn new<E>(request: Request<'_>, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let region = error
            .raw_response()
            .and_then(|response| response.headers().get("x-amz-bucket-region"))
            .map(str::to_owned);
        let code = error.code().map(str::to_owned);
        let kind = match status {
            Some(status) => kind_of_answer(status, code.as_deref(), region),
            None => kind_of_silence(&error),
        };
        let message = error.message().map(str::to_owned);
        let cause = match &error {
            SdkError::ServiceError(_) => None,
            _ => error.into_source().ok().map(unwrapped),
        };
        Self::bare(request, kind).with(status, code, message, cause)
    }

    /// Reads one entry of the errors in the answer to a bulk delete.
    pub(super) fn of_entry(
        request: Request<'_>,
        code: Option<&str>,
        message: Option<&str>,
    ) -> Self {
        let kind = match code {
            Some("AccessDenied") => FaultKind::Denied,
            Some("SlowDown" | "ServiceUnavailable") => FaultKind::Throttled,
            Some("InternalError") => FaultKind::Unknown,
            _ => FaultKind::Invalid,
        };
        let (code, message) = (code.map(str::to_owned), message.map(str::to_owned));
        Self::bare(request, kind).with(None, code, message, None)
    }

    /// Reports that no answer to `request` can be had, and why.
    pub(super) fn silent(
        request: Request<'_>,
        kind: FaultKind,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::bare(request, kind).with(None, None, None, Some(cause.into()))
    }

    fn bare(request: Request<'_>, kind: FaultKind) -> Self {
        Self {
            kind,
            operation: request.operation,
            bucket: request.bucket.to_owned(),
            key: request.key.to_owned(),
            status: None,
            code: None,
            message: None,
            cause: None,
        }
    }

    fn with(
        self,
        status: Option<u16>,
        code: Option<String>,
        message: Option<String>,
        cause: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { status, code, message, cause, ..self }
    }
}

/// Returns what an answer means.
///
/// Source: S3 API reference, "Error responses"; codes go before statuses, which servers mix up.
fn kind_of_answer(status: u16, code: Option<&str>, region: Option<String>) -> FaultKind {
    match (status, code.unwrap_or_default()) {
        (_, "NoSuchBucket") => FaultKind::MissingBucket,
        (_, "PermanentRedirect" | "AuthorizationHeaderMalformed") | (301 | 307, _) => {
            FaultKind::Region { region }
        }
        (_, "SlowDown" | "ServiceUnavailable" | "ThrottlingException" | "TooManyRequests")
        | (429 | 503, _) => FaultKind::Throttled,
        (
            _,
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "RequestTimeTooSkewed"
            | "TokenRefreshRequired",
        )
        | (401, _) => FaultKind::Credentials,
        (_, "PreconditionFailed") | (412, _) => FaultKind::Refused,
        (_, "NotImplemented") | (501, _) => FaultKind::Unsupported,
        (_, "RequestTimeout") | (408, _) => FaultKind::Unknown,
        (403, _) => FaultKind::Denied,
        (404, _) => FaultKind::Missing,
        (409, _) => FaultKind::Conflict,
        // A status of 200 with an error inside is how long copies and completions fail.
        (200..=299 | 500.., _) => FaultKind::Unknown,
        _ => FaultKind::Invalid,
    }
}

/// Returns what it means that no answer came.
fn kind_of_silence<E>(error: &SdkError<E, HttpResponse>) -> FaultKind
where
    E: Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => FaultKind::Invalid,
        _ if causes(error).any(|cause| cause.is::<CredentialsError>()) => FaultKind::Credentials,
        _ if causes(error).any(was_never_sent) => FaultKind::Unsent,
        _ => FaultKind::Unknown,
    }
}

/// Returns whether a cause says that the connection was refused before a byte left.
fn was_never_sent(cause: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    cause.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
    })
}

/// Takes off the SDK's wrapper, which says "other" or "io error".
fn unwrapped(error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    error.downcast::<ConnectorError>().map_or_else(|error| error, |error| error.into_source())
}

/// Returns an error and everything that it says it came from.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of s3://{}/{}", self.operation, self.bucket, self.key)?;
        match self.status {
            Some(status) => write!(f, " answered {status}")?,
            None if self.code.is_none() => write!(f, " got no answer")?,
            None => {}
        }
        if let Some(code) = &self.code {
            write!(f, " {}", crate::text::printable(code))?;
        }
        match &self.message {
            Some(message) => write!(f, ": {}", crate::text::printable(message)),
            None => Ok(()),
        }
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<Fault> for object_store::Error {
    fn from(fault: Fault) -> Self {
        let path = fault.key.clone();
        match fault.kind {
            FaultKind::Refused => Self::Precondition { path, source: fault.into() },
            FaultKind::Missing => Self::NotFound { path, source: fault.into() },
            FaultKind::Denied => Self::PermissionDenied { path, source: fault.into() },
            FaultKind::Credentials => Self::Unauthenticated { path, source: fault.into() },
            FaultKind::Unsupported => Self::NotSupported { source: fault.into() },
            FaultKind::Conflict
            | FaultKind::MissingBucket
            | FaultKind::Region { .. }
            | FaultKind::Throttled
            | FaultKind::Unsent
            | FaultKind::Unknown
            | FaultKind::Invalid => Self::Generic { store: STORE, source: fault.into() },
        }
    }
}
