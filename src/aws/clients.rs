//! The SDK clients of one scope.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, SystemTime},
};

use aws_config::{
    AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig,
    default_provider::region::DefaultRegionChain,
    profile::{ProfileFileCredentialsProvider, ProfileFileLoadError},
    provider_config::ProviderConfig,
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_http_client::{Builder, ConnectorBuilder, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{http::SharedHttpClient, runtime_components::RuntimeComponents};
use aws_types::service_config::ServiceConfigKey;
use jiff::Timestamp;

use super::{meter::Meter, whole::Whole};
use crate::domain::{
    fault::{Fault, FaultKind},
    id::Scope,
    region::{self, is_region},
    text::SafeText,
};

/// Whose credentials a scope's clients sign with.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// The scope's profile in the user's AWS files; the default chain where the scope names none.
    User(EnvConfigFiles),
    /// The embedded simulator's own, for an account of twelve digits. Nothing of the user's configuration is read.
    Simulator { account: String },
}

impl Credentials {
    /// The user's, from the files where every AWS tool looks for them.
    pub fn user() -> Self {
        Self::User(EnvConfigFiles::default())
    }
}

/// How long to wait for AWS, and how often to ask.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// HTTP attempts at one call, the first included.
    pub attempts: u32,
    pub connect: Duration,
    /// One attempt, answer included.
    pub attempt: Duration,
    /// All attempts of a call and the pauses between them.
    pub operation: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 3,
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(8),
            operation: Duration::from_secs(20),
        }
    }
}

impl Patience {
    /// Set whatever the environment says: `AWS_RETRY_MODE=legacy`, which other tools accept, makes the SDK panic.
    fn retries(&self) -> RetryConfig {
        RetryConfig::standard().with_max_attempts(self.attempts)
    }

    fn timeouts_of_one_attempt(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(self.operation)
            .operation_timeout(self.operation)
            .build()
    }

    fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation)
            .build()
    }
}

/// How AWS is reached; the same for every scope but for the credentials.
#[derive(Debug, Clone)]
pub struct Access {
    pub credentials: Credentials,
    /// Replaces every service's endpoint. Without it the `AWS_ENDPOINT_URL` settings hold for the user's
    /// credentials.
    pub endpoint_url: Option<String>,
    /// Shared by all clients: [`https`], or the simulator's in process.
    pub http: SharedHttpClient,
    pub patience: Patience,
    pub meter: Meter,
}

/// Why a scope has no clients.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("find the profile {name} in the AWS configuration{}", suggestion(.nearest))]
    UnknownProfile { name: SafeText, nearest: Vec<SafeText> },
    #[error("find a region: give --region, set AWS_REGION, or add `region` to the profile")]
    NoRegion,
    #[error("take {name} for a region{}", .nearest.map(|it| format!("; did you mean {it}?")).unwrap_or_default())]
    UnknownRegion { name: SafeText, nearest: Option<&'static str> },
    #[error("read the AWS configuration: {0}")]
    Files(#[from] ProfileFileLoadError),
}

fn suggestion(nearest: &[SafeText]) -> String {
    let names: Vec<&str> = nearest.iter().map(SafeText::as_str).collect();
    if names.is_empty() { "; it has no profiles".to_owned() } else { format!("; the nearest are {}", names.join(", ")) }
}

impl ConnectError {
    /// The fault that every read of the scope ends with.
    pub fn fault(&self, now: Timestamp) -> Fault {
        let code = match self {
            Self::UnknownProfile { .. } => "UnknownProfile",
            Self::NoRegion => "NoRegion",
            Self::UnknownRegion { .. } => "UnknownRegion",
            Self::Files(_) => "UnreadableProfiles",
        };
        Fault {
            kind: FaultKind::Credentials,
            operation: "connect".into(),
            code: code.into(),
            message: format!("failed to {self}").into(),
            request_id: None,
            at: now,
        }
    }
}

/// The HTTPS client that all scopes share: one TLS stack, one set of roots, the proxy of the environment.
pub fn https() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let mut connector = ConnectorBuilder::default().tls_provider(provider).proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    })
}

