//! One simulated day, and the console in it.

use std::{sync::Arc, time::Duration};

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
        id::Scope,
        order::Order,
        query::{Answer, Outcome, Query, Request},
        write::{Write, WriteOutcome, WriteRequest, group::GroupWrite},
    },
    plan::{
        NoPlan,
        action::Action,
        facts::Facts,
        group::action::{GroupChange, GroupRef},
        guards::Conditions,
        model::{Confirmation, Plan, VALID},
        operation::{Operation, StepRef, group::Mode, watch},
        plan_for,
    },
    runtime::sim_connector::http_client,
    sim::{
        Sim,
        autoscaling::{self, seed::put_behind_balancer},
        estates,
        pace::Pace,
        world::{Tick, sessions::Fleet},
    },
    stack::{self, drain::DrainBy, model::Stack},
};

use super::figures::{Emptied, Figures};
use crate::journeys::voyage::START;

pub const GROUP: &str = "terminal-gateway-asg";

/// How long a day is; what is under way at its end is watched on for at most as long again.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How far time goes at once: while an operation does something, while it only waits, and else.
const WATCHED: Duration = Duration::from_secs(40);
const SETTLED: Duration = Duration::from_mins(4);
const IDLE: Duration = Duration::from_mins(5);

/// A call as the journal has it; `None`: the console went before it was answered.
type Sent = (StepRef, WriteRequest, Timestamp, Option<WriteOutcome>);

/// An operation under way, and what the journal has of it.
pub struct UnderWay {
    pub operation: Operation,
    sent: Vec<Sent>,
    /// What was said of it, as the journal has it.
    orders: Vec<(Timestamp, Order)>,
    /// Sessions that were lost before it began, and that somebody has given up since.
    lost_before: u64,
    given_up: u64,
    /// Nobody looks before: the console is away.
    away_until: Option<Timestamp>,
    /// The last look led to nothing: sessions are waited for.
    is_settled: bool,
}

/// One simulated day, and the console in it.
pub struct Day {
    pub sim: Arc<Sim>,
    clients: Clients,
    pub group: GroupRef,
    stacks: Vec<Stack>,
    random: u64,
    estate: Estate,
    pub under_way: Option<UnderWay>,
    /// Every gateway is protected all day; else the policy is kept quiet while nobody watches.
    standing_protection: bool,
    figures: Figures,
    seed: u64,
    /// Sessions lost so far, and what the group told of each time that some were.
    lost_so_far: u64,
    losses: Vec<String>,
}

impl Day {
    /// The way to drain and who keeps the group from ending gateways by itself differ from day to day.
    pub async fn dawns(seed: u64) -> Self {
        let mut world = estates::gateways(seed, START);
        let mut stacks = stack::load::bundled().expect("the bundled stacks");
        let by = match seed % 4 {
            2 => DrainBy::TargetGroup,
            3 => DrainBy::Tag { key: "quarterdeck:drain".into(), value: "true".into() },
            _ => DrainBy::Standby,
        };
        if by == DrainBy::TargetGroup {
            let (place, region) = world.regions.iter_mut().next().expect("the region of the gateways");
            let tick = &mut Tick { now: START, place, random: &mut world.random };
            put_behind_balancer(region, tick, GROUP, 60);
        }
        for group in stacks.iter_mut().flat_map(|it| &mut it.groups).filter(|it| &*it.name == GROUP) {
            group.drain.by = by.clone();
        }
        let sim = Arc::new(Sim::new(world, Pace::Stepped));
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
        let figures = Figures { days: 1, ..Figures::default() };
        Self {
            sim,
            clients,
            group: GroupRef::new(&scope, GROUP),
            stacks,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            estate: Estate::default(),
            under_way: None,
            standing_protection: seed % 8 < 4,
            figures,
            seed,
            lost_so_far: 0,
            losses: Vec::new(),
        }
    }

    pub fn figures(self) -> Figures {
        self.figures
    }

    /// Below `most`, by xorshift.
    pub fn chance(&mut self, most: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % most
    }

