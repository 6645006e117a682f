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
    scenario,
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

/// The simulator's own calls: `GET clock` tells the world's time and speed, `GET health` that it answers, `GET scenarios`
/// which scenarios there are; `POST scenarios/NAME` begins one.
fn control(method: &Method, name: &str, sim: &Sim) -> Response<Bytes> {
    let name: Vec<&str> = name.split('/').collect();
    match (method, name.as_slice()) {
        (&Method::GET, ["clock"]) => {
            told(StatusCode::OK, &json!({ "now": sim.now().to_string(), "speed": sim.speed() }))
        }
        (&Method::GET, ["health"]) => told(StatusCode::OK, &json!({ "status": "ok" })),
        (&Method::GET, ["scenarios"]) => {
            let shipped = scenario::shipped().into_iter();
            let scenarios = shipped.map(|it| json!({ "name": it.name, "title": it.title, "teaches": it.teaches }));
            told(StatusCode::OK, &scenarios.collect())
        }
        (&Method::POST, ["scenarios", scenario]) => match sim.begin(scenario) {
            Ok(()) => told(StatusCode::OK, &json!({ "begun": scenario })),
            Err(unknown) => told(StatusCode::NOT_FOUND, &json!({ "message": unknown.to_string() })),
        },
        (_, ["clock" | "health" | "scenarios"] | ["scenarios", _]) => {
            plain(StatusCode::METHOD_NOT_ALLOWED, "control calls are read with GET, and scenarios begun with POST")
        }
        _ => plain(StatusCode::NOT_FOUND, "no such control call"),
    }
}

fn told(status: StatusCode, answer: &serde_json::Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(answer.to_string()));
    *response.status_mut() = status;
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
    use crate::sim::{
        edge::{Trouble, network::Weather},
        pace::Pace,
        world::World,
    };

    const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";
    const SIGNED: &str =
        "authorization: AWS4-HMAC-SHA256 Credential=k/20261120/us-east-1/sts/aws4_request, Signature=0";

    /// Sends `requests` over one connection to a fresh server and returns everything it answers.
    async fn exchange(requests: &[String]) -> String {
        exchange_with(World::new(1, Timestamp::UNIX_EPOCH), requests).await
    }

    async fn exchange_with(world: World, requests: &[String]) -> String {
        let listener = bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        let address = listener.local_addr().unwrap();
        let sim = Arc::new(Sim::new(world, Pace::Stepped));
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
    async fn scenarios_are_listed_and_begun() {
        let ask = |line: &str| format!("{line} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let listed = exchange(&[ask("GET /_quarterdeck/scenarios")]).await;
        assert!(listed.contains(r#"{"name":"bad-deploy","title":"#), "{listed}");
        let begun = exchange(&[ask("POST /_quarterdeck/scenarios/calm")]).await;
        assert!(begun.ends_with(r#"{"begun":"calm"}"#), "{begun}");
        let unknown = exchange(&[ask("POST /_quarterdeck/scenarios/bad-deplo")]).await;
        assert!(unknown.starts_with("HTTP/1.1 404") && unknown.contains("did you mean"), "{unknown}");
        let read = exchange(&[ask("GET /_quarterdeck/scenarios/calm")]).await;
        assert!(read.starts_with("HTTP/1.1 405"), "{read}");
    }

    /// Everything that a client gets through weather that always does the same.
    async fn through(weather: Weather) -> String {
        let mut world = World::new(1, Timestamp::UNIX_EPOCH);
        world.edge.troubles.push(Trouble::Network(weather));
        exchange_with(world, &[post("connection: close\r\n")]).await
    }

    #[tokio::test]
    async fn bad_weather_comes_over_the_wire() {
        let calm = Weather {
            place: None,
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            stalls: 0.0,
            pages: 0.0,
            cuts: 0.0,
            resets: 0.0,
        };
        let page = through(Weather { pages: 1.0, ..calm.clone() }).await;
        assert!(page.starts_with("HTTP/1.1 200") && page.ends_with("</html>\n"), "{page}");
        let cut = through(Weather { cuts: 1.0, ..calm.clone() }).await;
        let (head, body) = cut.split_once("\r\n\r\n").unwrap();
        let announced: usize =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        assert!((1..announced).contains(&body.len()), "{cut}");
        assert_eq!(through(Weather { resets: 1.0, ..calm }).await, "");
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
