//! Days in the life of a fleet of gateways: load, a policy that competes, drains, replacements, crashes of the console
//! and answers that never come. No session is lost.
//!
//! A few hours in every run of the tests; whole days with `QUARTERDECK_SOAK_DAYS=200`.

use std::{collections::BTreeMap, env, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    aws::{
        Clients,
        clients::{Access, Credentials, Patience},
        fetch,
        meter::Meter,
        write,
    },
    cost::known::PriceBook,
    domain::{
        estate::Estate,
        fault::{Fault, FaultKind},
        group::Group,
        id::Scope,
        query::{Answer, Outcome, Query, Request},
        write::{WriteOutcome, WriteRequest},
    },
    plan::{
        NoPlan,
        action::Action,
        facts::Facts,
        group::action::{BoundsChoice, DrainChoice, GroupChange, GroupRef, Instances},
        guards::Conditions,
        model::{Confirmation, Plan},
        operation::{Operation, StepRef, watch},
        plan_for,
    },
    runtime::sim_connector::http_client,
    sim::{Sim, estates, pace::Pace},
    stack,
};

use crate::journeys::voyage::START;

/// A call as the journal has it.
type Sent = (StepRef, WriteRequest, Timestamp, WriteOutcome);

/// One simulated day, and the console in it.
struct Day {
    sim: Arc<Sim>,
    clients: Clients,
    group: GroupRef,
    stacks: Vec<stack::model::Stack>,
    random: u64,
    estate: Estate,
    operation: Option<(Operation, Vec<Sent>)>,
    /// Forecast and true seconds until a gateway was empty.
    forecasts: Vec<(i64, i64)>,
    ended: BTreeMap<&'static str, u32>,
    crashes: u32,
}

impl Day {
    async fn dawns(seed: u64) -> Self {
        let sim = Arc::new(Sim::new(estates::world(seed, START), Pace::Stepped));
        let stacks = stack::load::bundled().expect("the bundled stacks");
        let scope = Scope::new("estates", "us-east-1");
        let (http, told) = (http_client(sim.clone(), Duration::ZERO), sim.clone());
        let access = Access {
            credentials: Credentials::Simulator { account: "111122223333".to_owned() },
            endpoint_url: None,
            http,
            patience: Patience { attempts: 1, ..Patience::default() },
            meter: Meter::new(move || told.now(), |_| {}),
        };
        let clients = Clients::connect(&scope, &access).await.expect("the simulator's credentials need nothing");
        let group = GroupRef::new(&scope, "terminal-gateway-asg");
        Self {
            sim,
            clients,
            group,
            stacks,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            estate: Estate::default(),
            operation: None,
            forecasts: Vec::new(),
            ended: BTreeMap::new(),
            crashes: 0,
        }
    }

    /// Below `most`, by xorshift.
    fn chance(&mut self, most: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % most
    }

    fn lost(&self) -> u64 {
        self.sim.with_world(|world| world.regions.values().flat_map(|it| &it.sessions.fleets).map(|it| it.lost).sum())
    }

    async fn plan(&self, change: GroupChange) -> Option<Plan> {
        let action = Action::Group { group: self.group.clone(), change };
        let mut facts = Facts::default();
        loop {
            let prices = PriceBook::default();
            let conditions =
                Conditions { now: self.sim.now(), read_only: false, busy: &[], unread: None, prices: &prices };
            let requests = match plan_for(&action, &self.stacks, &facts, &conditions) {
                Ok(plan) => return Some(plan),
                Err(NoPlan::Refused(_)) => return None,
                Err(NoPlan::Needs(requests)) => requests,
            };
            for request in requests {
                let outcome = fetch(&self.clients, &request, self.sim.now()).await;
                facts.take(request, outcome, self.sim.now());
            }
        }
    }

    /// Begins what is planned, where nothing but the name has to be typed for it.
    async fn begin(&mut self, change: GroupChange) {
        let Some(plan) = self.plan(change).await else { return };
        if !matches!(&plan.confirmation, Confirmation::Type(text) if text.as_str() == "terminal-gateway-asg") {
            return;
        }
        let now = self.sim.now();
        let operation = Operation::begin(Arc::new(plan.course), plan.digest, "soak".into(), None, now);
        self.operation = Some((operation, Vec::new()));
        self.estate = Estate::default();
    }

