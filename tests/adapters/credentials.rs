//! The user's profiles: which credentials sign, and what is said where there are none.

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use quarterdeck::{
    aws::{
        Clients,
        clients::{Credentials, Patience},
        fetch,
    },
    domain::{
        fault::{Fault, FaultKind},
        id::Scope,
        query::{Outcome, Query, Request},
    },
};

use super::canned::{Asked, NOW, Said, access, failed, http_client, ok};

const PROFILES: &str = "
[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = x

[profile bare]
region = eu-west-2

[profile role]
role_arn = arn:aws:iam::111122223333:role/operator
source_profile = keys

[profile sso]
sso_session = corporate
sso_account_id = 111122223333
sso_role_name = operator

[sso-session corporate]
sso_region = us-east-1
sso_start_url = https://quarterdeck-test.awsapps.com/start
";

/// How a read of the caller's identity ends with a profile of [`PROFILES`].
async fn identity(profile: &str, answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Outcome {
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, PROFILES).build();
    let patience = Patience { attempts: 1, ..Patience::default() };
    let access = access(Credentials::User(files), http_client(answer), patience, |_| {});
    let scope = Scope::new(profile, "us-east-1");
    let clients = Clients::connect(&scope, &access).await.unwrap();
    fetch(&clients, &Request { scope, query: Query::Identity }, NOW).await
}

async fn fault(profile: &str, answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Fault {
    failed(identity(profile, answer).await)
}

fn sts_error(code: &str) -> Said {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>said so</Message></Error>\
        <RequestId>r</RequestId></ErrorResponse>"
    );
    Said::Body(403, body.into())
}

#[tokio::test]
async fn a_profile_with_keys_signs_with_them() {
    let outcome = identity("keys", |asked| {
        assert!(asked.authorization.contains("Credential=AKIAKEYS/"), "{asked:?}");
        ok("<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
            </GetCallerIdentityResult></GetCallerIdentityResponse>")
    })
    .await;
    assert!(matches!(outcome, Outcome::Complete(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_profile_without_credentials_is_said_to_have_none() {
    let fault = fault("bare", |asked| panic!("nothing should be asked: {asked:?}")).await;
    assert_eq!(fault.kind, FaultKind::Credentials, "{fault:?}");
}

#[tokio::test]
async fn a_session_that_was_never_opened_is_expired() {
    let fault = fault("sso", |asked| panic!("nothing should be asked: {asked:?}")).await;
    assert_eq!(fault.kind, FaultKind::Expired, "{fault:?}");
}

#[tokio::test]
async fn what_keeps_a_role_from_being_assumed_is_told_apart() {
    for (code, kind) in [
        ("AccessDenied", FaultKind::Denied),
        ("ExpiredToken", FaultKind::Expired),
        ("InvalidClientTokenId", FaultKind::Credentials),
    ] {
        let fault = fault("role", move |asked| {
            assert_eq!(asked.operation, "AssumeRole");
            sts_error(code)
        })
        .await;
        assert_eq!(fault.kind, kind, "{fault:?}");
    }
    assert_eq!(fault("role", |_| Said::Refused).await.kind, FaultKind::Unreachable);
}