/// The region that the user's environment and the profile name; empty `profile` for the default one.
pub async fn default_region(profile: &str) -> Result<String, ConnectError> {
    let mut chain = DefaultRegionChain::builder();
    if !profile.is_empty() {
        check_profile(profile, &EnvConfigFiles::default()).await?;
        chain = chain.profile_name(profile);
    }
    let region = chain.build().region().await.map(|it| it.to_string()).ok_or(ConnectError::NoRegion)?;
    check_region(&region)?;
    Ok(region)
}

/// Fails where no region can be called so.
pub fn check_region(name: &str) -> Result<(), ConnectError> {
    if is_region(name) {
        return Ok(());
    }
    Err(ConnectError::UnknownRegion { name: SafeText::new(name), nearest: region::nearest(name) })
}

/// The clients of one scope, each made when first needed. After a fault of kind `Expired` or `Credentials` the
/// scope should be connected anew: profile files are read once, here.
#[derive(Debug)]
pub struct Clients {
    config: SdkConfig,
    expiry: Expiry,
    patience: Patience,
    meter: Meter,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    autoscaling: OnceLock<aws_sdk_autoscaling::Client>,
    application_autoscaling: OnceLock<aws_sdk_applicationautoscaling::Client>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    ecr: OnceLock<aws_sdk_ecr::Client>,
    elb: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    cost_explorer: OnceLock<aws_sdk_costexplorer::Client>,
    budgets: OnceLock<aws_sdk_budgets::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    ecs_writer: OnceLock<aws_sdk_ecs::Client>,
    application_autoscaling_writer: OnceLock<aws_sdk_applicationautoscaling::Client>,
    autoscaling_writer: OnceLock<aws_sdk_autoscaling::Client>,
    ec2_writer: OnceLock<aws_sdk_ec2::Client>,
    elb_writer: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
}

/// One accessor: the client of a service, metered under the service's IAM prefix.
macro_rules! client {
    ($field:ident, $sdk:ident, $prefix:literal) => {
        pub fn $field(&self) -> &$sdk::Client {
            self.$field.get_or_init(|| {
                let config = $sdk::config::Builder::from(&self.config)
                    .interceptor(self.meter.of($prefix))
                    .interceptor(Whole)
                    .build();
                $sdk::Client::from_conf(config)
            })
        }
    };
}

/// The same for a service that has one home for all regions, and takes no signature for another. One attempt: what was
/// asked and not heard of in time may have been answered, and each answer is billed.
macro_rules! home_client {
    ($field:ident, $sdk:ident, $prefix:literal) => {
        pub fn $field(&self) -> &$sdk::Client {
            self.$field.get_or_init(|| {
                let config = $sdk::config::Builder::from(&self.config)
                    .interceptor(self.meter.of($prefix))
                    .interceptor(Whole)
                    .region(billing_home(self.config.region()))
                    .retry_config(RetryConfig::disabled())
                    .timeout_config(self.patience.timeouts_of_one_attempt())
                    .build();
                $sdk::Client::from_conf(config)
            })
        }
    };
}

/// The same for writes, of which some answer nothing: one attempt, with as much time as a read has for all of its own, and apart from what reads
/// have used up of the SDK's retries.
macro_rules! writer {
    ($field:ident, $sdk:ident, $prefix:literal) => {
        pub fn $field(&self) -> &$sdk::Client {
            self.$field.get_or_init(|| {
                let config = $sdk::config::Builder::from(&self.config)
                    .interceptor(self.meter.of($prefix))
                    .retry_config(RetryConfig::disabled())
                    .retry_partition($sdk::config::retry::RetryPartition::new(concat!($prefix, "-writes")))
                    .timeout_config(self.patience.timeouts_of_one_attempt())
                    .build();
                $sdk::Client::from_conf(config)
            })
        }
    };
}

