//! The simulator behind a demo, as far as scenarios are begun on it.

use std::io;

use hyper::{Method, StatusCode};
use serde::Deserialize;

use super::{attach, embedded::Embedded};
use crate::{app::settings::Staged, sim::scenario};

/// Where scenarios can be begun.
#[derive(Debug, Clone)]
pub enum Stage {
    /// On AWS: nowhere.
    Aws,
    /// On the simulator in this process.
    Embedded(Embedded),
    /// On the `quarterdeck sim` at this endpoint.
    Attached { endpoint: String },
}

/// One of those that `GET /_quarterdeck/scenarios` answers.
#[derive(Debug, Deserialize)]
struct Told {
    name: String,
    title: String,
}

/// What a refused control call answers.
#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
}

impl Stage {
    /// The scenarios that it knows.
    pub async fn scenarios(&self) -> io::Result<Vec<Staged>> {
        match self {
            Self::Aws => Ok(Vec::new()),
            Self::Embedded(_) => {
                let shipped = scenario::shipped().into_iter();
                Ok(shipped
                    .map(|it| Staged { name: it.name.as_str().into(), title: it.title.as_str().into() })
                    .collect())
            }
            Self::Attached { endpoint } => {
                let (_, body) = attach::control(endpoint, Method::GET, "scenarios").await?;
                let told: Vec<Told> = serde_json::from_slice(&body).map_err(io::Error::other)?;
                Ok(told.into_iter().map(|it| Staged { name: it.name.into(), title: it.title.into() }).collect())
            }
        }
    }

    /// Begins a scenario now; fails with what to tell the operator.
    pub async fn begin(&self, name: &str) -> Result<(), String> {
        match self {
            Self::Aws => Err("scenarios happen on a simulator only".to_owned()),
            Self::Embedded(sim) => {
                let sim = sim.sim().await.map_err(|error| error.to_string())?;
                sim.begin(name).map_err(|error| error.to_string())
            }
            Self::Attached { endpoint } => {
                let answer = attach::control(endpoint, Method::POST, &format!("scenarios/{name}")).await;
                match answer.map_err(|error| format!("the simulator at {endpoint}: {error}"))? {
                    (StatusCode::OK, _) => Ok(()),
                    (status, body) => {
                        let refusal = serde_json::from_slice::<Refusal>(&body);
                        Err(refusal.map_or_else(|_| format!("the simulator answers {status}"), |it| it.message))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use jiff::Timestamp;

    use super::*;
    use crate::sim::{Sim, listener, pace::Pace, world::World};

    fn sim() -> Arc<Sim> {
        Arc::new(Sim::new(World::new(1, Timestamp::UNIX_EPOCH), Pace::Stepped))
    }

    async fn speaks(stage: &Stage, sim: &Sim) {
        let scenarios = stage.scenarios().await.unwrap();
        assert!(scenarios.iter().any(|it| it.name.as_str() == "calm" && it.title.as_str() == "An ordinary day"));
        stage.begin("expired-credentials").await.unwrap();
        sim.advance(Duration::from_secs(20));
        assert!(sim.with_world(|world| world.edge.has_expired("444455556666")));
        let unknown = stage.begin("expired").await.unwrap_err();
        assert!(unknown.starts_with("unknown scenario \"expired\" ("), "{unknown}");
    }

    #[tokio::test]
    async fn scenarios_begin_in_process_and_over_loopback_alike() {
        let embedded = sim();
        speaks(&Stage::Embedded(embedded.clone().into()), &embedded).await;
        let served = sim();
        let socket = listener::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        let endpoint = format!("http://{}", socket.local_addr().unwrap());
        tokio::spawn(listener::serve(socket, served.clone(), Duration::ZERO, std::future::pending()));
        speaks(&Stage::Attached { endpoint }, &served).await;
    }

    #[tokio::test]
    async fn on_aws_there_is_nothing_to_begin() {
        assert_eq!(Stage::Aws.scenarios().await.unwrap(), []);
        assert!(Stage::Aws.begin("calm").await.is_err());
    }
}