    fn with_fleet<T>(&self, look: impl FnOnce(&mut Fleet) -> T) -> T {
        self.sim.with_world(|world| {
            let mut fleets = world.regions.values_mut().flat_map(|it| &mut it.sessions.fleets);
            look(fleets.next().expect("a fleet"))
        })
    }

    pub fn with_group<T>(&self, look: impl FnOnce(&mut autoscaling::Group) -> T) -> T {
        self.sim.with_world(|world| {
            let mut regions = world.regions.values_mut();
            look(regions.find_map(|it| it.autoscaling.groups.get_mut(GROUP)).expect("the group"))
        })
    }

    fn lost(&self) -> u64 {
        self.with_fleet(|it| it.lost)
    }

    async fn plan(&self, change: GroupChange) -> Option<Plan> {
        let action = Action::Group { group: self.group.clone(), change };
        let mut facts = Facts::default();
        let prices = PriceBook::default();
        let now = self.sim.now();
        let conditions = Conditions {
            now,
            valid: VALID,
            read_only: false,
            busy: &[],
            unread: None,
            prices: &prices,
            watched: Some(&self.estate),
        };
        loop {
            let requests = match plan_for(&action, &self.stacks, &facts, &conditions) {
                Ok(plan) => return Some(plan),
                Err(NoPlan::Refused(_)) => return None,
                Err(NoPlan::Needs(requests)) => requests,
            };
            for request in requests {
                let outcome = fetch(&self.clients, &request, now).await;
                facts.take(request, outcome, now);
            }
        }
    }

    /// Begins what is planned, where nothing blocks it; what it wants to be typed is typed.
    pub async fn begin(&mut self, change: GroupChange) {
        let Some(plan) = self.plan(change).await else { return };
        if plan.confirmation == Confirmation::Impossible {
            return;
        }
        let now = self.sim.now();
        // What was typed, as `lose 4 terminal-gateway-asg`.
        let typed: Option<u64> = match &plan.confirmation {
            Confirmation::Type(text) => {
                text.as_str().strip_prefix("lose ").and_then(|it| it.split(' ').next()?.parse().ok())
            }
            _ => None,
        };
        let operation = Operation::begin(Arc::new(plan.course), plan.digest, "soak".into(), None, now);
        let lost_before = self.lost();
        self.under_way = Some(UnderWay {
            operation,
            sent: Vec::new(),
            orders: Vec::new(),
            lost_before,
            given_up: typed.unwrap_or_default(),
            away_until: None,
            is_settled: false,
        });
    }

    async fn read(&mut self, request: &Request) {
        let now = self.sim.now();
        let outcome = fetch(&self.clients, request, now).await;
        self.estate.receive(request, outcome, now);
    }

    /// Reads what the operation wants to see, and sends what is due.
    async fn look(&mut self) {
        let Some(UnderWay { operation, .. }) = &self.under_way else { return };
        for request in watch::requests(operation) {
            self.read(&request).await;
        }
        let now = self.sim.now();
        let Some(UnderWay { operation, is_settled, .. }) = &mut self.under_way else { return };
        let before = (operation.notes.len(), operation.group_gateways().to_vec());
        operation.look(&self.estate, now);
        let due = operation.next_write();
        *is_settled = due.is_none() && before == (operation.notes.len(), operation.group_gateways().to_vec());
        if let Some((step, request)) = due {
            assert!(operation.sent(step, now), "what is due may be sent");
            self.send(step, request).await;
        }
        self.close();
    }

    /// Sends one call; now and then the answer is lost, or the call itself, or the console goes before the answer comes.
    async fn send(&mut self, step: StepRef, request: WriteRequest) {
        let (weather, now) = (self.chance(40), self.sim.now());
        let taken = if weather == 1 { None } else { Some(write(&self.clients, &request, now).await) };
        self.figures.calls += u64::from(taken.is_some());
        let outcome = match weather {
            0 | 1 => Some(WriteOutcome::Unknown(no_answer(now))),
            2 => None,
            _ => taken,
        };
        let Some(UnderWay { operation, sent, .. }) = &mut self.under_way else { return };
        if let Some(outcome) = &outcome {
            operation.answered(step, outcome.clone(), now);
        }
        let crashes = outcome.is_none();
        sent.push((step, request, now, outcome));
        if crashes {
            self.crash();
        }
    }

