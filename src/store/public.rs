//! What anybody gets who asks a web server for objects: read-only, anonymous, and without listings.
//!
//! The client is that of the AWS SDK, so there is one TLS stack. It follows redirects as apt does,
//! but for those from HTTPS to HTTP, and honours the proxies of the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::config::{AsyncSleep, Sleep};
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use url::Url;

use super::retry::Attempts;
use crate::time::parse_release_date;

type Result<T, E = object_store::Error> = std::result::Result<T, E>;

/// The name that the backend gives itself in errors.
const STORE: &str = "HTTP";
/// As many redirects are followed; apt's own limit.
const REDIRECTS: usize = 10;
const CONNECT: Duration = Duration::from_secs(5);
const AGENT: &str = concat!("repoman/", env!("CARGO_PKG_VERSION"));

/// A repository as a web server shows it; cheap to clone.
#[derive(Clone)]
pub(super) struct Public {
    base: Arc<str>,
    patience: Duration,
    pause: Duration,
    connector: Arc<OnceLock<Connector>>,
    denied: Arc<Mutex<BTreeMap<String, u16>>>,
}

/// Why a request to a web server was in vain.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpFault {
    /// The server answered, but with no object.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for, after redirects.
        url: String,
        /// The status.
        status: u16,
    },
    /// A redirect leads nowhere.
    #[error("{url} {problem}")]
    Redirect {
        /// What was asked for, after redirects.
        url: String,
        /// What is wrong with where it leads.
        problem: &'static str,
    },
    /// The answer can't be the object.
    #[error("{url} answered without Content-Length")]
    NoLength {
        /// What was asked for, after redirects.
        url: String,
    },
    /// No answer came.
    #[error("{url} gave no answer")]
    Silence {
        /// What was asked for, after redirects.
        url: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An answer with an object, and where it came from.
struct Answer {
    url: String,
    response: HttpResponse,
}

impl Public {
    /// Returns the repository at a base URL; makes no request.
    pub(super) fn new(base: &str, patience: Duration, pause: Duration) -> Self {
        Self {
            base: base.trim_end_matches('/').into(),
            patience,
            pause,
            connector: Arc::default(),
            denied: Arc::default(),
        }
    }

    /// Returns the statuses, other than 404, with which the server denied that there is an object.
    pub(super) fn denied(&self) -> BTreeMap<String, u16> {
        self.denied.lock().expect("no thread panics while it holds this").clone()
    }

    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            let settings = HttpConnectorSettings::builder()
                .connect_timeout(CONNECT)
                .read_timeout(self.patience)
                .build();
            Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .connector_settings(settings)
                .sleep_impl(Timer)
                .proxy_config(ProxyConfig::from_env())
                .build()
        })
    }

    fn url(&self, location: &Path) -> Result<Url> {
        let mut url = Url::parse(&self.base).map_err(|error| not_supported(error.into()))?;
        let segments = location.as_ref().split('/');
        url.path_segments_mut()
            .map_err(|()| not_supported("not a URL with a path".into()))?
            .pop_if_empty()
            .extend(segments);
        Ok(url)
    }

    /// Sends a request until there is an answer to rely on.
    async fn ask(&self, method: &str, location: &Path) -> Result<Answer> {
        let url = self.url(location)?;
        let mut attempts = Attempts::new(self.pause);
        loop {
            let fault = match self.follow(method, url.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let is_passing = match &fault {
                HttpFault::Status { status, .. } => matches!(status, 408 | 429 | 500..),
                HttpFault::Silence { .. } => true,
                HttpFault::Redirect { .. } | HttpFault::NoLength { .. } => false,
            };
            if !is_passing || !attempts.again().await {
                return Err(self.failed(location, fault));
            }
        }
    }

    /// Sends a request once, and wherever it is redirected to.
    async fn follow(&self, method: &str, mut url: Url) -> Result<Answer, HttpFault> {
        for _ in 0..=REDIRECTS {
            let response = self.send(method, &url).await?;
            let status = response.status().as_u16();
            if response.status().is_success() {
                return Ok(Answer { url: url.into(), response });
            }
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return Err(HttpFault::Status { url: url.into(), status });
            }
            let target = response.headers().get("location").and_then(|to| url.join(to).ok());
            let problem = match &target {
                None => "redirects to nowhere",
                Some(target) if !matches!(target.scheme(), "http" | "https") => {
                    "redirects to something else than HTTP"
                }
                Some(target) if url.scheme() == "https" && target.scheme() == "http" => {
                    "redirects from HTTPS to HTTP, which apt refuses"
                }
                Some(_) => "",
            };
            match target {
                Some(target) if problem.is_empty() => url = target,
                _ => return Err(HttpFault::Redirect { url: url.into(), problem }),
            }
        }
        Err(HttpFault::Redirect { url: url.into(), problem: "redirects without end" })
    }

    async fn send(&self, method: &str, url: &Url) -> Result<HttpResponse, HttpFault> {
        let silence = |source: Box<dyn std::error::Error + Send + Sync>| HttpFault::Silence {
            url: url.to_string(),
            source,
        };
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_method(method).map_err(|error| silence(error.into()))?;
        request.set_uri(url.as_str()).map_err(|error| silence(error.into()))?;
        request.headers_mut().insert("user-agent", AGENT);
        let answer = self.connector().call(request).await;
        answer.map_err(|error| silence(error.into_source()))
    }

    /// Says what a fault means for an object.
    fn failed(&self, location: &Path, fault: HttpFault) -> object_store::Error {
        let path = location.to_string();
        match fault {
            HttpFault::Status { status: 404 | 410, .. } => {
                object_store::Error::NotFound { path, source: fault.into() }
            }
            // A bucket that nobody may list denies what is not there.
            HttpFault::Status { status: status @ (401 | 403), .. } => {
                let mut denied = self.denied.lock().expect("no thread panics while it holds this");
                denied.insert(path.clone(), status);
                object_store::Error::NotFound { path, source: fault.into() }
            }
            HttpFault::Status { status: 408 | 429 | 500.., .. } | HttpFault::Silence { .. } => {
                object_store::Error::Generic { store: STORE, source: fault.into() }
            }
            HttpFault::Status { .. } | HttpFault::Redirect { .. } | HttpFault::NoLength { .. } => {
                not_supported(fault.into())
            }
        }
    }

    /// Returns the content of an answer; a server that falls silent half way ends it.
    fn body(&self, url: String, body: SdkBody) -> BoxStream<'static, Result<bytes::Bytes>> {
        let patience = self.patience;
        let failed = move |source: Box<dyn std::error::Error + Send + Sync>| {
            let source = HttpFault::Silence { url: url.clone(), source }.into();
            object_store::Error::Generic { store: STORE, source }
        };
        stream::unfold(ByteStream::new(body), move |mut body| async move {
            match tokio::time::timeout(patience, body.next()).await {
                Ok(chunk) => chunk.map(|chunk| (chunk.map_err(Into::into), body)),
                Err(elapsed) => Some((Err(elapsed.into()), ByteStream::default())),
            }
        })
        .map(move |chunk: Result<_, Box<dyn std::error::Error + Send + Sync>>| {
            chunk.map_err(&failed)
        })
        .boxed()
    }
}

