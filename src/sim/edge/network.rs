//! The network between client and simulator, as bad as scenarios make it.
//!
//! Times here are real time: what clients wait for and give up on. What happens to which exchange is decided by the
//! seed and the order of the requests, never by real randomness.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Body, Frame, SizeHint};

use super::{Edge, Trouble};
use crate::sim::{Sim, wire::signature::Signature, world::Place};

/// How long an answer that stalls is held back.
const STALL: Duration = Duration::from_secs(10);

/// What stands where an emulator has died and something else answers on its port.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>It works!</title></head>\
    <body><h1>It works!</h1><p>This is the default page of the web server.</p></body></html>\n";

/// A condition of the network. Shares are of all exchanges, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Weather {
    /// Where the calls that it hits go to; `None` for all.
    pub place: Option<Place>,
    /// What every answer takes, and by how much more or less.
    pub latency: Duration,
    pub jitter: Duration,
    /// Answers held back for ten seconds.
    pub stalls: f64,
    /// Calls that get a web page instead of an answer.
    pub pages: f64,
    /// Answers that break off in the middle.
    pub cuts: f64,
    /// Connections reset after the call was taken and before it was answered.
    pub resets: f64,
}

/// What becomes of one exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Passage {
    delay: Duration,
    damage: Option<Damage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    Page,
    Cut,
    Reset,
}

/// One exchange with the simulator over the network as it is; every answer takes `latency` besides. An error is a
/// connection that was reset.
///
/// Whatever becomes of the answer, the call has been carried out. Where a test steps the time nobody waits for bad
/// weather: an answer that stalls is then an error, as clients would have given it up.
pub async fn exchange(sim: &Sim, request: &Request<Bytes>, latency: Duration) -> io::Result<Response<Carried>> {
    let passage = sim.with_world(|world| world.edge.passage(request));
    let answer = match passage.damage {
        Some(Damage::Page) => Ok(page()),
        Some(Damage::Cut) => Ok(sim.handle(request).map(Carried::cut)),
        Some(Damage::Reset) => {
            sim.handle(request);
            Err(io::ErrorKind::ConnectionReset.into())
        }
        None => Ok(sim.handle(request).map(Carried::whole)),
    };
    let delay = if sim.is_stepped() { latency } else { latency + passage.delay };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if sim.is_stepped() && passage.delay >= STALL { Err(io::ErrorKind::TimedOut.into()) } else { answer }
}

fn page() -> Response<Carried> {
    let mut page = Response::new(Carried::whole(Bytes::from_static(PAGE.as_bytes())));
    *page.status_mut() = StatusCode::OK;
    page.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    page
}

impl Edge {
    /// Decides what becomes of the exchange that this request begins.
    fn passage(&mut self, request: &Request<Bytes>) -> Passage {
        let mut passage = Passage::default();
        let Self { troubles, random, .. } = self;
        let weather = troubles.iter().filter_map(|it| match it {
            Trouble::Network(weather) => Some(weather),
            _ => None,
        });
        for weather in weather.filter(|it| it.hits(request)) {
            let jitter = weather.jitter.mul_f64(random.unit());
            let steady = weather.latency + jitter;
            passage.delay += if random.chance(0.5) { steady } else { weather.latency.saturating_sub(jitter) };
            if random.chance(weather.stalls) {
                passage.delay += STALL;
            }
            let mut fate = random.unit();
            for (share, damage) in
                [(weather.pages, Damage::Page), (weather.cuts, Damage::Cut), (weather.resets, Damage::Reset)]
            {
                if (0.0..share).contains(&fate) {
                    passage.damage = Some(damage);
                }
                fate -= share;
            }
        }
        passage
    }
}

impl Weather {
    fn hits(&self, request: &Request<Bytes>) -> bool {
        let Some(place) = &self.place else { return true };
        Signature::read(request.headers())
            .is_ok_and(|signature| signature.region == place.region && signature.account() == place.account)
    }
}

/// A body on its way: whole, or announced as whole and broken off in the middle.
#[derive(Debug)]
pub struct Carried {
    left: Bytes,
    /// Bytes that were announced and do not come.
    lost: u64,
    /// What has come has had time to be sent.
    rested: bool,
}

