//! What to fetch next.
//!
//! Invariants: a read is under way at most once; a read that fails waits longer each time; calls a minute and
//! service stay within the budget, and what does not fit has its turn next; while a scope's credentials are expired only its identity is asked.

mod metrics;

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::{SignedDuration, Timestamp};

use super::{App, effect::Effect, sources};
use crate::domain::{
    cost::asking,
    fault::{Fault, FaultKind},
    id::Scope,
    inventory::Inventory,
    query::{Outcome, Query, Request},
    service::Service,
};

/// When each read was sent and is due again.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    slots: BTreeMap<Request, Slot>,
    /// Counts the reads sent; a late answer to an earlier one is told by it.
    generation: u64,
    /// Services that throttle, and until when they are left alone.
    paused: BTreeMap<(Scope, &'static str), Timestamp>,
    /// Scopes whose series cannot be read.
    failing: BTreeMap<Scope, metrics::Failing>,
    /// The second in which it was last worked out which reads are due.
    looked_at: Option<i64>,
    /// The second in which it was last worked out which series are due.
    series_looked_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    under_way: Option<(u64, Timestamp)>,
    /// When the last answer came, and how many before it failed in a row.
    ended: Option<Timestamp>,
    failures: u32,
    /// The first of those failures was for want of credentials, and no other followed.
    refused: bool,
    /// Asked for by the operator: due whatever the cadence says.
    wanted: bool,
}

/// A read that has not answered by then is given up; the SDK's own limit is well below it.
const GIVE_UP: SignedDuration = SignedDuration::from_mins(2);
/// The same of what is paid for: it is not asked twice because the first answer is long in coming.
const GIVE_UP_PAID: SignedDuration = asking::STANDS;
/// The longest that failing reads wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// How long a throttling service is left alone at first.
const THROTTLE_PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// How often expired credentials are tried again.
const IDENTITY_RETRY: SignedDuration = SignedDuration::from_secs(10);

/// The reads that are due now, marked as sent.
pub fn due(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    app.schedule.looked_at = Some(now.as_second());
    let of_place = sources::of_place(app);
    let (all, changing, watched) = (sources::all_beside(app, &of_place), changing(app), sources::watched(app));
    let near: HashSet<&Request> = of_place.iter().chain(&changing).chain(&watched).collect();
    let ranked = |request: Request| {
        let is_near = near.contains(&request) || may_be_noticed(app, &request);
        (!is_near, app.schedule.ended(&request), request)
    };
    let mut wanted: Vec<_> = all.into_iter().map(ranked).collect();
    // What has waited longest goes first: where the budget does not last for everything, everything has its turn.
    wanted.sort_by_key(|(is_far, ended, _)| (*is_far, *ended));
    for request in app.schedule.forget_all_but(&wanted.iter().map(|it| &it.2).collect()) {
        app.estate.leave(&request);
    }
    let mut load = Load::of(app);
    let mut effects = Vec::new();
    for (is_far, ended, request) in wanted {
        let is_near = !is_far;
        let urgency = if is_near || ended.is_none() { Urgency::Now } else { Urgency::InTurn };
        if !locked_out(app, &request)
            && app.schedule.is_due(&request, is_near, now)
            && load.takes(app, &request, urgency)
        {
            effects.push(send(app, request));
        }
    }
    effects.extend(metrics::due(app, &mut load));
    effects
}

/// The same as time passes: looked for once a second, unless something else has come about that reads follow from.
pub fn due_by_now(app: &mut App) -> Vec<Effect> {
    if app.schedule.looked_at == Some(app.now.as_second()) { Vec::new() } else { due(app) }
}

/// Sends one read at once, on the operator's word.
pub fn send(app: &mut App, request: Request) -> Effect {
    let now = app.now;
    app.estate.request(&request, now);
    let generation = app.schedule.mark_sent(&request, now);
    Effect::Fetch { request, generation }
}

