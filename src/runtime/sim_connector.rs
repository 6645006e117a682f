//! The SDK's HTTP, answered by the simulator in the same process.

use std::{io, time::Duration};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;

use super::embedded::Embedded;
use crate::sim::edge::network::{Carried, exchange};

/// The HTTP client that reaches `sim`, whatever the endpoint; every answer takes `latency` of real time.
pub fn http_client(sim: impl Into<Embedded>, latency: Duration) -> SharedHttpClient {
    SharedHttpClient::new(SimConnector { sim: sim.into(), latency })
}

#[derive(Debug, Clone)]
struct SimConnector {
    sim: Embedded,
    latency: Duration,
}

impl HttpClient for SimConnector {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for SimConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { sim, latency } = self.clone();
        HttpConnectorFuture::new(async move {
            let request = incoming(request).await.map_err(ConnectorError::user)?;
            let sim = sim.sim().await.map_err(|error| ConnectorError::io(error.into()))?;
            let response = exchange(&sim, &request, latency).await.map_err(|error| match error.kind() {
                io::ErrorKind::TimedOut => ConnectorError::timeout(error.into()),
                _ => ConnectorError::io(error.into()),
            })?;
            outgoing(response).map_err(|error| ConnectorError::other(error, None))
        })
    }
}

/// The SDK's request as the simulator takes it, its body read to the end.
async fn incoming(request: HttpRequest) -> Result<http::Request<Bytes>, BoxError> {
    let (parts, body) = request.try_into_http1x()?.into_parts();
    Ok(http::Request::from_parts(parts, body.collect().await?.to_bytes()))
}

/// An answer that breaks off is read as a stream, which fails where it does.
fn outgoing(response: http::Response<Carried>) -> Result<HttpResponse, BoxError> {
    let body = |carried: Carried| match carried.into_whole() {
        Ok(body) => SdkBody::from(body),
        Err(broken) => SdkBody::from_body_1_x(broken),
    };
    Ok(HttpResponse::try_from(response.map(body))?)
}