impl Clients {
    /// The clients of `scope`. Calls nobody, except where an empty region or a profile's own chain demands it.
    pub async fn connect(scope: &Scope, access: &Access) -> Result<Self, ConnectError> {
        if scope.region.is_empty() {
            return Err(ConnectError::NoRegion);
        }
        check_region(&scope.region)?;
        let expiry = Expiry::default();
        let config = match &access.credentials {
            Credentials::User(files) => noting(user_config(scope, access, files).await?, &expiry),
            Credentials::Simulator { account } => simulator_config(scope, access, account),
        };
        Ok(Self {
            config,
            expiry,
            patience: access.patience,
            meter: access.meter.clone(),
            ecs: OnceLock::new(),
            autoscaling: OnceLock::new(),
            application_autoscaling: OnceLock::new(),
            ec2: OnceLock::new(),
            ecr: OnceLock::new(),
            elb: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            logs: OnceLock::new(),
            dynamodb: OnceLock::new(),
            iam: OnceLock::new(),
            cost_explorer: OnceLock::new(),
            budgets: OnceLock::new(),
            sts: OnceLock::new(),
            ecs_writer: OnceLock::new(),
            application_autoscaling_writer: OnceLock::new(),
            autoscaling_writer: OnceLock::new(),
            ec2_writer: OnceLock::new(),
            elb_writer: OnceLock::new(),
        })
    }

    /// Where questions to a service (as `Cost Explorer`) are sent that do not go to AWS's own endpoint: as the command line,
    /// the environment or the profile (`endpoint_url`, or a section of `services`) says.
    pub fn endpoint_of(&self, service: &str) -> Option<String> {
        let of_all = || self.config.endpoint_url().map(str::to_owned);
        // What is typed holds for every service; of what is configured, what names the service does.
        if self.config.get_origin("endpoint_url").is_client_config() {
            return of_all();
        }
        let key =
            ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        let of_service = || self.config.service_config()?.load_config(key.ok()?);
        of_service().or_else(of_all)
    }

    /// When the credentials end that the last call was signed with; `None` where they do not, or before the first call.
    pub fn credentials_end(&self) -> Option<Timestamp> {
        let end = *self.expiry.0.lock().unwrap_or_else(PoisonError::into_inner);
        end.and_then(|it| Timestamp::try_from(it).ok())
    }

    client!(ecs, aws_sdk_ecs, "ecs");
    client!(autoscaling, aws_sdk_autoscaling, "autoscaling");
    client!(application_autoscaling, aws_sdk_applicationautoscaling, "application-autoscaling");
    client!(ec2, aws_sdk_ec2, "ec2");
    client!(ecr, aws_sdk_ecr, "ecr");
    client!(elb, aws_sdk_elasticloadbalancingv2, "elasticloadbalancing");
    client!(cloudwatch, aws_sdk_cloudwatch, "cloudwatch");
    client!(logs, aws_sdk_cloudwatchlogs, "logs");
    client!(dynamodb, aws_sdk_dynamodb, "dynamodb");
    client!(iam, aws_sdk_iam, "iam");
    client!(sts, aws_sdk_sts, "sts");
    home_client!(cost_explorer, aws_sdk_costexplorer, "ce");
    home_client!(budgets, aws_sdk_budgets, "budgets");
    writer!(ecs_writer, aws_sdk_ecs, "ecs");
    writer!(application_autoscaling_writer, aws_sdk_applicationautoscaling, "application-autoscaling");
    writer!(autoscaling_writer, aws_sdk_autoscaling, "autoscaling");
    writer!(ec2_writer, aws_sdk_ec2, "ec2");
    writer!(elb_writer, aws_sdk_elasticloadbalancingv2, "elasticloadbalancing");
}

/// When the credentials that were last handed out end, as their provider says.
#[derive(Debug, Clone, Default)]
struct Expiry(Arc<Mutex<Option<SystemTime>>>);

/// Hands out another provider's credentials and notes when they end: asking for them only to know that could run a
/// credential process, or open a login, once more.
#[derive(Debug)]
struct Noting {
    inner: SharedCredentialsProvider,
    expiry: Expiry,
}

impl ProvideCredentials for Noting {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let credentials = self.inner.provide_credentials().await?;
            *self.expiry.0.lock().unwrap_or_else(PoisonError::into_inner) = credentials.expiry();
            Ok(credentials)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<aws_credential_types::Credentials> {
        self.inner.fallback_on_interrupt()
    }
}

/// The configuration with its credentials' end noted in `expiry`.
fn noting(config: SdkConfig, expiry: &Expiry) -> SdkConfig {
    let Some(inner) = config.credentials_provider() else { return config };
    let provider = SharedCredentialsProvider::new(Noting { inner, expiry: expiry.clone() });
    config.into_builder().credentials_provider(provider).build()
}