    /// Reads what the operation wants to see, and sends what is due.
    async fn look(&mut self) {
        let Some((operation, _)) = &self.operation else { return };
        for request in watch::requests(operation) {
            let now = self.sim.now();
            let outcome = fetch(&self.clients, &request, now).await;
            self.estate.receive(&request, outcome, now);
        }
        let vanishes = self.chance(12) == 0;
        let Some((operation, sent)) = &mut self.operation else { return };
        let now = self.sim.now();
        operation.look(&self.estate, now);
        if let Some((step, request)) = operation.next_write() {
            assert!(operation.sent(step, now), "what is due may be sent");
            let taken = write(&self.clients, &request, now).await;
            let outcome = if vanishes { WriteOutcome::Unknown(no_answer(now)) } else { taken };
            operation.answered(step, outcome.clone(), now);
            sent.push((step, request, now, outcome));
        }
        if let Some(ending) = operation.ending() {
            *self.ended.entry(ending.verdict.word()).or_default() += 1;
            let planned = operation.course.group.as_ref().and_then(|it| it.drain()).map(|it| it.gateways.clone());
            for (planned, gateway) in planned.unwrap_or_default().iter().zip(operation.group_gateways()) {
                if let (Some(forecast), Some(took)) = (planned.forecast_seconds, gateway.took()) {
                    self.forecasts.push((forecast, took.as_secs()));
                }
            }
            self.operation = None;
        }
    }

    /// The console is killed, and the next one goes by the journal.
    fn crash(&mut self) {
        let Some((old, sent)) = &mut self.operation else { return };
        self.crashes += 1;
        let mut new = Operation::begin(old.course.clone(), old.digest.clone(), old.by.clone(), None, old.began_at);
        for (step, request, at, outcome) in sent.iter() {
            new.replay(*step, request, *at);
            new.answered(*step, outcome.clone(), *at);
        }
        new.resume(self.sim.now());
        *old = new;
        self.estate = Estate::default();
    }

    async fn known(&self) -> Group {
        let query = Query::Groups { names: vec![self.group.name.clone()] };
        let request = Request { scope: self.group.scope.clone(), query };
        match fetch(&self.clients, &request, self.sim.now()).await {
            Outcome::Complete(Answer::Groups(groups)) => groups.into_iter().next().expect("the group"),
            other => panic!("{other:?}"),
        }
    }

    /// Something that somebody does in the course of a day.
    async fn act(&mut self) {
        let group = self.known().await;
        let drain = DrainChoice { width: 1 + self.chance(2) as u32, ..DrainChoice::default() };
        let scale = |to| GroupChange::Scale { to, bounds: BoundsChoice::Keep, drain };
        let change = match self.chance(4) {
            0 => scale(group.desired + 1),
            1 | 2 => scale(group.desired.saturating_sub(1)),
            _ => {
                let at = self.chance(group.instances.len().max(1) as u64) as usize;
                let Some(instance) = group.instances.get(at) else { return };
                GroupChange::Drain { instance: instance.id.as_str().into(), replace: true, drain }
            }
        };
        self.begin(change).await;
    }

    async fn goes_by(&mut self, hours: i64) {
        self.begin(GroupChange::Protect { instances: Instances::All, protected: true }).await;
        let end = START + SignedDuration::from_hours(hours);
        while self.sim.now() < end {
            self.sim.advance(Duration::from_secs(if self.operation.is_some() { 30 } else { 300 }));
            self.look().await;
            match self.chance(60) {
                0 => self.crash(),
                1..=20 if self.operation.is_none() => self.act().await,
                _ => {}
            }
            let now = self.sim.now();
            if let Some((operation, _)) = &mut self.operation {
                operation.go_on(now);
                if self.random.is_multiple_of(400) {
                    operation.put_back("changed our minds", now);
                }
            }
        }
    }
}

fn no_answer(at: Timestamp) -> Fault {
    Fault {
        kind: FaultKind::TimedOut,
        operation: "autoscaling:Any".into(),
        code: "Timeout".into(),
        message: "no answer".into(),
        request_id: None,
        at,
    }
}

#[tokio::test]
async fn no_session_is_lost_on_any_day() {
    let asked: Option<u64> = env::var("QUARTERDECK_SOAK_DAYS").ok().and_then(|it| it.parse().ok());
    let (days, hours) = asked.map_or((1, 4), |days| (days, 24));
    let (mut ended, mut forecasts, mut crashes) = (BTreeMap::<&str, u32>::new(), Vec::new(), 0);
    for seed in 1..=days {
        let mut day = Day::dawns(seed).await;
        day.goes_by(hours).await;
        assert_eq!(day.lost(), 0, "seed {seed}: {:?}", day.operation.map(|it| it.0.notes));
        for (verdict, number) in day.ended {
            *ended.entry(verdict).or_default() += number;
        }
        forecasts.extend(day.forecasts);
        crashes += day.crashes;
    }
    assert!(ended.contains_key("succeeded"), "nothing was done: {ended:?}");
    let mut errors: Vec<f64> = forecasts
        .iter()
        .filter(|(forecast, took)| *forecast > 0 && *took > 0)
        .map(|(forecast, took)| (*took as f64 / *forecast as f64).log2())
        .collect();
    errors.sort_by(f64::total_cmp);
    let at = |share: f64| errors.get((errors.len() as f64 * share) as usize).map_or(f64::NAN, |it| it.exp2());
    println!(
        "{days} days: {ended:?}, {crashes} crashes; {} gateways emptied, true to forecast time {:.2} at the median, \
         {:.2} to {:.2} for four of five",
        errors.len(),
        at(0.5),
        at(0.1),
        at(0.9)
    );
}
