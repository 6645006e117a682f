//! Deployments that failed, were undone, or make no progress.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, ServiceView},
    deaths,
    rule::Rule,
    texts::Said,
    words,
};
use crate::domain::{
    deployment::{Deployment, DeploymentStatus},
    service::{Rollout, RolloutState, ServiceEvent},
    signal::Severity,
};

pub const ROLLOUT_FAILED: Rule = Rule {
    name: "rollout-failed",
    meaning: "a deployment, or the rollback of one, has failed",
    severity: "critical",
    fires: "the newest deployment's rollout state is FAILED, or its rollback failed; until another is begun",
    evidence: "ECS's reason, new tasks running, the last task that failed",
    next: "find out what its tasks died of, then deploy a task definition that works: this one gets no more tasks",
    check: failed,
};

pub const ROLLOUT_ROLLED_BACK: Rule = Rule {
    name: "rollout-rolled-back",
    meaning: "ECS has undone a deployment, or is undoing it",
    severity: "critical while it is undone and no task runs, else a warning",
    fires: "ECS rolls a deployment back by itself, and for an hour after; what people stop or roll back is not told, nor \
            is what another deployment has replaced",
    evidence: "ECS's reasons, failures counted by the circuit breaker, the last task that failed",
    next: "fix what was deployed before deploying it again; the old version runs",
    check: rolled_back,
};

pub const ROLLOUT_STUCK: Rule = Rule {
    name: "rollout-stuck",
    meaning: "a deployment can make no progress, or has made none for long",
    severity: "a warning",
    fires: "its percentages let no task stop and none start for a minute, or nothing has moved for 15 minutes beside \
            grace period and draining",
    evidence: "the arithmetic of its percentages, or new tasks running and pending, and since when nothing has moved",
    next: "change the percentages, or look at the new tasks and their targets",
    check: stuck,
};

/// How long a rollback that has ended is told.
const TOLD: SignedDuration = SignedDuration::from_hours(1);

/// A deployment that nothing has moved in for this long, beside grace periods and draining, is stuck.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// A deployment whose percentages leave no room is told after the scheduler has had this long to move.
const NO_ROOM: SignedDuration = SignedDuration::from_secs(60);

fn failed(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(|view| failed_rollout(view).or_else(|| failed_rollback(view))).collect()
}

fn failed_rollout(view: &ServiceView<'_>) -> Option<Finding> {
    let service = view.service;
    let rollout = service.primary().filter(|it| it.state == Some(RolloutState::Failed))?;
    let mut evidence = vec![
        rollout.reason.to_string(),
        format!("{} runs {} of {} new tasks", rollout.task_definition.short_name(), rollout.running, rollout.desired),
    ];
    evidence.extend(deaths::last(view));
    Some(Finding {
        summary: format!(
            "the deployment of {} to {} failed{}; {} of {} tasks run and ECS starts no more",
            rollout.task_definition.short_name(),
            view.name(),
            trouble(view),
            service.running,
            service.desired
        ),
        evidence,
        advice: "see what its tasks died of, and deploy a task definition that works: this one gets no more tasks"
            .to_owned(),
        ..view.finding(Severity::Critical, rollout.updated_at)
    })
}

/// What the last task died of, as `: its image cannot be pulled`, where it is plain.
fn trouble(view: &ServiceView<'_>) -> String {
    deaths::last_trouble(view).map(|it| format!(": {it}")).unwrap_or_default()
}

fn failed_rollback(view: &ServiceView<'_>) -> Option<Finding> {
    let newest = newest(view).filter(|it| it.status == DeploymentStatus::RollbackFailed)?;
    Some(Finding {
        summary: format!("{}: rolling back its deployment failed", view.name()),
        evidence: reasons(newest),
        advice: "see what its tasks died of, and deploy a task definition known to work".to_owned(),
        ..view.finding(Severity::Critical, newest.finished_at)
    })
}

fn rolled_back(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter_map(|view| rolling_back(view).or_else(|| was_rolled_back(view))).collect()
}

/// Whether ECS is undoing a deployment of the service now.
fn is_rolling_back(view: &ServiceView<'_>) -> bool {
    let says_so = |it: &Rollout| Said::in_message(it.reason.as_str()) == Said::RollingBack;
    view.service.is_deploying() && view.service.primary().is_some_and(says_so)
}

