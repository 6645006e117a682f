//! The five estates as they ship: stack files, world and scenarios, read as the console reads them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use quarterdeck::{
    app::{
        App,
        settings::{Reads, Settings, WorldKind},
        sources,
    },
    aws::{Clients, fetch},
    domain::{
        cost::month::Month,
        id::Scope,
        query::{Outcome, Query, Request},
        signal::Signal,
    },
    metrics::{self, window::FINE},
    runtime::sim_connector::http_client,
    sim::{
        Sim, estates,
        pace::Pace,
        scenario,
        world::{Place, Region},
    },
    stack::{load::bundled, model::Stack},
    triage::signals,
};

use super::watch::{access, heard};

/// A Monday, 06:00 UTC.
const START: Timestamp = Timestamp::constant(1_767_592_800, 0);

/// What is true of the terminal estate on the calmest day: one of its alarms watches a metric that nobody publishes.
const DEAD_ALARM: &str = "notice dead-alarm terminal-gateway-unhealthy";

/// Everything that ships, watched.
pub struct Shift {
    sim: Arc<Sim>,
    clients: BTreeMap<Scope, Clients>,
    app: App,
}

impl Shift {
    pub async fn begin() -> Self {
        Self::begin_at(START).await
    }

    pub async fn begin_at(start: Timestamp) -> Self {
        let sim = Arc::new(Sim::new(estates::world(7, start), Pace::Stepped));
        let stacks = bundled().expect("the bundled stacks have no fault");
        let mut clients = BTreeMap::new();
        for at in stacks.iter().flat_map(|it| &it.scopes) {
            let account = at.account.as_ref().expect("bundled stacks name their accounts").as_str();
            let access = access(account, http_client(sim.clone(), Duration::ZERO));
            let connected = Clients::connect(&at.scope, &access).await;
            clients.insert(at.scope.clone(), connected.expect("the simulator's credentials need nothing"));
        }
        let settings = Settings {
            read_only: true,
            heeds_notices: false,
            no_cost: false,
            narrowed: false,
            keymap: Arc::default(),
            themes: Vec::new(),
            world: WorldKind::Simulated { speed: 0.0 },
            reads: Reads::Estate,
            calls_per_minute: u32::MAX,
        };
        Self { sim, clients, app: App::new(settings, stacks, start) }
    }

    pub fn start(&self, scenario: &str) {
        self.sim.with_world(|world| scenario::start(world, scenario)).expect("a shipped scenario");
    }

    /// Reads everything, and what that shows to be there, and says what is wrong.
    pub async fn look(&mut self) -> Vec<Signal> {
        let now = self.sim.now();
        let mut done = Vec::new();
        loop {
            let mut open: Vec<_> = sources::all(&self.app).into_iter().filter(|it| !done.contains(it)).collect();
            if open.is_empty() {
                // What is measured is known once everything else is.
                open.extend(self.series().into_iter().filter(|it| !done.contains(it)));
            }
            if open.is_empty() {
                return signals(&self.app.estate, &self.app.stacks, now);
            }
            for request in open {
                let outcome = fetch(&self.clients[&request.scope], &request, now).await;
                self.app.estate.receive(&request, outcome, now);
                done.push(request);
            }
        }
    }

    /// The series that triage rests on, as one read for each stack and scope.
    fn series(&self) -> Vec<Request> {
        let scopes = self.app.stacks.iter().flat_map(|stack| stack.scopes.iter().map(move |it| (stack, &it.scope)));
        let request = |(stack, scope): (&Stack, &Scope)| {
            let found = metrics::of_stack(stack, scope, self.app.estate.scope(scope));
            let reads: Vec<_> = found.iter().filter(|it| it.watched).map(|it| it.read(FINE)).collect();
            (!reads.is_empty()).then(|| Request { scope: scope.clone(), query: Query::Metrics { reads, minutes: 180 } })
        };
        scopes.filter_map(request).collect()
    }

    /// Asks what every stack costs, and says what is wrong.
    pub async fn look_at_costs(&mut self) -> Vec<Signal> {
        let (now, mut requests) = (self.sim.now(), BTreeSet::new());
        let month = Month::current(now);
        for stack in &self.app.stacks {
            let (scope, cost) = (&stack.scopes[0].scope, stack.cost.as_ref().expect("its part of the bill"));
            let account = stack.scopes[0].account.as_ref().expect("its account").as_str().into();
            let queries = [
                Query::Bill { filter: cost.filter.clone(), month },
                Query::Allocation { key: "Project".into(), month },
                Query::Budgets { account },
            ];
            requests.extend(queries.map(|query| Request { scope: scope.clone(), query }));
        }
        for request in requests {
            let outcome = fetch(&self.clients[&request.scope], &request, now).await;
            assert!(matches!(outcome, Outcome::Complete(_)), "{request:?}: {outcome:?}");
            self.app.estate.receive(&request, outcome, now);
        }
        signals(&self.app.estate, &self.app.stacks, now)
    }

    /// Watches a stack no more, as if it had no stack file.
    pub fn leave_out(&mut self, stack: &str) {
        self.app.stacks.retain(|it| it.name.as_str() != stack);
    }

