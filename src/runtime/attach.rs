//! Attaching to a running `quarterdeck sim`: its clock, so that ages are told in its time, and its control calls.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Method, Request, StatusCode, Uri, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::{net::TcpStream, time};

use super::clock::Clock;

/// How long to wait for the simulator to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `GET /_quarterdeck/clock` answers.
#[derive(Debug, Deserialize)]
struct Told {
    now: Timestamp,
    speed: f64,
}

/// A clock in step with the simulator at `endpoint`; fails where nothing, or something else, answers there.
pub async fn clock(endpoint: &str) -> io::Result<(Clock, f64)> {
    let (_, body) = control(endpoint, Method::GET, "clock").await?;
    let told: Told = serde_json::from_slice(&body)
        .map_err(|_| io::Error::other("what answers there is no quarterdeck simulator"))?;
    Ok((Clock::simulated(told.now, told.speed), told.speed))
}

/// One of the simulator's own control calls: the status and body of its answer.
pub async fn control(endpoint: &str, method: Method, name: &str) -> io::Result<(StatusCode, Bytes)> {
    time::timeout(PATIENCE, ask(endpoint, method, name)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn ask(endpoint: &str, method: Method, name: &str) -> io::Result<(StatusCode, Bytes)> {
    let uri: Uri = endpoint.parse().map_err(io::Error::other)?;
    let authority = uri.authority().ok_or_else(|| io::Error::other("the endpoint has no host"))?;
    let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(&address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(format!("/_quarterdeck/{name}"))
        .header(HOST, authority.as_str())
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    Ok((status, body))
}
