//! From settings to a client: region, credentials, retries, time limits.
//!
//! Nothing here sends a request by itself, except that credentials or a region may have to be
//! asked for (instance metadata, SSO, STS).

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, ConfigBag, Intercept, RequestChecksumCalculation, ResponseChecksumValidation,
    RuntimeComponents, SharedCredentialsProvider,
};
use aws_sdk_s3::error::BoxError;

use crate::store::pace::Gate;

/// How to reach a bucket, and as whom.
#[derive(Debug, Clone)]
pub(in crate::store) struct Access {
    /// The bucket's region; else the environment's, the profile's, the instance's.
    pub(in crate::store) region: Option<String>,
    /// The server, if it isn't AWS.
    pub(in crate::store) endpoint: Option<String>,
    /// Whether the bucket goes into the path and not into the host name.
    pub(in crate::store) path_style: bool,
    /// A role to assume with the credentials found.
    pub(in crate::store) role: Option<String>,
    /// The profile of the AWS configuration files.
    pub(in crate::store) profile: Option<String>,
    /// How long an answer may take, besides the time that the content takes.
    pub(in crate::store) patience: Duration,
    /// Credentials to use instead of searching for some; tests only.
    pub(in crate::store) fixed: Option<SharedCredentialsProvider>,
}

/// Attempts at a request, the first one included, where retrying is safe.
const ATTEMPTS: u32 = 6;

/// The longest pause before the second attempt; it doubles with each one after that.
const BACKOFF: Duration = Duration::from_millis(200);

/// The region to ask if none is known: where there are none it is the usual name, and AWS answers
/// with the right one.
const DEFAULT_REGION: &str = "us-east-1";

impl Access {
    /// Returns a client; the same one is to be used for everything, since it caches credentials.
    pub(super) async fn client(&self, gate: &Arc<Gate>) -> Client {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(self.regions())
            .retry_config(
                RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(BACKOFF),
            )
            .timeout_config(self.time_limit(0))
            // Older servers refuse the trailers that are the default, and lack them in answers.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(credentials) = &self.fixed {
            loader = loader.credentials_provider(credentials.clone());
        }
        let shared = loader.load().await;
        let mut builder = Builder::from(&shared)
            .force_path_style(self.path_style)
            .interceptor(Counter(Arc::clone(gate)));
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        if let Some(role) = &self.role {
            builder = builder.credentials_provider(assumed(role, &shared).await);
        }
        Client::from_conf(builder.build())
    }

    /// Returns whether the way to the bucket keeps the content from being altered.
    pub(super) fn is_secure(&self) -> bool {
        self.endpoint.as_deref().is_none_or(|endpoint| endpoint.starts_with("https://"))
    }

    /// Returns overrides for a request of so many bytes that may be sent only once.
    ///
    /// An automatic retry of a conditional write turns our own success into a failed condition.
    pub(super) fn only_once(&self, length: u64) -> Builder {
        self.patient(length).retry_config(RetryConfig::disabled())
    }

    /// Returns overrides for a request of so many bytes.
    pub(super) fn patient(&self, length: u64) -> Builder {
        Builder::new().timeout_config(self.time_limit(length))
    }

    /// Returns the time limits of a request that carries so many bytes: one that crawls along at
    /// 64 KiB/s still gets through, one that hangs does not hold everything up.
    fn time_limit(&self, length: u64) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(self.patience + Duration::from_secs(length / (64 * 1024)))
            .build()
    }

    /// Returns where to look for the region, in order.
    fn regions(&self) -> RegionProviderChain {
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        let chain = RegionProviderChain::first_try(self.region.clone().map(Region::new))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build());
        let chain = match self.endpoint {
            Some(_) => chain,
            None => chain.or_default_provider(),
        };
        chain.or_else(Region::from_static(DEFAULT_REGION))
    }
}

/// Tells a gate of every answer, also of those after which a request is sent again.
#[derive(Debug)]
struct Counter(Arc<Gate>);

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.response().status().as_u16() {
            429 | 503 => self.0.turned_away(),
            status if status < 500 => self.0.served(),
            _ => {}
        }
        Ok(())
    }
}

/// Returns a provider that trades the credentials of `shared` for those of `role`.
async fn assumed(role: &str, shared: &SdkConfig) -> AssumeRoleProvider {
    AssumeRoleProvider::builder(role).session_name("repoman").configure(shared).build().await
}