/// The SDK's behaviour is pinned: a newer SDK must not change time-outs or TLS by itself.
fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn app_name() -> Option<AppName> {
    AppName::new(concat!("quarterdeck-", env!("CARGO_PKG_VERSION"))).ok()
}

fn region(scope: &Scope) -> Region {
    Region::new(scope.region.to_string())
}

/// Where Cost Explorer and Budgets answer for all regions of a partition.
fn billing_home(region: Option<&Region>) -> Region {
    let is_china = region.is_some_and(|it| it.as_ref().starts_with("cn-"));
    Region::from_static(if is_china { "cn-northwest-1" } else { "us-east-1" })
}

async fn user_config(scope: &Scope, access: &Access, files: &EnvConfigFiles) -> Result<SdkConfig, ConnectError> {
    let mut loader: ConfigLoader = aws_config::defaults(behavior())
        .region(region(scope))
        .profile_files(files.clone())
        .retry_config(access.patience.retries())
        .timeout_config(access.patience.timeouts())
        .http_client(access.http.clone());
    if let Some(name) = app_name() {
        loader = loader.app_name(name);
    }
    if let Some(url) = &access.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if !scope.profile.is_empty() {
        check_profile(&scope.profile, files).await?;
        let provider = ProviderConfig::without_region()
            .with_region(Some(region(scope)))
            .with_behavior_version(Some(behavior()))
            .with_retry_config(access.patience.retries())
            .with_timeout_config(access.patience.timeouts())
            .with_http_client(access.http.clone());
        // The default chain would let keys in the environment win over a profile that was asked for by name.
        let credentials = ProfileFileCredentialsProvider::builder()
            .configure(&provider)
            .profile_files(files.clone())
            .profile_name(scope.profile.as_ref())
            .build();
        loader = loader.profile_name(scope.profile.as_ref()).credentials_provider(credentials);
    }
    Ok(loader.load().await)
}

/// Refuses a profile that the files do not have, naming the three most like it.
async fn check_profile(name: &str, files: &EnvConfigFiles) -> Result<(), ConnectError> {
    let profiles = aws_config::profile::load(&<_>::default(), &<_>::default(), files, None).await?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let mut known: Vec<&str> = profiles.profiles().collect();
    known.sort_by(|a, b| strsim::jaro_winkler(name, b).total_cmp(&strsim::jaro_winkler(name, a)).then(a.cmp(b)));
    let nearest = known.into_iter().take(3).map(SafeText::new).collect();
    Err(ConnectError::UnknownProfile { name: SafeText::new(name), nearest })
}

fn simulator_config(scope: &Scope, access: &Access, account: &str) -> SdkConfig {
    let key = aws_credential_types::Credentials::from_keys(format!("SIM{account}"), "simulator", None);
    let mut builder = SdkConfig::builder()
        .behavior_version(behavior())
        .region(region(scope))
        .credentials_provider(SharedCredentialsProvider::new(key))
        .retry_config(access.patience.retries())
        .timeout_config(access.patience.timeouts())
        .http_client(access.http.clone())
        // The simulator's clock is virtual; a skew measured by it would sign with invented dates.
        .disable_clock_skew_correction(true);
    builder.set_app_name(app_name());
    builder.set_endpoint_url(access.endpoint_url.clone());
    builder.build()
}

#[cfg(test)]
mod tests {
    use aws_runtime::env_config::file::EnvConfigFileKind;
    use aws_smithy_http_client::Builder;

    use super::*;

    fn access(credentials: Credentials) -> Access {
        Access {
            credentials,
            endpoint_url: None,
            http: Builder::new().build_http(),
            patience: Patience::default(),
            meter: Meter::new(|| Timestamp::UNIX_EPOCH, |_| {}),
        }
    }

    fn files(config: &str) -> Credentials {
        Credentials::User(EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build())
    }

