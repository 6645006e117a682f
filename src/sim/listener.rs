//! The simulator over loopback, for any AWS client.
//!
//! Besides AWS it answers the simulator's own control calls under `/_quarterdeck/`.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    Sim,
    edge::network::{Carried, exchange},
    wire::incoming::LARGEST_BODY,
};

/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after a failed accept, which means that the process has run out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The simulator checks no signatures, so the network does not get to it by accident.
    #[error("{0} is not a loopback address, and the simulator lets every caller in; ask for it expressly")]
    Exposed(SocketAddr),
    #[error("listen on {address}: {source}")]
    Io { address: SocketAddr, source: io::Error },
}

/// Binds `address`, which must be loopback unless `exposed` says that any will do.
pub async fn bind(address: SocketAddr, exposed: bool) -> Result<TcpListener, BindError> {
    if !exposed && !address.ip().is_loopback() {
        return Err(BindError::Exposed(address));
    }
    TcpListener::bind(address).await.map_err(|source| BindError::Io { address, source })
}

/// Serves HTTP/1.1 with keep-alive until `shutdown` completes; connections still open are then dropped.
/// Every AWS answer is held back by `latency`.
pub async fn serve(listener: TcpListener, sim: Arc<Sim>, latency: Duration, shutdown: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&sim), latency));
                }
                Err(error) => {
                    tracing::warn!(%error, "accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, sim: Arc<Sim>, latency: Duration) {
    let service = service_fn(move |request| {
        let sim = Arc::clone(&sim);
        async move { respond(request, &sim, latency).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// An error closes the connection without an answer.
async fn respond(request: Request<Incoming>, sim: &Sim, latency: Duration) -> io::Result<Response<Carried>> {
    let plain = |status, text| Ok(plain(status, text).map(Carried::whole));
    if let Some(name) = request.uri().path().strip_prefix("/_quarterdeck/") {
        return Ok(control(request.method(), name, sim).map(Carried::whole));
    }
    let (head, body) = request.into_parts();
    // A body announced as too large is not waited for.
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    }
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or broke off"),
    };
    exchange(sim, &Request::from_parts(head, body), latency).await
}

/// The simulator's own calls: `GET clock` tells the world's time and speed, `GET health` that it answers.
fn control(method: &Method, name: &str, sim: &Sim) -> Response<Bytes> {
    let answer = match name {
        "clock" => json!({ "now": sim.now().to_string(), "speed": sim.speed() }),
        "health" => json!({ "status": "ok" }),
        _ => return plain(StatusCode::NOT_FOUND, "no such control call"),
    };
    if method != Method::GET {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "control calls are read with GET");
    }
    let mut response = Response::new(Bytes::from(answer.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
    };

    use super::*;
    use crate::sim::{pace::Pace, world::World};

    const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";
    const SIGNED: &str =
        "authorization: AWS4-HMAC-SHA256 Credential=k/20261120/us-east-1/sts/aws4_request, Signature=0";

    /// Sends `requests` over one connection to a fresh server and returns everything it answers.
    async fn exchange(requests: &[String]) -> String {
        let listener = bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        let address = listener.local_addr().unwrap();
        let sim = Arc::new(Sim::new(World::new(1, Timestamp::UNIX_EPOCH), Pace::Stepped));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, sim, Duration::ZERO, async {
            let _ = stopped.await;
        }));
        let mut stream = TcpStream::connect(address).await.unwrap();
        for request in requests {
            stream.write_all(request.as_bytes()).await.unwrap();
        }
        let mut answered = String::new();
        stream.read_to_string(&mut answered).await.unwrap();
        stop.send(()).unwrap();
        server.await.unwrap();
        answered
    }

    fn post(headers: &str) -> String {
        let length = WHO.len();
        format!(
            "POST / HTTP/1.1\r\nhost: x\r\n{SIGNED}\r\n{headers}content-type: application/x-www-form-urlencoded\r\n\
             content-length: {length}\r\n\r\n{WHO}"
        )
    }

    #[tokio::test]
    async fn one_connection_carries_several_requests() {
        let answered = exchange(&[post(""), post("connection: close\r\n")]).await;
        assert_eq!(answered.matches("HTTP/1.1 200 OK").count(), 2, "{answered}");
        assert_eq!(answered.matches("<Account>111122223333</Account>").count(), 2);
        assert_eq!(answered.matches("\r\ndate: ").count(), 2, "one Date each, and it is the real one");
    }

    #[tokio::test]
    async fn the_clock_can_be_asked() {
        let answered =
            exchange(&["GET /_quarterdeck/clock HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into()]).await;
        assert!(answered.ends_with(r#"{"now":"1970-01-01T00:00:00Z","speed":0.0}"#), "{answered}");
    }

    #[tokio::test]
    async fn a_body_past_the_bound_is_refused() {
        let length = LARGEST_BODY + 1;
        let head = format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        assert!(exchange(&[head]).await.starts_with("HTTP/1.1 413"));
    }

    #[tokio::test]
    async fn the_network_is_not_let_in_by_accident() {
        let refused = bind("0.0.0.0:0".parse().unwrap(), false).await.unwrap_err();
        assert!(matches!(refused, BindError::Exposed(_)));
        assert!(bind("0.0.0.0:0".parse().unwrap(), true).await.is_ok());
    }
}