/// Whether every read that the estate needs has ended at least once; failing counts as an answer.
pub fn has_answered(app: &App) -> bool {
    // What is wanted takes long to find; most often something is plainly still to come.
    if app.schedule.slots.values().any(|slot| slot.under_way.is_some() && slot.ended.is_none()) {
        return false;
    }
    let mut wanted = sources::all(app).into_iter();
    let answered = wanted.all(|request| {
        let ended = app.schedule.slots.get(&request).is_some_and(|slot| slot.ended.is_some());
        ended || locked_out(app, &request)
    });
    answered && metrics::has_answered(app)
}

/// Reads of what is moving: services in deployment, their targets and tasks. A deployment is followed until it is
/// known how it ended: the service itself is at rest before that.
fn changing(app: &App) -> Vec<Request> {
    let mut requests = Vec::new();
    for (scope, known) in &app.estate.scopes {
        let newest = |service: &Service| known.deployments.get(&service.arn)?.value()?.first();
        let is_moving = |service: &&Service| {
            service.is_deploying() || newest(service).is_some_and(|deployment| deployment.status.is_ongoing())
        };
        for (cluster, services) in &known.services {
            for service in services.value().into_iter().flat_map(BTreeMap::values).filter(is_moving) {
                let request = |query| Request { scope: scope.clone(), query };
                requests.push(request(Query::Tasks { cluster: cluster.clone() }));
                requests.push(request(Query::Deployments { cluster: cluster.clone(), service: service.arn.clone() }));
                let groups = service.load_balancers.iter().map(|it| it.target_group.clone());
                requests.extend(groups.map(|group| request(Query::Targets { group })));
            }
        }
    }
    requests
}

/// Whether it reads groups with instances on Spot capacity: a notice of AWS's lasts no longer than two minutes.
fn may_be_noticed(app: &App, request: &Request) -> bool {
    let (Query::Groups { names }, Some(known)) = (&request.query, app.estate.scope(&request.scope)) else {
        return false;
    };
    let groups = known.groups.value().into_iter().flat_map(BTreeMap::values);
    let mut named = groups.filter(|group| names.is_empty() || names.iter().any(|it| **it == *group.name.as_str()));
    named.any(|it| it.instances.iter().any(|it| it.spot))
}

/// Whether the scope's credentials are known to be of no use, so that only its identity is worth asking.
fn locked_out(app: &App, request: &Request) -> bool {
    let fault = app.estate.scope(&request.scope).and_then(|known| known.identity.fault());
    request.query != Query::Identity && fault.is_some_and(is_credentials)
}

fn is_credentials(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Expired | FaultKind::Credentials)
}

impl Schedule {
    /// When the newest read of this request was sent, if it is `generation`; answers to earlier ones are dropped.
    pub fn asked(&self, request: &Request, generation: u64) -> Option<Timestamp> {
        let (current, sent) = self.slots.get(request)?.under_way?;
        (current == generation).then_some(sent)
    }

    /// Notes how a read ended.
    pub fn note(&mut self, request: &Request, outcome: &Outcome, at: Timestamp) {
        let fault = match outcome {
            Outcome::Complete(_) => None,
            Outcome::Partial(_, fault) | Outcome::Failed(fault) => Some(fault),
        };
        if let Query::Metrics { .. } = request.query {
            self.note_series(&request.scope, outcome, at);
        }
        let slot = self.slots.entry(request.clone()).or_default();
        slot.under_way = None;
        slot.ended = Some(at);
        let failed_before = slot.failures > 0;
        slot.failures = if fault.is_some() { slot.failures + 1 } else { 0 };
        slot.refused = slot.failures == 1 && fault.is_some_and(is_credentials);
        let failures = slot.failures;
        match fault {
            Some(fault) if fault.kind == FaultKind::Throttled => {
                let pause = doubled(THROTTLE_PAUSE, failures - 1) + jitter(request);
                self.paused.insert((request.scope.clone(), service(&request.query)), after(at, pause));
            }
            Some(fault) if is_credentials(fault) => self.want_identity(&request.scope),
            // The identity answers again: everything of the scope is worth asking anew.
            None if request.query == Query::Identity && failed_before => self.retry_scope(&request.scope),
            // It answers all the while: what was refused is worth asking once more, with clients made anew. A service
            // that goes on refusing keeps its back-off.
            None if request.query == Query::Identity => self.retry_refused(&request.scope),
            _ => {}
        }
    }