    /// Takes the operation off where it has its verdict, and notes what came of it.
    fn close(&mut self) {
        let lost = self.lost();
        let Some(UnderWay { operation, lost_before, given_up, .. }) = &self.under_way else { return };
        let Some(ending) = operation.ending() else { return };
        let calls: Vec<_> = operation.group.iter().flat_map(|it| &it.calls).map(|it| (&it.write, &it.state)).collect();
        assert!(
            lost - lost_before <= *given_up,
            "seed {}: {:#?}\n{:#?}\n{calls:#?}",
            self.seed,
            self.losses,
            operation.notes
        );
        let told = format!("{}: {}, {}", self.sim.now(), operation.course.title, ending.summary);
        self.losses.push(told);
        self.figures.given_up += lost - lost_before;
        *self.figures.verdicts.entry(ending.verdict.word()).or_default() += 1;
        *self.figures.verbs.entry(operation.course.verb.word()).or_default() += 1;
        let drain = operation.course.group.as_ref().and_then(|it| it.drain());
        let planned = drain.map_or(&[][..], |it| it.gateways.as_slice());
        for (planned, gateway) in planned.iter().zip(operation.group_gateways()) {
            match (planned.forecast, gateway.took()) {
                (Some(forecast), Some(took)) if planned.sessions > 0 => {
                    self.figures.emptied.push(Emptied { sessions: planned.sessions, forecast, took: took.as_secs() });
                }
                (Some(_), None) if gateway.closed_at.is_some() => self.figures.put_back += 1,
                _ => {}
            }
        }
        self.under_way = None;
    }

    /// The console is killed, and the next one goes by the journal, a while later.
    fn crash(&mut self) {
        let now = self.sim.now();
        let away = SignedDuration::from_secs(i64::try_from(self.chance(1200)).expect("small"));
        let Some(UnderWay { operation: old, sent, orders, away_until, .. }) = &mut self.under_way else { return };
        let mut new = Operation::begin(old.course.clone(), old.digest.clone(), old.by.clone(), None, old.began_at);
        for (step, request, at, outcome) in sent.iter() {
            new.replay(*step, request, *at);
            if let Some(outcome) = outcome {
                new.answered(*step, outcome.clone(), *at);
            }
        }
        for (at, order) in orders.iter() {
            let _changed = new.obey(*order, *at);
        }
        new.resume(now);
        *old = new;
        *away_until = now.checked_add(away).ok();
        self.estate = Estate::default();
        self.figures.crashes += 1;
    }

    /// What the policy may do: where nothing is protected all day, it is kept quiet until a console watches.
    fn quiet(&self) {
        if self.standing_protection {
            return;
        }
        // What gives its protection back has done its work: whoever began it keeps the policy quiet again.
        let gives_back = |request: &WriteRequest| match &request.write {
            Write::Group(GroupWrite::SetInstanceProtection { protected, .. }) => !protected,
            Write::Group(GroupWrite::UpdateGroup { change, .. }) => change.protect_new == Some(false),
            _ => false,
        };
        // Only a drain keeps all that is in service protected.
        let drain = self.under_way.as_ref().filter(|it| !it.operation.group_gateways().is_empty());
        let watched = drain.is_some_and(|it| !it.sent.iter().any(|(_, it, ..)| gives_back(it)));
        self.with_group(|group| {
            let bare = group.in_service().any(|it| !it.protected);
            for process in ["AlarmNotification", "AZRebalance"] {
                if watched && !bare {
                    group.suspended.remove(process);
                } else if !watched {
                    group.suspended.insert(process.to_owned(), "nobody watches".to_owned());
                }
            }
        });
    }

    /// How far time goes at once.
    fn pace(&self) -> Duration {
        match &self.under_way {
            Some(it) if it.is_settled && !it.operation.refreshes() => SETTLED,
            Some(_) => WATCHED,
            None => IDLE,
        }
    }