impl Carried {
    pub fn whole(body: Bytes) -> Self {
        Self { left: body, lost: 0, rested: false }
    }

    fn cut(mut body: Bytes) -> Self {
        let half = body.len() / 2;
        let lost = (body.len() - half).max(1) as u64;
        body.truncate(half);
        Self { left: body, lost, rested: false }
    }

    /// All of it, where nothing is lost.
    pub fn into_whole(self) -> Result<Bytes, Self> {
        if self.lost == 0 { Ok(self.left) } else { Err(self) }
    }
}

impl Body for Carried {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let left = std::mem::take(&mut self.left);
        if !left.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(left))));
        }
        if self.lost > 0 && !std::mem::replace(&mut self.rested, true) {
            // A server sends what it has while it waits for more; after an error it sends nothing.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let lost = std::mem::take(&mut self.lost);
        Poll::Ready((lost > 0).then(|| Err(io::ErrorKind::UnexpectedEof.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.lost == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64 + self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weather() -> Weather {
        let zero = Duration::ZERO;
        Weather { place: None, latency: zero, jitter: zero, stalls: 0.0, pages: 0.0, cuts: 0.0, resets: 0.0 }
    }

    fn passages(seed: u64, weather: Weather) -> Vec<Passage> {
        let mut edge = Edge::new(seed);
        edge.troubles.push(Trouble::Network(weather));
        let request = Request::new(Bytes::new());
        (0..4000).map(|_| edge.passage(&request)).collect()
    }

    #[test]
    fn shares_are_kept_and_the_seed_decides() {
        let bad = Weather { pages: 0.2, cuts: 0.3, resets: 0.1, stalls: 0.05, ..weather() };
        let found = passages(7, bad.clone());
        let share = |of: fn(&Passage) -> bool| found.iter().filter(|it| of(it)).count() as f64 / 4000.0;
        assert!((share(|it| it.damage == Some(Damage::Page)) - 0.2).abs() < 0.03);
        assert!((share(|it| it.damage == Some(Damage::Cut)) - 0.3).abs() < 0.03);
        assert!((share(|it| it.damage == Some(Damage::Reset)) - 0.1).abs() < 0.02);
        assert!((share(|it| it.delay >= STALL) - 0.05).abs() < 0.02);
        assert_eq!(found, passages(7, bad.clone()));
        assert_ne!(found, passages(8, bad));
    }

    #[test]
    fn latency_strays_by_its_jitter_to_both_sides() {
        let [least, low, latency, high, most] = [180, 240, 300, 360, 420].map(Duration::from_millis);
        let found = passages(7, Weather { latency, jitter: most.abs_diff(latency), ..weather() });
        assert!(found.iter().all(|it| (least..=most).contains(&it.delay)));
        assert!(found.iter().any(|it| it.delay < low));
        assert!(found.iter().any(|it| it.delay > high));
    }

    #[test]
    fn only_calls_to_its_place_are_hit() {
        let place = Some(Place::new("444455556666", "eu-west-2"));
        let hit = Weather { place, resets: 1.0, ..weather() };
        let to = |region: &str| {
            let scope = format!("AWS4-HMAC-SHA256 Credential=SIM444455556666/20261120/{region}/x/aws4_request");
            Request::post("/").header("authorization", scope).body(Bytes::new()).unwrap()
        };
        assert!(hit.hits(&to("eu-west-2")));
        assert!(!hit.hits(&to("eu-west-1")));
        assert!(!hit.hits(&Request::new(Bytes::new())), "nobody knows where an unsigned call goes");
    }

    #[test]
    fn a_body_that_is_cut_announces_all_of_itself() {
        let cut = Carried::cut(Bytes::from_static(b"0123456789"));
        assert_eq!(cut.size_hint().exact(), Some(10));
        assert!(cut.into_whole().is_err());
        assert_eq!(Carried::whole(Bytes::from_static(b"abc")).into_whole().unwrap(), &b"abc"[..]);
        assert_eq!(Carried::cut(Bytes::new()).size_hint().exact(), Some(1), "an empty answer breaks off too");
    }
}
