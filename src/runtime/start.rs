//! Starting a console: from flags and files to an [`App`], a way to AWS and a clock.

use std::{collections::BTreeMap, io, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::{
    attach,
    bills::Bills,
    clock::Clock,
    connection::{Connection, Keys},
    embedded::Embedded,
    mutes::Mutes,
    perform::Performer,
    reach::Reach,
    sim_connector,
    stage::Stage,
    writer::Writer,
};
use crate::{
    app::{
        App,
        msg::Msg,
        settings::{Settings, WorldKind},
    },
    aws::{
        clients::{self, ConnectError},
        meter::Meter,
    },
    domain::{
        id::Scope,
        query::{Outcome, Query},
        text::SafeText,
    },
    journal::Journal,
    sim::{
        Sim,
        estates::{self, generated::Extent},
        pace::Pace,
        scenario::{self, Scenario},
    },
    stack::model::{Stack, StackScope},
};

/// Where the data is to come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// AWS, or what answers at the endpoint, with the user's credentials.
    Aws { endpoint_url: Option<String> },
    /// A simulator in this process.
    Embedded(Simulated),
    /// A running `quarterdeck sim`.
    Attached { endpoint_url: String },
}

/// How a simulated world starts and runs.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// Each with how much of the world's time passes before it begins.
    pub scenarios: Vec<(Scenario, SignedDuration)>,
    /// A generated world of this extent instead of the five estates.
    pub extent: Option<Extent>,
    pub speed: f64,
    pub seed: u64,
    pub latency: Duration,
}

/// A console ready to run.
#[derive(Debug)]
pub struct Started {
    pub app: App,
    pub clock: Clock,
    pub performer: Performer,
    pub answers: mpsc::UnboundedReceiver<Msg>,
}

/// Why a console cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("failed to attach to the simulator at {endpoint}: {error}; start one with `quarterdeck sim`")]
    Attach { endpoint: String, error: io::Error },
    #[error("failed to {0}")]
    Connect(#[from] ConnectError),
}

/// What makes the simulated world, whose time passes from `start` and now on, however long the making takes.
pub fn simulator(simulated: &Simulated, start: Timestamp) -> impl FnOnce() -> Sim + Send + use<> {
    let Simulated { scenarios, extent, seed, speed, .. } = simulated.clone();
    let pace = Pace::running(start, speed);
    move || {
        let mut world = match extent {
            Some(extent) => estates::generated::world(seed, start, extent),
            None => estates::world(seed, start),
        };
        for (scenario, after) in &scenarios {
            scenario::begin_after(&mut world, scenario, *after);
        }
        Sim::new(world, pace)
    }
}

/// Makes everything that a console of `stacks` needs. Calls nobody but the simulator it attaches to.
pub async fn start(
    source: Source,
    stacks: Vec<Stack>,
    mut settings: Settings,
    journal: Journal,
    bills: Bills,
    mutes: Mutes,
) -> Result<Started, StartError> {
    let (sender, answers) = mpsc::unbounded_channel();
    let simulated = !matches!(source, Source::Aws { .. });
    let (http, endpoint_url, clock, world, stage) = match source {
        Source::Aws { endpoint_url } => (clients::https(), endpoint_url, Clock::Real, WorldKind::Aws, Stage::Aws),
        Source::Embedded(simulated) => {
            let start = Clock::Real.now();
            let clock = Clock::simulated(start, simulated.speed);
            let sim = Embedded::making(simulator(&simulated, start));
            let http = sim_connector::http_client(sim.clone(), simulated.latency);
            (http, None, clock, WorldKind::Simulated { speed: simulated.speed }, Stage::Embedded(sim))
        }
        Source::Attached { endpoint_url } => {
            let told = attach::clock(&endpoint_url).await;
            let (clock, speed) = told.map_err(|error| StartError::Attach { endpoint: endpoint_url.clone(), error })?;
            let stage = Stage::Attached { endpoint: endpoint_url.clone() };
            (clients::https(), Some(endpoint_url), clock, WorldKind::Simulated { speed }, stage)
        }
    };
    settings.world = world;
    let scenarios = stage.scenarios().await.unwrap_or_else(|error| {
        // Only the palette offers less.
        tracing::warn!(%error, "ask for the simulator's scenarios");
        Vec::new()
    });
    let keys = if simulated { Keys::Simulator { accounts: accounts(&stacks) } } else { Keys::User };
    let meter = meter(clock, sender.clone());
    let connection = Connection { http, endpoint_url, meter, keys };
    let reach = Reach::new(connection, clock, bills);
    let known = reach.known(&stacks).await;
    let writer = Writer::new(journal, reach.clone(), settings.read_only);
    let (muted, unread) = match mutes.load() {
        Ok(muted) => (muted, None),
        Err(error) => (Vec::new(), Some(format!("muted.json: {error}: every signal is told"))),
    };
    let performer = Performer::new(reach, stage, writer, mutes, sender);
    let mut app = App::new(settings, stacks, clock.now());
    app.mutes = muted;
    app.left_out.extend(unread.map(SafeText::from));
    app.scenarios = scenarios;
    for (request, answer, at) in known {
        if app.settings.narrowed && matches!(request.query, Query::Allocation { .. }) {
            continue;
        }
        app.estate.receive(&request, Outcome::Complete(answer), at);
    }
    Ok(Started { app, clock, performer, answers })
}

/// Reports every attempt to the console as it ends.
fn meter(clock: Clock, sender: mpsc::UnboundedSender<Msg>) -> Meter {
    let now = move || -> Timestamp { clock.now() };
    Meter::new(now, move |attempt| {
        // The console has been left; nobody counts any more.
        let _left = sender.send(Msg::Attempted(attempt));
    })
}

/// The account that each scope's credentials must belong to.
fn accounts(stacks: &[Stack]) -> BTreeMap<Scope, String> {
    let scopes = stacks.iter().flat_map(|stack| &stack.scopes);
    let account = |it: &StackScope| it.account.as_ref().map(|account| (it.scope.clone(), account.to_string()));
    scopes.filter_map(account).collect()
}