    /// Makes these reads due whatever their cadence and back-off say.
    pub fn want(&mut self, requests: &[Request]) {
        for request in requests {
            if let Query::Metrics { .. } = request.query {
                // Nothing new is published before its time, but what failed is tried again.
                self.failing.remove(&request.scope);
                self.look_again();
            } else {
                self.slots.entry(request.clone()).or_default().wanted = true;
            }
        }
    }

    fn want_identity(&mut self, scope: &Scope) {
        let identity = Request { scope: scope.clone(), query: Query::Identity };
        let slot = self.slots.entry(identity).or_default();
        // Its own failure keeps its own pace.
        slot.wanted |= slot.failures == 0;
    }

    fn retry_scope(&mut self, scope: &Scope) {
        self.failing.remove(scope);
        for (_, slot) in self.slots.iter_mut().filter(|(request, slot)| request.scope == *scope && slot.failures > 0) {
            slot.failures = 0;
            slot.wanted = true;
        }
    }

    fn retry_refused(&mut self, scope: &Scope) {
        for (_, slot) in self.slots.iter_mut().filter(|(request, slot)| request.scope == *scope && slot.refused) {
            slot.wanted = true;
        }
    }

    /// When the last answer came; `None` sorts first.
    fn ended(&self, request: &Request) -> Option<Timestamp> {
        self.slots.get(request)?.ended
    }

    fn mark_sent(&mut self, request: &Request, now: Timestamp) -> u64 {
        self.generation += 1;
        let slot = self.slots.entry(request.clone()).or_default();
        slot.under_way = Some((self.generation, now));
        slot.wanted = false;
        self.generation
    }

    /// Returns those of the forgotten that failed when they were last tried.
    fn forget_all_but(&mut self, wanted: &HashSet<&Request>) -> Vec<Request> {
        let mut failed = Vec::new();
        self.slots.retain(|request, slot| {
            // Each read of series is another one: the tail that is missing differs.
            let once = !request.query.is_watched() || matches!(request.query, Query::Metrics { .. });
            // Who looks away and back again does not ask twice.
            let once = once || sources::comes_and_goes(&request.query);
            let kept = wanted.contains(request) || once && slot.under_way.is_some();
            // Whether cost may be asked again rests on how it answered.
            let is_passing = sources::comes_and_goes(&request.query) && !request.query.is_of_cost();
            if !kept && slot.failures > 0 && is_passing {
                failed.push(request.clone());
            }
            kept
        });
        failed
    }

    fn is_due(&self, request: &Request, near: bool, now: Timestamp) -> bool {
        let pause = || self.paused.get(&(request.scope.clone(), service(&request.query)));
        if !self.paused.is_empty() && pause().is_some_and(|until| now < *until) {
            return false;
        }
        let Some(slot) = self.slots.get(request) else { return true };
        if slot.under_way.is_some_and(|(_, sent)| now.duration_since(sent) < give_up(&request.query)) {
            return false;
        }
        slot.wanted || slot.ended.is_none_or(|ended| now >= after(ended, slot.wait(request, near)))
    }
}

/// How much of the budget a read may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgency {
    /// On screen, changing, or never read.
    Now,
    InTurn,
}

impl Urgency {
    /// Calls a minute. A large estate renewed in the background uses its budget up; half as much again is left for what
    /// somebody waits for.
    fn most(self, calls_per_minute: u32) -> usize {
        let budget = calls_per_minute as usize;
        match self {
            Self::Now => budget + budget / 2,
            Self::InTurn => budget,
        }
    }
}

/// The calls of the last minute and those under way, by service: counted once for everything that is about to be sent.
#[derive(Debug, Default)]
struct Load {
    under_way: BTreeMap<&'static str, usize>,
    calls: BTreeMap<&'static str, usize>,
}