    #[tokio::test]
    async fn a_profile_may_send_questions_of_cost_elsewhere() {
        let config = "[profile aws]\nregion = eu-west-2\n[profile local]\nendpoint_url = http://127.0.0.1:4566\n\
                      [profile part]\nservices = mixed\n[services mixed]\ncost-explorer =\n  endpoint_url = \
                      http://127.0.0.1:4566\n[profile other]\nservices = another\n[services another]\necs =\n  \
                      endpoint_url = http://127.0.0.1:4566\n";
        // The SDK itself wants a hyphen there, where other tools have an underscore: what counts is where it sends.
        let access = access(files(config));
        let mut told = Vec::new();
        for profile in ["aws", "local", "part", "other"] {
            let clients = Clients::connect(&Scope::new(profile, "eu-west-2"), &access).await.expect("a profile");
            told.push(["Cost Explorer", "Budgets"].map(|it| clients.endpoint_of(it)));
        }
        let here = || Some("http://127.0.0.1:4566".to_owned());
        assert_eq!(told, [[None, None], [here(), here()], [here(), None], [None, None]]);
        let typed = Access { endpoint_url: Some("https://vpce.example".to_owned()), ..access };
        let clients = Clients::connect(&Scope::new("part", "eu-west-2"), &typed).await.expect("a profile");
        assert_eq!(clients.endpoint_of("Cost Explorer").as_deref(), Some("https://vpce.example"));
    }

    #[tokio::test]
    async fn a_mistyped_profile_is_answered_with_the_nearest() {
        let access = access(files("[profile production]\nregion = eu-west-2\n[profile staging]\n[default]\n"));
        let error = Clients::connect(&Scope::new("prodution", "eu-west-2"), &access).await.unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("find the profile prodution in the AWS configuration; the nearest are production"));
        let fault = error.fault(Timestamp::UNIX_EPOCH);
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Credentials, "UnknownProfile"));
    }

    #[tokio::test]
    async fn a_named_profile_gives_its_own_keys_and_the_scope_its_region() {
        let config = "[profile ops]\naws_access_key_id = AKIAOPS\naws_secret_access_key = x\nregion = eu-west-2\n\
            retry_mode = legacy\nmax_attempts = 0\n";
        let clients = Clients::connect(&Scope::new("ops", "us-west-1"), &access(files(config))).await.unwrap();
        assert_eq!(clients.config.region().map(Region::as_ref), Some("us-west-1"));
        let credentials = clients.config.credentials_provider().unwrap().provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "AKIAOPS");
        assert_eq!(clients.config.retry_config().map(RetryConfig::max_attempts), Some(3));
    }

    #[tokio::test]
    async fn what_is_billed_is_asked_at_home_wherever_the_scope_is() {
        let access = access(Credentials::Simulator { account: "444455556666".to_owned() });
        for (region, home) in [("eu-west-2", "us-east-1"), ("us-east-1", "us-east-1"), ("cn-north-1", "cn-northwest-1")]
        {
            let clients = Clients::connect(&Scope::new("cma", region), &access).await.unwrap();
            assert_eq!(clients.cost_explorer().config().region().map(Region::as_ref), Some(home));
            assert_eq!(clients.budgets().config().region().map(Region::as_ref), Some(home));
            assert_eq!(clients.ecs().config().region().map(Region::as_ref), Some(region));
        }
    }

    #[tokio::test]
    async fn when_credentials_end_is_known_once_they_have_been_used() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let keys = aws_credential_types::Credentials::new("AKIA", "x", None, Some(end), "test");
        let config = SdkConfig::builder().credentials_provider(SharedCredentialsProvider::new(keys)).build();
        let expiry = Expiry::default();
        let config = noting(config, &expiry);
        assert_eq!(*expiry.0.lock().unwrap(), None);
        config.credentials_provider().unwrap().provide_credentials().await.unwrap();
        assert_eq!(*expiry.0.lock().unwrap(), Some(end));
    }

    #[tokio::test]
    async fn the_simulator_is_told_the_account_by_the_key() {
        let access = access(Credentials::Simulator { account: "444455556666".to_owned() });
        let clients = Clients::connect(&Scope::new("cma", "eu-west-2"), &access).await.unwrap();
        let credentials = clients.config.credentials_provider().unwrap().provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "SIM444455556666");
        assert_eq!(clients.config.disable_clock_skew_correction(), Some(true));
    }

    #[tokio::test]
    async fn a_scope_without_region_is_refused() {
        let access = access(Credentials::Simulator { account: "444455556666".to_owned() });
        let error = Clients::connect(&Scope::new("cma", ""), &access).await.unwrap_err();
        assert!(matches!(error, ConnectError::NoRegion));
    }
}