fn rolling_back(view: &ServiceView<'_>) -> Option<Finding> {
    let service = view.service;
    let rollout = service.primary().filter(|_| is_rolling_back(view))?;
    let undone = service.deployments.iter().find(|it| it.state == Some(RolloutState::Failed));
    let what = undone.map_or_else(|| undone_revision(view), |it| it.task_definition.short_name().to_string());
    let mut evidence = vec![rollout.reason.to_string()];
    evidence.extend(undone.map(|it| it.reason.to_string()).filter(|it| !it.is_empty()));
    evidence.push(format!("{} run", words::of_wanted(service.running, service.desired, "task")));
    evidence.extend(deaths::last(view));
    Some(Finding {
        summary: format!(
            "{}: {what} failed{}; ECS is rolling back to {}",
            view.name(),
            trouble(view),
            rollout.task_definition.short_name()
        ),
        evidence,
        advice: "wait for the rollback; its stopped tasks tell why the new ones died".to_owned(),
        ..view.finding(Severity::Warning, rollout.created_at)
    })
}

fn was_rolled_back(view: &ServiceView<'_>) -> Option<Finding> {
    let (at, evidence) = rollback_told(view).or_else(|| rollback_event(view))?;
    if view.age(at) > TOLD || view.service.is_deploying() {
        return None;
    }
    let service = view.service;
    // The deployment that brought the old revision back was made when the rollback began.
    let began = service.primary().and_then(|it| it.created_at).filter(|began| *began < at).unwrap_or(at);
    Some(Finding {
        summary: format!("{}: {}", view.name(), went_back(view)),
        evidence,
        advice: "what was deployed does not run: its stopped tasks tell why; fix it before deploying again".to_owned(),
        ..view.finding(Severity::Warning, Some(began))
    })
}

/// That it was rolled back, and what runs. A deployment of what runs anyway was one of another image under the same tag.
fn went_back(view: &ServiceView<'_>) -> String {
    let (undone, runs) = (undone_revision(view), view.service.task_definition.short_name());
    let how = if view.service.running > 0 { "runs again" } else { "is back" };
    if undone == runs.as_str() {
        return format!("its last deployment was rolled back; {runs} {how} with the images before");
    }
    format!("{undone} was rolled back; {runs} {how}")
}

/// What is being, or was, rolled back, where the deployments API says it.
fn undone_revision(view: &ServiceView<'_>) -> String {
    let target = newest(view).and_then(|it| it.target.task_definition.as_ref());
    target.map_or_else(|| "its last deployment".to_owned(), |it| it.short_name().to_string())
}

/// The end of a rollback by ECS, as the newest deployment tells it.
fn rollback_told(view: &ServiceView<'_>) -> Option<(Timestamp, Vec<String>)> {
    let newest = newest(view).filter(|it| it.status == DeploymentStatus::RollbackSuccessful)?;
    let evidence = reasons(newest);
    let by_itself = evidence.iter().any(|it| it.contains("circuit breaker") || it.contains("alarm"));
    let tripped = newest.breaker.is_some_and(|(failures, threshold)| threshold > 0 && failures >= threshold);
    (by_itself || tripped).then_some((newest.finished_at?, evidence))
}

/// A rollback by ECS in the service's events, with no deployment begun after it.
fn rollback_event(view: &ServiceView<'_>) -> Option<(Timestamp, Vec<String>)> {
    // What an event says takes longest to tell; older ones would not be told any more.
    let told = |it: &&ServiceEvent| view.age(it.at) <= TOLD && it.said() == Said::RollingBack;
    let event = view.service.events.iter().filter(told).max_by_key(|it| it.at)?;
    // The rollback itself is a deployment created with the event; a later one has replaced it.
    let replaced = |it: &Rollout| it.created_at.is_some_and(|at| at.duration_since(event.at) > NO_ROOM);
    if newest(view).is_some() || view.service.primary().is_some_and(replaced) {
        return None;
    }
    Some((event.at, vec![format!("{}: {}", words::clock(event.at), event.message)]))
}

fn stuck(context: &Context<'_>) -> Vec<Finding> {
    context
        .services
        .iter()
        .filter(|view| view.service.is_deploying())
        .filter_map(|view| {
            let rollout = view.service.primary()?;
            no_room(view, rollout).or_else(|| no_progress(view, rollout))
        })
        .collect()
}