impl Load {
    fn of(app: &App) -> Self {
        let mut load = Self::default();
        for (request, _) in app.schedule.slots.iter().filter(|(_, slot)| slot.under_way.is_some()) {
            *load.under_way.entry(service(&request.query)).or_default() += 1;
        }
        load
    }

    /// Whether the service of `request` may be called once more this minute; if so it counts as called.
    fn takes(&mut self, app: &App, request: &Request, urgency: Urgency) -> bool {
        let service = service(&request.query);
        let under_way = self.under_way.get(service).copied().unwrap_or_default();
        let calls = self.calls.entry(service).or_insert_with(|| app.meter.last_minute(service) + under_way);
        let fits = *calls < urgency.most(app.settings.calls_per_minute);
        *calls += usize::from(fits);
        fits
    }
}

impl Slot {
    /// How long to wait after the last answer.
    fn wait(&self, request: &Request, near: bool) -> SignedDuration {
        let cadence = sources::cadence_of(&request.query);
        match (self.failures, &request.query) {
            (0, _) if near => cadence.near,
            (0, _) => cadence.far + jitter(request),
            (_, Query::Identity) => IDENTITY_RETRY,
            (failures, _) => doubled(cadence.near, failures) + jitter(request),
        }
    }
}

/// How long a read is waited for.
fn give_up(query: &Query) -> SignedDuration {
    if query.is_of_cost() { GIVE_UP_PAID } else { GIVE_UP }
}

/// `base` doubled `times` times, up to the longest wait.
fn doubled(base: SignedDuration, times: u32) -> SignedDuration {
    (base * 2_i32.saturating_pow(times.min(10))).min(LONGEST_WAIT)
}

/// Up to three seconds, by the request: spreads reads that would else fall together, the same each time.
fn jitter(request: &Request) -> SignedDuration {
    let mut hasher = DefaultHasher::new();
    request.hash(&mut hasher);
    SignedDuration::from_millis((hasher.finish() % 3000).cast_signed())
}

fn after(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// The service whose bucket a query mainly drains, as operations are prefixed.
fn service(query: &Query) -> &'static str {
    match query {
        Query::Identity => "sts:",
        Query::Clusters
        | Query::Services { .. }
        | Query::Tasks { .. }
        | Query::Deployments { .. }
        | Query::TaskDefinition { .. }
        | Query::Revisions { .. } => "ecs:",
        Query::ScalableTargets | Query::ServiceActivities => "application-autoscaling:",
        Query::Groups { .. } | Query::Activities { .. } | Query::AllActivities | Query::Refreshes { .. } => {
            "autoscaling:"
        }
        Query::Template { .. } | Query::AllTemplates | Query::NatGateways => "ec2:",
        Query::Inventory { of } => match of {
            Inventory::Vpcs
            | Inventory::Subnets
            | Inventory::InternetGateways
            | Inventory::SecurityGroups { .. }
            | Inventory::LaunchTemplates { .. } => "ec2:",
            Inventory::LoadBalancer { .. } => "elasticloadbalancing:",
            Inventory::Table { .. } => "dynamodb:",
            Inventory::Repository { .. } => "ecr:",
            Inventory::Role { .. } => "iam:",
        },
        Query::TargetGroups | Query::TargetGroupAttributes { .. } | Query::Targets { .. } | Query::Listeners { .. } => {
            "elasticloadbalancing:"
        }
        Query::Alarms | Query::AlarmHistory | Query::MetricListed { .. } | Query::Metrics { .. } => "cloudwatch:",
        Query::Sessions { .. } => "dynamodb:",
        Query::Logs { .. } => "logs:",
        Query::Repository { .. } | Query::Images { .. } | Query::Image { .. } => "ecr:",
        Query::Permissions { .. } => "iam:",
        Query::Bill { .. } | Query::Forecast { .. } | Query::Allocation { .. } | Query::BilledAccounts { .. } => "ce:",
        Query::Budgets { .. } => "budgets:",
        // Asked by hand, one at a time.
        Query::Raw { .. } => "raw:",
    }
}

#[cfg(test)]
mod tests;
