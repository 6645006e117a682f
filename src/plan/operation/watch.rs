//! What an operation needs read, and how far it has come, for whoever shows it.

use jiff::Timestamp;

use super::{
    Operation, PartState, group,
    judge::{self, Stage},
    verdict::Verdict,
};
use crate::{
    domain::{
        deployment::Deployment,
        estate::Estate,
        id::{Arn, Scope},
        metric::MetricRead,
        observation::Observation,
        query::{Query, Request},
        service::{Rollout, Service},
        target::{Target, TargetState},
        write::group::GroupWrite,
    },
    plan::{
        course::{Goal, Part},
        group::course::DrainWay,
        measure::Reads,
    },
};

/// The reads that show how an operation goes: near, until it has ended.
pub fn requests(operation: &Operation) -> Vec<Request> {
    if operation.has_ended() {
        return Vec::new();
    }
    let mut requests = of_group(operation);
    for part in &operation.course.parts {
        let (cluster, scope) = (&part.service.cluster, &part.service.scope);
        let mut ask = |query| requests.push(Request { scope: scope.clone(), query });
        ask(Query::Services { cluster: cluster.clone(), names: vec![part.service.name.clone()] });
        ask(Query::Tasks { cluster: cluster.clone() });
        ask(Query::Deployments { cluster: cluster.clone(), service: part.arn.clone() });
        if matches!(part.goal, Goal::Suspended { .. } | Goal::Scaled { .. }) {
            ask(Query::ScalableTargets);
        }
        for watched in &part.targets {
            ask(Query::Targets { group: watched.group.clone() });
        }
        if operation.course.verb.takes_several() {
            ask(Query::Alarms);
        }
    }
    let families = operation.unsure_families();
    requests.extend(families.map(|(part, family)| Request {
        scope: part.service.scope.clone(),
        query: Query::TaskDefinition { definition: Arn::new(family.as_str()) },
    }));
    requests
}

/// The group, the sessions of its gateways, and the target groups that they are taken out of.
fn of_group(operation: &Operation) -> Vec<Request> {
    let Some(course) = &operation.course.group else { return Vec::new() };
    let mut queries = vec![Query::Groups { names: vec![course.group.name.clone()] }];
    if let Some((table, gateway_attribute)) = course.table().cloned() {
        queries.push(Query::Sessions { table, gateway_attribute });
    }
    if let Some(DrainWay::TargetGroups(groups)) = course.drain().map(|it| &it.way) {
        queries.extend(groups.iter().map(|it| Query::Targets { group: it.clone() }));
    }
    let writes = course.certain();
    let makes = writes.iter().filter_map(|it| match it {
        GroupWrite::CreateTemplateVersion { template, .. } => Some(Query::Template { id: template.clone() }),
        _ => None,
    });
    queries.extend(makes);
    if course.refreshes() {
        queries.push(Query::Refreshes { group: course.group.name.clone() });
    }
    queries.into_iter().map(|query| Request { scope: course.group.scope.clone(), query }).collect()
}

/// The series that its gates look at.
pub fn reads(operation: &Operation) -> Vec<(Scope, MetricRead)> {
    if !operation.course.verb.takes_several() {
        return Vec::new();
    }
    let of_part = |part: &Part| -> Vec<(Scope, MetricRead)> {
        let groups = part.targets.iter().filter_map(|it| Some(Reads::of(&it.group, it.balancer.as_ref()?)));
        groups.flat_map(Reads::all).map(|read| (part.service.scope.clone(), read)).collect()
    };
    operation.course.parts.iter().flat_map(of_part).collect()
}

/// One part, as it can be seen now.
#[derive(Debug, Clone, PartialEq)]
pub struct View<'a> {
    pub part: &'a Part,
    pub state: &'a PartState,
    pub service: Option<&'a Service>,
    /// The service has been read since the last write: what is said of it is not of before.
    pub is_fresh: bool,
    /// The deployment that was begun, as the service tells of it.
    pub new: Option<&'a Rollout>,
    /// Tasks of all others.
    pub old: u32,
    pub deployment: Option<&'a Deployment>,
    pub targets: Vec<&'a Target>,
}

/// Everything known of each part.
pub fn views<'a>(operation: &'a Operation, estate: &'a Estate) -> Vec<View<'a>> {
    let parts = operation.course.parts.iter().zip(&operation.parts);
    parts.map(|(part, state)| view(part, state, estate)).collect()
}