    /// An operator's clients in the first scope of a stack.
    pub async fn clients(&self, stack: &str) -> Clients {
        let stack = self.app.stacks.iter().find(|it| it.name.as_str() == stack).expect("a bundled stack");
        let at = &stack.scopes[0];
        let account = at.account.as_ref().expect("bundled stacks name their accounts").as_str();
        let access = access(account, http_client(self.sim.clone(), Duration::ZERO));
        Clients::connect(&at.scope, &access).await.expect("the simulator's credentials need nothing")
    }

    /// Lets seconds pass.
    pub fn wait(&self, seconds: u64) {
        self.sim.advance(Duration::from_secs(seconds));
    }

    /// Lets hours pass.
    pub fn pass(&self, hours: u64) {
        self.sim.advance(Duration::from_hours(hours));
    }

    /// Reaches into the simulated region of the account.
    pub fn region<T>(&self, account: &str, region: &str, reach: impl FnOnce(&mut Region) -> T) -> T {
        self.sim.with_world(|world| reach(world.region(&Place::new(account, region))))
    }

    /// Watches for so many minutes, looking every `beat` seconds: each change of what is told but the dead alarm.
    pub async fn over(&mut self, minutes: u64, beat: u64) -> Vec<String> {
        let mut changes: Vec<String> = Vec::new();
        for _ in 0..minutes * 60 / beat {
            let mut signals = self.look().await;
            let all = signals.len();
            signals.retain(|it| heard(std::slice::from_ref(it)) != DEAD_ALARM);
            assert_eq!(all, signals.len() + 1, "the dead alarm is always told");
            let told = heard(&signals);
            if changes.last() != Some(&told) {
                changes.push(told);
            }
            self.sim.advance(Duration::from_secs(beat));
        }
        changes
    }
}

/// What is told begins with nothing, and these are first heard in this order. What lasts shorter than a look may be
/// missed between two.
#[track_caller]
pub fn in_order(told: &[String], expected: &[&str]) {
    let first = |what: &&str| told.iter().position(|it| it.contains(*what));
    let heard: Vec<_> = expected.iter().map(first).collect();
    assert_eq!(told.first().map(String::as_str), Some(""), "{told:?}");
    assert!(heard.iter().all(Option::is_some) && heard.is_sorted(), "{heard:?} in {told:?}");
}

#[tokio::test]
async fn a_calm_day_is_silent() {
    let mut shift = Shift::begin().await;
    // What lasts for minutes only is looked for in the hours in which most changes: the rise of the morning, the peak.
    for (hours, beat) in [(1, 60), (6, 900), (2, 120), (15, 900)] {
        assert_eq!(shift.over(hours * 60, beat).await, [""], "every {beat} s");
    }
}

#[tokio::test]
async fn a_bad_deployment_is_told_as_a_rollback() {
    let mut shift = Shift::begin().await;
    shift.start("bad-deploy");
    assert_eq!(
        shift.over(20, 30).await,
        ["", "notice rollout-faltering terminal-api", "warning rollout-rolled-back terminal-api"]
    );
}

#[tokio::test]
async fn sick_targets_are_told_until_they_recover() {
    let mut shift = Shift::begin().await;
    shift.start("unhealthy-targets");
    let told = shift.over(40, 60).await;
    in_order(
        &told,
        // The alarm on its errors is evidence of these, and no signal of its own.
        &["critical failing-open cma-api-production", "health-checks-failing cma-api-production"],
    );
    assert_eq!(told.last().map(String::as_str), Some(""), "{told:?}");
}

#[tokio::test]
async fn a_surge_of_sessions_is_told_before_and_when_there_is_no_room() {
    let mut shift = Shift::begin().await;
    shift.start("session-surge");
    let told = shift.over(12, 15).await;
    let full = "critical sessions-near-limit terminal-gateway-asg";
    in_order(&told, &["warning sessions-near-limit terminal-gateway-asg", full]);
    let later = shift.over(60, 120).await;
    assert!(later.iter().any(|it| it.contains("group-at-max terminal-gateway-asg")), "{later:?}");
}

#[tokio::test]
async fn small_troubles_of_an_ordinary_day_are_told_and_forgotten() {
    let mut shift = Shift::begin().await;
    shift.start("everyday");
    let told = shift.over(75, 60).await;
    in_order(&told, &["warning latency-promise-broken mint-server", "errors-high cma-api-production"]);
    assert_eq!(told.last().map(String::as_str), Some(""), "{told:?}");
}

#[tokio::test]
async fn a_number_of_tasks_below_the_range_of_autoscaling_is_told() {
    let mut shift = Shift::begin().await;
    assert_eq!(heard(&shift.look().await), DEAD_ALARM);
    let clients = shift.clients.iter().find(|(scope, _)| &*scope.region == "eu-west-2").expect("the scope of cma").1;
    let call = clients.ecs().update_service().cluster("cma-production").service("cma-api-production");
    call.desired_count(1).send().await.expect("ECS takes such a number without a word");
    shift.sim.advance(Duration::from_secs(5));
    let mut told = shift.look().await;
    told.retain(|it| it.rule != "dead-alarm");
    assert_eq!(heard(&told), "warning desired-outside-range cma-api-production");
    assert_eq!(told[0].summary.as_str(), "cma-api-production is set to 1 task, below the minimum of 2");
}
