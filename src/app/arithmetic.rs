//! The arithmetic of a deployment under way: how far the service may drop and rise, how many of the new tasks are
//! healthy, what still drains and for how long.

use jiff::{SignedDuration, Timestamp};

use super::joins::cluster_of;
use crate::{
    domain::{
        estate::ScopeEstate,
        observation::Observation,
        service::Service,
        target::{Target, TargetState},
        task::Task,
    },
    triage::deregistered_at,
};

/// As `2 of 2 new healthy; may drop to 1, may rise to 4; draining 1, 212 s left`: what moves first, where a line is cut.
pub fn words(known: &ScopeEstate, service: &Service, now: Timestamp) -> String {
    let (rolling, desired) = (service.rolling, service.desired);
    let bounds = format!("may drop to {}, may rise to {}", rolling.floor(desired), rolling.ceiling(desired));
    [fresh(known, service), Some(bounds), draining(known, service, now)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}

/// The targets of each of the service's target groups; `None` where one has not been read.
fn targets<'a>(known: &'a ScopeEstate, service: &Service) -> Option<Vec<&'a [Target]>> {
    let groups = service.load_balancers.iter();
    groups.map(|it| known.targets.get(&it.target_group)?.value().map(Vec::as_slice)).collect()
}

/// How many of the newest deployment's tasks serve: healthy in every target group of the service, or, where it has none,
/// running and not unhealthy.
fn fresh(known: &ScopeEstate, service: &Service) -> Option<String> {
    let primary = service.primary()?;
    let tasks = known.tasks.get(cluster_of(service.arn.wire())).and_then(Observation::value);
    let (Some(tasks), Some(groups)) = (tasks, targets(known, service)) else {
        return Some(format!("{} of {} new running", primary.running, primary.desired));
    };
    let is_healthy = |group: &&[Target], task: &Task| {
        let address = task.address.as_ref();
        group.iter().any(|it| Some(&it.id) == address && it.state == TargetState::Healthy)
    };
    let new = tasks.values().filter(|it| it.is_running() && it.started_by == primary.id);
    let healthy =
        new.filter(|task| task.health.as_str() != "UNHEALTHY" && groups.iter().all(|group| is_healthy(group, task)));
    Some(format!("{} of {} new healthy", healthy.count(), primary.desired))
}

/// How many targets drain, and for how long yet: the deregistration delay counts from the event that tells of it.
fn draining(known: &ScopeEstate, service: &Service, now: Timestamp) -> Option<String> {
    let (mut count, mut left) = (0, None::<i64>);
    for (balancer, targets) in service.load_balancers.iter().zip(targets(known, service)?) {
        let draining = targets.iter().filter(|it| it.state == TargetState::Draining).count();
        count += draining;
        let group = known.target_groups.value().and_then(|it| it.get(&balancer.target_group));
        let delay = group.and_then(|it| it.attributes.deregistration_delay);
        let since = deregistered_at(service, &balancer.target_group);
        if let (1.., Some(delay), Some(since)) = (draining, delay, since) {
            let over = since.saturating_add(SignedDuration::from_secs(delay.into())).unwrap_or(now);
            left = left.max(Some(over.duration_since(now).as_secs()));
        }
    }
    match (count, left) {
        (0, _) => None,
        (count, Some(left @ 0..)) => Some(format!("draining {count}, {left} s left")),
        (count, Some(over)) => Some(format!("draining {count}, {} s over its delay", -over)),
        (count, None) => Some(format!("draining {count}")),
    }
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::{
        domain::target::TargetState,
        triage::testing::{Given, TARGET_GROUP, now, scope, target, task},
    };

    fn told(given: &Given) -> String {
        let estate = given.estate();
        words(estate.scope(&scope()).expect("known"), &given.services[0], now())
    }

    /// Two new tasks beside an old one that drains since 88 s, of 300 s.
    fn rolling() -> Given {
        let mut given = Given::healthy();
        given.service().rolling.minimum_percent = 50;
        given.deploying(240);
        for (id, address) in [("cccc3333", "10.0.3.21"), ("dddd4444", "10.0.4.22")] {
            let mut new = task(id, address);
            new.started_by = "ecs-svc/2222".into();
            given.tasks.push(new);
            given.targets.push(target(address, TargetState::Healthy));
        }
        given.targets[0].state = TargetState::Draining;
        given.target_groups[0].attributes.deregistration_delay = Some(300);
        given.event(88, &format!("(service terminal-api) deregistered 1 targets in (target-group {TARGET_GROUP})"));
        given
    }

    #[test]
    fn a_deployment_is_told_in_numbers() {
        let mut given = rolling();
        let bounds = "may drop to 1, may rise to 4";
        assert_eq!(told(&given), format!("2 of 2 new healthy; {bounds}; draining 1, 212 s left"));
        given.targets[3].state = TargetState::Initial;
        given.target_groups[0].attributes.deregistration_delay = Some(30);
        assert_eq!(told(&given), format!("1 of 2 new healthy; {bounds}; draining 1, 58 s over its delay"));
        given.target_groups[0].attributes.deregistration_delay = None;
        given.targets[0].state = TargetState::Healthy;
        assert_eq!(told(&given), format!("1 of 2 new healthy; {bounds}"));
    }

    #[test]
    fn without_a_load_balancer_the_tasks_themselves_are_asked() {
        let mut given = rolling();
        given.service().load_balancers.clear();
        given.tasks[3].health = "UNHEALTHY".into();
        assert_eq!(told(&given), "1 of 2 new healthy; may drop to 1, may rise to 4");
    }
}