#[async_trait]
impl ObjectStore for Public {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let method = if options.head { "HEAD" } else { "GET" };
        let Answer { url, mut response } = self.ask(method, location).await?;
        let header = |name: &str| response.headers().get(name).map(str::to_owned);
        let Some(size) = header("content-length").and_then(|length| length.parse().ok()) else {
            return Err(self.failed(location, HttpFault::NoLength { url }));
        };
        let modified = header("last-modified").and_then(|date| parse_release_date(&date).ok());
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: std::time::SystemTime::from(modified.unwrap_or_default()).into(),
            size,
            e_tag: header("etag"),
            version: None,
        };
        let content = match options.head {
            true => stream::empty().boxed(),
            false => self.body(url, response.take_body()),
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(content),
            meta,
            range: 0..if options.head { 0 } else { size },
            attributes: Attributes::new(),
            extensions: object_store::Extensions::new(),
        })
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only("writing"))
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only("writing"))
    }

    fn delete_stream(
        &self,
        _: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(read_only("deleting")) }).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::once(async { Err(read_only("listing")) }).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(read_only("listing"))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only("copying"))
    }
}

/// Waits by tokio's clock.
#[derive(Debug)]
struct Timer;

impl AsyncSleep for Timer {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration))
    }
}

fn read_only(operation: &str) -> object_store::Error {
    object_store::Error::NotImplemented { operation: operation.into(), implementer: STORE.into() }
}

fn not_supported(source: Box<dyn std::error::Error + Send + Sync>) -> object_store::Error {
    object_store::Error::NotSupported { source }
}

impl fmt::Debug for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Public({})", self.base)
    }
}

impl fmt::Display for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}
