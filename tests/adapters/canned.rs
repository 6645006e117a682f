//! A stand-in for AWS that answers from a closure, in process.

use std::{fmt, sync::Arc, time::Duration};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use quarterdeck::{
    aws::{
        Clients,
        clients::{Access, Credentials, Patience},
        fetch,
        meter::Meter,
    },
    domain::{
        fault::Fault,
        id::Scope,
        query::{Answer, Attempt, Outcome, Query, Request},
    },
};

/// The time of every test's `now`: 14 November 2023.
pub const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

/// What was asked.
#[derive(Debug)]
pub struct Asked {
    /// As `DescribeServices`, whichever protocol spelt it.
    pub operation: String,
    pub body: String,
    /// The header that signs the request.
    pub authorization: String,
}

/// What is answered.
pub enum Said {
    Body(u16, Vec<u8>),
    /// The connection is refused.
    Refused,
    /// Nothing, ever.
    Silence,
}

/// A good answer.
pub fn ok(body: impl Into<Vec<u8>>) -> Said {
    Said::Body(200, body.into())
}

/// A service's refusal in awsJson.
pub fn refusal(status: u16, code: &str, message: &str) -> Said {
    let body = serde_json::json!({"__type": format!("com.amazonaws.ecs#{code}"), "message": message});
    Said::Body(status, body.to_string().into())
}

/// A structure in CBOR.
pub fn cbor(members: &[(&str, ciborium::Value)]) -> Vec<u8> {
    let members = members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    let mut body = Vec::new();
    ciborium::into_writer(&ciborium::Value::Map(members), &mut body).expect("memory takes all");
    body
}

type Answering = dyn Fn(&Asked) -> Said + Send + Sync;

#[derive(Clone)]
struct Canned(Arc<Answering>);

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canned")
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let said = (self.0)(&asked(&request));
        HttpConnectorFuture::new(async move {
            match said {
                Said::Body(status, body) => {
                    let response = http::Response::builder()
                        .status(status)
                        .header("x-amzn-requestid", "request-1")
                        .header("smithy-protocol", "rpc-v2-cbor")
                        .body(SdkBody::from(body))
                        .expect("a response of known parts");
                    Ok(HttpResponse::try_from(response).expect("a response of known parts"))
                }
                Said::Refused => {
                    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
                    Err(ConnectorError::io(refused.into()))
                }
                Said::Silence => std::future::pending().await,
            }
        })
    }
}

fn asked(request: &HttpRequest) -> Asked {
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let target = request.headers().get("x-amz-target").and_then(|it| it.rsplit('.').next()).map(ToOwned::to_owned);
    let action = || body.split('&').find_map(|it| it.strip_prefix("Action=")).map(ToOwned::to_owned);
    let path = || request.uri().rsplit('/').next().unwrap_or_default().to_owned();
    let authorization = request.headers().get("authorization").unwrap_or_default().to_owned();
    Asked { operation: target.or_else(action).unwrap_or_else(path), body, authorization }
}

/// One attempt, and no long waiting.
pub const IMPATIENT: Patience = Patience {
    attempts: 1,
    connect: Duration::from_millis(50),
    attempt: Duration::from_millis(50),
    operation: Duration::from_millis(100),
};

/// Access to what `http` answers, reporting attempts to `report`.
pub fn access(
    credentials: Credentials,
    http: SharedHttpClient,
    patience: Patience,
    report: impl Fn(Attempt) + Send + Sync + 'static,
) -> Access {
    Access { credentials, endpoint_url: None, http, patience, meter: Meter::new(|| NOW, report) }
}

/// Clients that `http` answers, for the terminal's account, reporting their attempts to `report`.
pub async fn clients(
    http: SharedHttpClient,
    patience: Patience,
    report: impl Fn(Attempt) + Send + Sync + 'static,
) -> Clients {
    let credentials = Credentials::Simulator { account: "111122223333".to_owned() };
    let connected = Clients::connect(&scope(), &access(credentials, http, patience, report)).await;
    connected.expect("the simulator's credentials need nothing")
}

pub fn scope() -> Scope {
    Scope::new("terminal", "us-east-1")
}

/// The HTTP client that `answer` stands behind.
pub fn http_client(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> SharedHttpClient {
    SharedHttpClient::new(Canned(Arc::new(answer)))
}

/// How `query` ends when AWS answers so.
pub async fn ask(query: Query, answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Outcome {
    let clients = clients(http_client(answer), IMPATIENT, |_| {}).await;
    fetch(&clients, &Request { scope: scope(), query }, NOW).await
}

/// The answer of a read that must have ended well.
#[track_caller]
pub fn complete(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Complete(answer) => answer,
        other => panic!("not complete: {other:?}"),
    }
}

/// The answer and the fault of a read that must have ended in part.
#[track_caller]
pub fn partial(outcome: Outcome) -> (Answer, Fault) {
    match outcome {
        Outcome::Partial(answer, fault) => (answer, fault),
        other => panic!("not partial: {other:?}"),
    }
}

/// The fault of a read that must have failed.
#[track_caller]
pub fn failed(outcome: Outcome) -> Fault {
    match outcome {
        Outcome::Failed(fault) => fault,
        other => panic!("not failed: {other:?}"),
    }
}
