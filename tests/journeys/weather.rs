//! Trouble on the way to AWS: refusals and broken lines between the console and the simulator.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use quarterdeck::sim::wire::{error::ApiError, incoming::Incoming, outgoing::Outgoing};

/// The request id of every refusal.
pub const REQUEST_ID: &str = "7b2f4c1e-0d5a-4e86-9a3b-5c1d2e3f4a5b";

/// Which calls meet trouble, by what their signature names, and which.
#[derive(Debug, Clone)]
pub struct Storm {
    /// Signing name of a service, as `ecs`; `None` for all.
    pub service: Option<&'static str>,
    /// `None` for all regions.
    pub region: Option<&'static str>,
    pub trouble: Trouble,
}

#[derive(Debug, Clone)]
pub enum Trouble {
    /// AWS refuses with this code and message.
    Refused { code: &'static str, message: &'static str, status: u16 },
    /// No connection comes about.
    Unreachable,
}

/// An HTTP client that lets calls through to another one, but for those that a storm hits.
#[derive(Debug, Clone)]
pub struct Weather {
    inner: SharedHttpClient,
    storm: Arc<Mutex<Option<Storm>>>,
}

impl Weather {
    pub fn over(inner: SharedHttpClient) -> Self {
        Self { inner, storm: Arc::default() }
    }

    /// From now on these calls fail.
    pub fn set(&self, storm: Storm) {
        *self.storm.lock().unwrap_or_else(PoisonError::into_inner) = Some(storm);
    }

    /// From now on every call goes through.
    pub fn clear(&self) {
        *self.storm.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What this request meets, if anything.
    fn trouble(&self, request: &HttpRequest) -> Option<Trouble> {
        let storm = self.storm.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        // `…Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`
        let mut scope = request.headers().get("authorization")?.split('/').skip(2);
        let (region, service) = (scope.next()?, scope.next()?);
        let hits = storm.region.is_none_or(|it| it == region) && storm.service.is_none_or(|it| it == service);
        hits.then_some(storm.trouble)
    }
}

impl HttpClient for Weather {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let beyond = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Line { weather: self.clone(), beyond })
    }
}

/// One way through the weather.
#[derive(Debug)]
struct Line {
    weather: Weather,
    beyond: SharedHttpConnector,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.weather.trouble(&request) {
            None => self.beyond.call(request),
            Some(Trouble::Unreachable) => {
                let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
                HttpConnectorFuture::ready(Err(ConnectorError::io(refused.into())))
            }
            Some(Trouble::Refused { code, message, status }) => {
                let error = ApiError::bad_request(code, message).with_status(status);
                HttpConnectorFuture::ready(Ok(refusal(request, &error)))
            }
        }
    }
}

/// The error, in the protocol of the request.
fn refusal(request: HttpRequest, error: &ApiError) -> HttpResponse {
    let (parts, body) = request.try_into_http1x().expect("the SDK's request").into_parts();
    let body = Bytes::copy_from_slice(body.bytes().expect("a body in memory"));
    let incoming = Incoming::read(&http::Request::from_parts(parts, body));
    let outgoing = Outgoing {
        dialect: incoming.dialect,
        operation: &incoming.operation,
        xmlns: "",
        shape_of_code: None,
        request_id: REQUEST_ID,
    };
    outgoing.failure(error).map(SdkBody::from).try_into().expect("a response of known parts")
}