fn view<'a>(part: &'a Part, state: &'a PartState, estate: &'a Estate) -> View<'a> {
    let known = estate.scope(&part.service.scope);
    let service = known.and_then(|it| it.service(part.arn.wire()));
    let services = known.and_then(|it| it.services.get(&part.service.cluster));
    let is_fresh = judge::written_at(state).is_some_and(|since| judge::fresh(services, since).is_some());
    let rollouts = || service.into_iter().flat_map(|it| &it.deployments);
    let new = match &state.primary {
        Some(id) => rollouts().find(|it| it.id == *id),
        None => service.and_then(Service::primary).filter(|it| Some(&it.id) != part.before.primary.as_ref()),
    };
    // Where nothing is deployed there is neither new nor old.
    let new = new.filter(|_| matches!(part.goal, Goal::Deployed { .. } | Goal::Undone { .. }));
    let old = rollouts().filter(|it| new.is_some_and(|new| new.id != it.id)).map(|it| it.running).sum();
    let deployments = known.and_then(|it| it.deployments.get(&part.arn)).and_then(Observation::value);
    let mut all = deployments.into_iter().flatten();
    let deployment = match state.deployment.as_ref().filter(|it| Some(*it) != part.before.newest.as_ref()) {
        Some(ours) => all.find(|it| it.arn == *ours),
        None => all.next().filter(|it| Some(&it.arn) != part.before.newest.as_ref()),
    };
    let targets = part.targets.iter().filter_map(|it| known?.targets.get(&it.group)?.value()).flatten().collect();
    View { part, state, service, is_fresh, new, old, deployment, targets }
}

impl View<'_> {
    pub fn targets_in(&self, state: TargetState) -> usize {
        self.targets.iter().filter(|it| it.state == state).count()
    }

    /// From 0 to 1: how much of what is asked for is there.
    pub fn progress(&self) -> f64 {
        match (&self.state.stage, self.service) {
            (Stage::There { .. }, _) => 1.0,
            (Stage::Waiting | Stage::Writing, _) | (_, None) => 0.0,
            _ if !self.is_fresh => 0.0,
            (_, Some(service)) => {
                let there = match (&self.part.goal, self.new) {
                    (Goal::Deployed { .. } | Goal::Undone { .. }, Some(new)) => {
                        f64::from(new.running.min(new.desired)) / f64::from(service.desired.max(1))
                    }
                    (Goal::Scaled { desired, .. }, _) => {
                        let (left, all) =
                            (service.running.abs_diff(*desired), self.part.before.desired.abs_diff(*desired));
                        1.0 - f64::from(left) / f64::from(all.max(1))
                    }
                    _ => 0.0,
                };
                // The last tenth is for what is verified at the end.
                there.clamp(0.0, 1.0) * 0.9
            }
        }
    }

    /// Seconds until the last draining target is gone, as far as its delay is known.
    pub fn drain_seconds_left(&self, now: Timestamp) -> Option<i64> {
        let delay = self.part.targets.iter().filter_map(|it| it.drain_seconds).max()?;
        let last = self.state.draining.values().max()?;
        Some((i64::from(delay) - now.duration_since(*last).as_secs()).max(0))
    }
}

/// Whether tasks have failed or ECS goes back: what had been reached may be lost again.
pub(super) fn falters(operation: &Operation, estate: &Estate) -> bool {
    let goes_back = |it: &View<'_>| matches!(it.state.stage, Stage::GoingBack) || it.state.stage.is_lost();
    operation.group.is_none()
        && views(operation, estate).iter().any(|it| goes_back(it) || it.new.is_some_and(|it| it.failed > 0))
}

/// From 0 to 1: all of it only where it has succeeded, and less than it was only where it falters.
pub fn progress(operation: &Operation) -> f64 {
    let succeeded = operation.ending().is_some_and(|it| it.verdict == Verdict::Succeeded);
    if succeeded { 1.0 } else { operation.reached }
}

/// From 0 to 1 over all parts, by what has been read.
pub(super) fn measured(operation: &Operation, estate: &Estate) -> f64 {
    if let (Some(state), Some(course)) = (&operation.group, &operation.course.group) {
        let refresh = group::sight::Sight::of(course, estate).and_then(|it| it.refresh(course, state));
        return refresh
            .map_or_else(|| group::drain::progress(state, course), |it| f64::from(it.percent.unwrap_or(0)) / 100.0);
    }
    let views = views(operation, estate);
    let sum: f64 = views.iter().map(View::progress).sum();
    if views.is_empty() { 0.0 } else { sum / views.len() as f64 }
}
