//! `quarterdeck sim`.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::{Failure, args::Simulation, exit, say};
use crate::{
    runtime::{
        clock::Clock,
        start::{self, Simulated},
    },
    sim::{
        listener,
        scenario::{self, Scenario},
    },
    toml_file::TextFile,
};

/// How fast a simulator of its own runs: other clients' clocks run at 1.
const SPEED: f64 = 1.0;

/// Serves the simulated world until interrupted.
pub fn serve(simulation: &Simulation, listen: SocketAddr, exposed: bool) -> Result<u8, Failure> {
    let sim = start::simulator(&simulated(simulation, SPEED)?, Clock::Real.now())();
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::error)?;
    runtime.block_on(async {
        let bound = listener::bind(listen, exposed).await;
        let socket = bound.map_err(|error| Failure::error(format!("failed to listen: {error}")))?;
        let address = socket.local_addr().map_err(Failure::error)?;
        say(&format!("quarterdeck sim listens on http://{address}"));
        say(&format!("  export AWS_ENDPOINT_URL=http://{address} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1"));
        say("  export AWS_ACCESS_KEY_ID=SIM111122223333 AWS_SECRET_ACCESS_KEY=simulator");
        let latency = Duration::from_millis(simulation.latency);
        let stop = async {
            // Without the signal there is nothing to wait for: serve until killed.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        listener::serve(socket, Arc::new(sim), latency, stop).await;
        Ok(exit::OK)
    })
}

/// What the flags say about a simulated world, which runs at `speed` where they do not.
pub fn simulated(simulation: &Simulation, speed: f64) -> Result<Simulated, Failure> {
    let speed = simulation.speed.unwrap_or(speed);
    if !(speed.is_finite() && speed > 0.0 && speed <= 10_000.0) {
        return Err(Failure::usage("--speed must be above 0 and at most 10000"));
    }
    Ok(Simulated {
        scenarios: scheduled(simulation)?,
        extent: simulation.generate,
        speed,
        seed: simulation.seed,
        latency: Duration::from_millis(simulation.latency),
    })
}

/// Each scenario with the time that passes before it.
fn scheduled(simulation: &Simulation) -> Result<Vec<(Scenario, SignedDuration)>, Failure> {
    let Simulation { scenario: names, at, .. } = simulation;
    if at.iter().any(SignedDuration::is_negative) {
        return Err(Failure::usage("--at must not be negative"));
    }
    let after = match at.as_slice() {
        [] => vec![SignedDuration::ZERO; names.len()],
        [all] => vec![*all; names.len()],
        each if each.len() == names.len() => each.to_vec(),
        _ => return Err(Failure::usage("--at must be given once for all scenarios, or once for each of them")),
    };
    names.iter().zip(after).map(|(name, after)| Ok((scenario(name)?, after))).collect()
}

/// A shipped scenario by its name, any other by its file.
fn scenario(name: &str) -> Result<Scenario, Failure> {
    let path = Path::new(name);
    if path.extension().is_none() {
        return scenario::named(name).map_err(Failure::usage);
    }
    let file = TextFile::read(path).map_err(|fault| Failure::faults(&[fault]))?;
    scenario::parse(&file).map_err(|faults| Failure::faults(&faults))
}