fn no_room(view: &ServiceView<'_>, rollout: &Rollout) -> Option<Finding> {
    let (service, rolling) = (view.service, view.service.rolling);
    let desired = service.desired;
    let began = rollout.created_at?;
    let idle = rollout.running == 0 && rollout.pending == 0;
    if !rolling.is_stuck(desired) || !idle || service.running < desired || view.age(began) < NO_ROOM {
        return None;
    }
    let mut evidence = vec![format!(
        "desired {desired}: at least {} must stay ({} %), at most {} may run ({} %)",
        rolling.floor(desired),
        rolling.minimum_percent,
        rolling.ceiling(desired),
        rolling.maximum_percent
    )];
    evidence.extend(event_of_no_room(view));
    Some(Finding {
        summary: format!(
            "the deployment of {} to {} cannot move: no task may stop and none may start",
            rollout.task_definition.short_name(),
            view.name()
        ),
        evidence,
        advice: "lower minimumHealthyPercent or raise maximumPercent of the service, then deploy again".to_owned(),
        ..view.finding(Severity::Warning, Some(began))
    })
}

fn event_of_no_room(view: &ServiceView<'_>) -> Option<String> {
    let event = view.service.events.iter().find(|it| it.said() == Said::NoRoom)?;
    Some(format!("{}: {}", words::clock(event.at), event.message))
}

fn no_progress(view: &ServiceView<'_>, rollout: &Rollout) -> Option<Finding> {
    let service = view.service;
    let older = || service.deployments.iter().filter(|it| it.id != rollout.id);
    let unfinished = rollout.running < rollout.desired || older().any(|it| it.running + it.pending > 0);
    let moved = last_progress(view, rollout)?;
    let patience = PATIENCE + SignedDuration::from_secs(i64::from(service.grace_seconds) + draining(view));
    if !unfinished || view.age(moved) <= patience {
        return None;
    }
    let old: u32 = older().map(|it| it.running).sum();
    let mut evidence = vec![
        rollout.reason.to_string(),
        format!(
            "{} of {} new tasks run, {} pending; {old} old ones",
            rollout.running, rollout.desired, rollout.pending
        ),
        format!("nothing has moved since {}", words::clock(moved)),
    ];
    evidence.extend(deaths::last(view));
    Some(Finding {
        summary: format!(
            "the deployment of {} to {} has made no progress for {}: {} of {} new tasks run",
            rollout.task_definition.short_name(),
            view.name(),
            words::span(view.age(moved)),
            rollout.running,
            rollout.desired
        ),
        evidence,
        advice: "look at its new tasks; targets failing health checks hold it back too".to_owned(),
        ..view.finding(Severity::Warning, Some(moved))
    })
}

/// The last thing that brought the deployment on: its start, a new task that runs, an old one that stopped.
fn last_progress(view: &ServiceView<'_>, rollout: &Rollout) -> Option<Timestamp> {
    let steps = view.tasks.iter().filter_map(|it| match it.started_by == rollout.id {
        true if it.is_running() => it.started_at,
        true => None,
        false => it.stopped_at,
    });
    steps.chain(rollout.created_at).max()
}

/// Seconds that the slowest of the service's target groups drains for; AWS's default where it is not known.
fn draining(view: &ServiceView<'_>) -> i64 {
    let known = view.place.known.target_groups.value();
    let delay =
        |group| known.and_then(|it| it.get(group)).and_then(|it| it.attributes.deregistration_delay).unwrap_or(300);
    view.service.load_balancers.iter().map(|it| i64::from(delay(&it.target_group))).max().unwrap_or(0)
}

/// The service's newest deployment in the deployments API, where that has been read.
fn newest<'a>(view: &ServiceView<'a>) -> Option<&'a Deployment> {
    view.place.known.deployments.get(&view.service.arn)?.value()?.first()
}

fn reasons(deployment: &Deployment) -> Vec<String> {
    // AWS often says the same in both.
    let of_rollback = deployment.rollback_reason.as_ref().filter(|it| **it != deployment.status_reason);
    let reasons = [Some(&deployment.status_reason), of_rollback];
    let texts = reasons.into_iter().flatten().filter(|it| !it.is_empty()).map(ToString::to_string);
    let breaker =
        deployment.breaker.map(|(failures, limit)| format!("circuit breaker: {failures} failures, {limit} trip it"));
    texts.chain(breaker).collect()
}
