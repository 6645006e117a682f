//! Tasks that keep dying.

use jiff::SignedDuration;

use super::{
    context::{Context, Finding, ServiceView},
    deaths, placement,
    rule::Rule,
    texts::Stop,
    words,
};
use crate::domain::{service::RolloutState, signal::Severity, task::Task};

pub const CRASH_LOOP: Rule = Rule {
    name: "crash-loop",
    meaning: "a service's tasks keep dying or cannot start",
    severity: "critical while fewer tasks run than are desired, else a warning",
    fires: "three tasks of a service's newest deployment died, failed their health checks or could not start within 15 \
            minutes, or within the hour once ECS starts them ever more slowly; silent once the service is steady, or has \
            been at full strength for 5 minutes",
    evidence: "how many tasks died of what, the last one's reason, exit codes and images, a deployment under way",
    next: "look at the newest stopped task and its last log lines; the advice follows what that task died of",
    check: crash_loop,
};

pub const HEALTH_CHECKS_FAILING: Rule = Rule {
    name: "health-checks-failing",
    meaning: "ECS keeps replacing a service's tasks because they fail their health checks",
    severity: "critical while fewer tasks run than are desired, else a warning",
    fires: "as `crash-loop`, where most of the tasks failed a health check: the load balancer's or their container's",
    evidence: "how many tasks failed which check, the last one's reason, exit codes and images",
    next: "check health path, port and matcher, or the health command; a slow start needs a longer grace period",
    check: health_checks_failing,
};

/// Failures within the window that make a loop.
const LOOP: usize = 3;

/// A service at full strength whose last task died longer ago than this has recovered.
const RECOVERED: SignedDuration = SignedDuration::from_mins(5);

fn crash_loop(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter(|view| !fails_checks(view)).filter_map(find).collect()
}

fn health_checks_failing(context: &Context<'_>) -> Vec<Finding> {
    context.services.iter().filter(|view| fails_checks(view)).filter_map(find).collect()
}

/// Whether most of its dead failed a health check.
fn fails_checks(view: &ServiceView<'_>) -> bool {
    let failed = deaths::of_newest(view);
    let by_check = |it: &&&Task| matches!(Stop::of(it), Stop::BalancerChecks | Stop::ContainerChecks);
    failed.iter().filter(by_check).count() * 2 > failed.len()
}

fn find(view: &ServiceView<'_>) -> Option<Finding> {
    if !is_looping(view) {
        return None;
    }
    let failed = deaths::of_newest(view);
    let (newest, since) = (*failed.first()?, failed.iter().filter_map(|it| it.stopped_at).min());
    let causes = deaths::causes(&failed);
    let (cause, most) = causes.first()?;
    let service = view.service;
    let within = since.map(|at| format!(" in {}", words::span(view.age(at)))).unwrap_or_default();
    let deaths = if *most == failed.len() {
        format!("{} {cause}{within}", words::count(failed.len(), "task"))
    } else {
        format!("{} died{within}, {most} of them {cause}", words::count(failed.len(), "task"))
    };
    let rolling = if service.running > service.desired { " while rolling" } else { "" };
    let severity = if service.running < service.desired { Severity::Critical } else { Severity::Warning };
    let mut evidence: Vec<String> = causes.iter().map(|(cause, number)| format!("{number} × {cause}")).collect();
    evidence.extend(deaths::evidence(newest));
    evidence.extend(placement::slowed_down(view).map(|it| format!("{}: {}", words::clock(it.at), it.message)));
    if service.is_deploying() {
        evidence.push(format!("a deployment of {} is in progress", service.task_definition.short_name()));
    }
    Some(Finding {
        summary: format!(
            "{} runs {}{rolling}: {deaths}",
            view.name(),
            words::of_wanted(service.running, service.desired, "task")
        ),
        evidence,
        advice: advice(newest).to_owned(),
        ..view.finding(severity, since)
    })
}

fn is_looping(view: &ServiceView<'_>) -> bool {
    let service = view.service;
    let failed = deaths::of_newest(view);
    // A failed deployment starts no more tasks: nothing loops.
    let over = service.primary().is_some_and(|it| it.state == Some(RolloutState::Failed));
    let Some(last) = failed.iter().filter_map(|it| it.stopped_at).max() else { return false };
    let steady_since = view.last_steady().is_some_and(|at| at > last);
    // While a deployment runs, the old tasks' strength says nothing of the new ones.
    let strong = match service.primary().filter(|_| service.is_deploying()) {
        Some(rollout) => rollout.running >= rollout.desired,
        None => service.running >= service.desired,
    };
    failed.len() >= LOOP && !over && !(steady_since || strong && view.age(last) > RECOVERED)
}

/// What to look at, by what the newest task died of.
fn advice(task: &Task) -> &'static str {
    match Stop::of(task) {
        Stop::OutOfMemory => "give the task more memory in its task definition, or find the leak",
        Stop::ImageUnpullable => "check that the tag exists, the execution role may pull, and the subnet has a route",
        Stop::SecretUnreadable | Stop::LogsOrVolumes => {
            "check the execution role's rights to secrets and logs, and the subnet's route"
        }
        Stop::RoleUnusable => "check that the task's role exists and trusts ecs-tasks.amazonaws.com",
        Stop::Unstartable => {
            "check the image's entrypoint and architecture, and the task definition's volumes and links"
        }
        Stop::NoInterface => "check that the subnets have free addresses and the account free interfaces",
        Stop::BalancerChecks => "look at its tasks; check health path and port, and the grace period",
        Stop::ContainerChecks => "look at its tasks; check the health command and its start period",
        Stop::SpotInterruption | Stop::Host | Stop::Wanted | Stop::Exited | Stop::Unknown => {
            "read what the newest stopped of its tasks wrote last: the service's logs begin there"
        }
    }
}