    /// Notes what the group tells where sessions were lost.
    async fn miss(&mut self) {
        let lost = self.lost();
        if lost == self.lost_so_far {
            return;
        }
        let now = self.sim.now();
        self.losses.push(format!("{now}: {lost} lost in all; before {}", self.lost_so_far));
        self.lost_so_far = lost;
        let query = Query::Activities { group: self.group.name.clone() };
        let request = Request { scope: self.group.scope.clone(), query };
        if let Outcome::Complete(Answer::Activities(all)) = fetch(&self.clients, &request, now).await {
            self.losses
                .extend(all.iter().take(6).map(|it| format!("  {} {}: {}", it.started_at, it.description, it.cause)));
        }
    }

    /// A console that only looks on sees how sessions end.
    async fn look_on(&mut self) {
        let Some(spec) = self.stacks.iter().flat_map(|it| &it.groups).find(|it| &*it.name == GROUP) else { return };
        let table = spec.sessions.as_ref().and_then(|it| it.table.clone());
        let Some((table, gateway_attribute)) = table else { return };
        let scope = self.group.scope.clone();
        let of_group = Query::Groups { names: vec![self.group.name.clone()] };
        for query in [of_group, Query::Sessions { table, gateway_attribute }] {
            self.read(&Request { scope: scope.clone(), query }).await;
        }
    }

    pub async fn goes_by(&mut self) {
        if self.standing_protection {
            self.with_group(|group| {
                group.protect_new = true;
                group.members.iter_mut().for_each(|it| it.protected = true);
            });
        }
        let evening = START + DAY;
        while self.sim.now() < evening || (self.under_way.is_some() && self.sim.now() < evening + DAY) {
            self.quiet();
            self.sim.advance(self.pace());
            self.miss().await;
            let now = self.sim.now();
            if now.as_second() % 3600 < 60 {
                let surge = [0.3, 0.7, 1.0, 1.0, 1.5, 3.0][self.chance(6) as usize];
                self.with_fleet(|it| it.surge = surge);
            }
            let away = self.under_way.as_ref().and_then(|it| it.away_until).is_some_and(|it| now < it);
            if away {
                continue;
            }
            if self.under_way.is_some() {
                self.watch().await;
                continue;
            }
            self.look_on().await;
            if self.chance(4) == 0 && now < evening {
                self.act().await;
            }
        }
        let lost = self.lost();
        assert_eq!(lost, self.figures.given_up, "seed {}: lost while nothing was done: {:#?}", self.seed, self.losses);
    }

    /// Looks, and says what somebody at the keyboard may say.
    async fn watch(&mut self) {
        self.look().await;
        // A refresh is over within minutes, and so more is said of it.
        let refreshes = self.under_way.as_ref().is_some_and(|it| it.operation.refreshes());
        let word = self.chance(if refreshes { 60 } else { 1_500 });
        let Some(UnderWay { operation, .. }) = &self.under_way else { return };
        let Some(state) = &operation.group else { return };
        let left = quarterdeck::plan::operation::group::drain::left(state);
        let is_paused = matches!(state.mode, Mode::Paused { .. });
        let new = operation.lost_by_putting_back(&self.estate);
        match word {
            0 | 1 => {
                if new > 0 {
                    self.say(Order::GiveUp { sessions: new });
                }
                self.say(Order::PutBack);
            }
            2 | 3 if refreshes => self.say(Order::StopRefresh),
            2 | 3 if left > 0 => self.say(Order::GiveUp { sessions: left }),
            4..=6 => self.say(Order::Pause),
            7..=9 => self.crash(),
            _ if is_paused && word.is_multiple_of(5) => self.say(Order::GoOn),
            _ => {}
        }
    }

    /// Somebody says this, and the journal has it if anything follows from it.
    fn say(&mut self, order: Order) {
        let now = self.sim.now();
        let Some(UnderWay { operation, orders, given_up, .. }) = &mut self.under_way else { return };
        if operation.obey(order, now) {
            orders.push((now, order));
            if let Order::GiveUp { sessions } = order {
                *given_up += u64::from(sessions);
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
