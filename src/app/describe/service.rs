//! A service: how it rolls, what it runs, what its scheduler says.

use jiff::Timestamp;

use super::{
    images,
    sheet::{Sheet, joined},
};
use crate::{
    app::{
        arithmetic,
        joins::{Joins, ServiceSeat, Tally},
        rows::{deployment_words, exit_words, repeated_words},
        stops, words,
    },
    cost::{known::PriceBook, running},
    domain::{
        estate::ScopeEstate,
        id::ResourceId,
        scaling::ScalableTarget,
        service::{Rolling, Service, repeated},
        target::TargetState,
    },
    theme::Role,
    triage::{Place, budget_used},
};

/// Events, stopped tasks and service deployments told.
const TOLD: usize = 10;

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let app = joins.app;
    let known = app.estate.scope(&subject.scope)?;
    let seat = joins.services().into_iter().find(|it| {
        *it.scope == subject.scope && it.service.is_some_and(|service| service.arn.wire() == &*subject.key)
    })?;
    let service = seat.service?;
    sheet.signals(super::about(app, subject));
    facts(joins, &seat, service, sheet);
    autoscaling(known, &seat, app.now, sheet);
    deployments(known, service, app.now, sheet);
    targets(known, service, sheet);
    tasks(known, &seat, app.now, sheet);
    images::describe(known, &subject.scope, service, app.now, sheet);
    sheet.section("events");
    if service.events.is_empty() {
        sheet.line(Role::Muted, "none");
    }
    for said in repeated(&service.events).iter().take(TOLD) {
        sheet.event(Some(said.newest.at), Role::Text, repeated_words(said, app.now));
    }
    Some(())
}

/// What its tasks cost, as many as run now.
fn cost(joins: &Joins<'_>, seat: &ServiceSeat<'_>, service: &Service, sheet: &mut Sheet) {
    let app = joins.app;
    let prices = PriceBook::of(&app.stacks, &app.estate, app.now);
    let Some(known) = app.estate.scope(seat.scope) else { return };
    let tasks = known.tasks.get(seat.cluster).and_then(|it| it.value());
    let own = tasks.into_iter().flat_map(|it| it.values()).filter(|it| it.service.as_ref() == Some(&service.name));
    let rate = running::of_tasks(prices.of_stack(seat.stack), &seat.scope.region, own, &known.definitions);
    sheet.maybe("cost now", rate.map(|it| it.words()));
}

fn facts(joins: &Joins<'_>, seat: &ServiceSeat<'_>, service: &Service, sheet: &mut Sheet) {
    sheet.section("service");
    sheet.health(seat.health(joins));
    sheet.maybe("stack", seat.stack.map(|it| it.name.clone()));
    sheet.field("scope", seat.scope.to_string());
    sheet.field("cluster", seat.cluster);
    sheet.field("status", service.status.clone());
    let Service { running, desired, pending, .. } = service;
    sheet.field("tasks", format!("{running} running of {desired} desired, {pending} pending{}", beyond_words(service)));
    sheet.field("task definition", service.task_definition.short_name());
    let images = joins.images();
    let image = images.get(&(seat.scope, seat.cluster, &service.task_definition));
    sheet.maybe("image", image.map(|it| (*it).clone()));
    sheet.field("launch", service.launch.clone());
    cost(joins, seat, service, sheet);
    let stuck = service.rolling.is_stuck(*desired);
    sheet.told("rolling", if stuck { Role::Critical } else { Role::Text }, rolling_words(service.rolling, *desired));
    sheet.field("circuit breaker", breaker_words(service.rolling));
    sheet.field("grace period", format!("{} s without health checks after a start", service.grace_seconds));
    sheet.field("exec", if service.execute_command { "allowed" } else { "not allowed" });
    sheet.moment("created", service.created_at);
    if let Some(used) = budget(joins, seat, service) {
        sheet.field("error budget", used);
    }
    if let Some(spec) = seat.spec {
        let mut promises = Vec::new();
        promises.extend(spec.min_tasks.map(|it| format!("never below {}", words::count(it as usize, "task"))));
        promises.extend(spec.stateful.then(|| "stateful: a deployment loses what it holds".to_owned()));
        promises.extend(spec.may_sleep.then(|| "may sleep at 0 tasks".to_owned()));
        promises.extend(spec.promise_p95_ms.map(|it| format!("p95 at most {}", words::milliseconds(it))));
        promises.extend(spec.together.as_ref().map(|it| format!("deployed together with the others of {it}")));
        if !promises.is_empty() {
            sheet.field("stack file says", promises.join("; "));
        }
    }
}

/// How much of the month's error budget the minutes that are known have used; nothing where nothing is promised.
fn budget(joins: &Joins<'_>, seat: &ServiceSeat<'_>, service: &Service) -> Option<String> {
    let known = joins.app.estate.scope(seat.scope)?;
    let place = Place { stack: seat.stack?, scope: seat.scope, known, now: joins.app.now };
    let spec = seat.spec.filter(|it| it.promise_p95_ms.is_some())?;
    let Some(used) = budget_used(place, spec, service) else { return Some("no minute is known yet".to_owned()) };
    Some(format!(
        "{} of {} known above the promise: {:.1} % of the {} that 30 days allow",
        used.bad,
        words::count(used.known, "minute"),
        used.bad as f64 / f64::from(used.allowed) * 100.0,
        used.allowed
    ))
}

/// Why more tasks run than are wanted.
fn beyond_words(service: &Service) -> &'static str {
    match (service.running > service.desired, service.is_deploying()) {
        (true, true) => ": old and new ones beside each other while it rolls",
        (true, false) => ": those beyond it are being stopped",
        _ => "",
    }
}

/// The rolling arithmetic in words.
fn rolling_words(rolling: Rolling, desired: u32) -> String {
    let Rolling { minimum_percent, maximum_percent, .. } = rolling;
    let share = format!("{minimum_percent}–{maximum_percent} % of {desired}");
    if rolling.is_stuck(desired) {
        return format!("{share}: may neither drop below nor rise above {desired}: no deployment can make progress");
    }
    format!("{share}: may drop to {}, may rise to {}", rolling.floor(desired), rolling.ceiling(desired))
}

fn breaker_words(rolling: Rolling) -> &'static str {
    match (rolling.circuit_breaker, rolling.rollback) {
        (true, true) => "on, rolls back by itself",
        (true, false) => "on, stops but does not roll back",
        (false, _) => "off: a failing deployment goes on until somebody stops it",
    }
}

fn autoscaling(known: &ScopeEstate, seat: &ServiceSeat<'_>, now: Timestamp, sheet: &mut Sheet) {
    let resource = format!("service/{}/{}", seat.cluster, seat.name);
    let Some(targets) = known.scalable_targets.value() else { return };
    let Some(target) = targets.iter().find(|it| it.resource.as_str() == resource) else { return };
    sheet.section("auto scaling");
    sheet.field("range", format!("{} to {} tasks", target.min, target.max));
    let suspended = suspended_words(target);
    if !suspended.is_empty() {
        sheet.told("suspended", Role::Warning, suspended);
    }
    for (name, metric, value) in &target.policies {
        sheet.field("policy", format!("{name} keeps {metric} at {}", words::number(*value)));
    }
    let Some(activities) = known.service_activities.value() else { return };
    let own = activities.iter().filter(|it| it.resource.as_str() == resource).map(|it| &it.activity);
    let last = own.max_by_key(|it| it.started_at);
    let last = last.map_or("nothing that is remembered".into(), |it| {
        format!("{}: {} {}", words::moment(now, it.started_at), it.description, it.cause)
    });
    sheet.field("last", last);
}

fn suspended_words(target: &ScalableTarget) -> String {
    let parts = [
        (target.suspended_in, "scale-in"),
        (target.suspended_out, "scale-out"),
        (target.suspended_scheduled, "scheduled scaling"),
    ];
    joined(parts.into_iter().filter(|(suspended, _)| *suspended).map(|(_, word)| word))
}

fn deployments(known: &ScopeEstate, service: &Service, now: Timestamp, sheet: &mut Sheet) {
    sheet.section("deployments");
    let (words, role) = deployment_words(service);
    sheet.told("newest", role, words);
    if service.is_deploying() {
        sheet.told("arithmetic", Role::Progress, arithmetic::words(known, service, now));
    }
    for rollout in &service.deployments {
        let text = format!(
            "{} {}: {} of {} running, {} pending, {} failed. {}",
            rollout.status.as_str().to_lowercase(),
            rollout.task_definition.short_name(),
            rollout.running,
            rollout.desired,
            rollout.pending,
            rollout.failed,
            rollout.reason,
        );
        sheet.event(rollout.created_at, Role::Text, text);
    }
    let history = known.deployments.get(&service.arn).and_then(|it| it.value());
    for deployment in history.into_iter().flatten().take(TOLD) {
        let to =
            deployment.target.task_definition.as_ref().map_or_else(String::new, |it| format!(" {}", it.short_name()));
        let reason = deployment.rollback_reason.as_ref().unwrap_or(&deployment.status_reason);
        let digest = deployment.target.images.iter().find_map(|it| it.digest.as_ref());
        let digest = digest.map(|it| format!(" {}", words::short_digest(it.as_str()))).unwrap_or_default();
        sheet.event(deployment.created_at, Role::Text, format!("{}{to}{digest} {reason}", deployment.status.word()));
    }
}

fn targets(known: &ScopeEstate, service: &Service, sheet: &mut Sheet) {
    if service.load_balancers.is_empty() {
        return;
    }
    sheet.section("targets");
    for balancer in &service.load_balancers {
        let name = balancer.target_group.short_name();
        let Some(targets) = known.targets.get(&balancer.target_group).and_then(|it| it.value()) else {
            sheet.told(name.as_str(), Role::Muted, "not read yet");
            continue;
        };
        let tally = Tally::of(targets);
        let role = if tally.is_short() { Role::Warning } else { Role::Ok };
        let container = format!("container {} port {}", balancer.container, balancer.port);
        sheet.told(name.as_str(), role, format!("{} of {} healthy; {container}", tally.healthy, tally.total));
        for target in targets.iter().filter(|it| it.state != TargetState::Healthy) {
            let state = target.state.word();
            sheet.line(Role::Text, format!("  {}:{} {state} {}", target.id, target.port, target.description));
        }
    }
}

fn tasks(known: &ScopeEstate, seat: &ServiceSeat<'_>, now: Timestamp, sheet: &mut Sheet) {
    let Some(all) = known.tasks.get(seat.cluster).and_then(|it| it.value()) else { return };
    let own = || all.values().filter(|it| it.service.as_ref().is_some_and(|name| name.as_str() == seat.name));
    sheet.section("tasks");
    let zones = joined(own().filter(|it| it.is_running()).map(|it| it.zone.as_str()));
    sheet.field("running", format!("{} ({zones})", own().filter(|it| it.is_running()).count()));
    stopped_tasks(known, seat, now, sheet);
}

/// Those that stopped, taken together by what they stopped of.
fn stopped_tasks(known: &ScopeEstate, seat: &ServiceSeat<'_>, now: Timestamp, sheet: &mut Sheet) {
    let mut stopped = stops::of_cluster(known, seat.cluster);
    stopped.retain(|it| it.task.service.as_ref().is_some_and(|name| name.as_str() == seat.name));
    sheet.field("stopped lately", stopped.len().to_string());
    for (_, group) in stops::grouped(seat.scope, seat.cluster, stopped).iter().take(TOLD) {
        let Some(newest) = group.first().map(|it| it.task) else { continue };
        let times = if group.len() > 1 { format!("{} × ", group.len()) } else { String::new() };
        let exit = exit_words(newest).map(|it| format!("exit code {it}: ")).unwrap_or_default();
        let why = stops::reason(newest);
        let why = if why.is_empty() { "no reason given" } else { &why };
        let notes = [stops::span_words(group, now), stops::remembered_words(group)];
        let notes =
            joined(notes.iter().skip(usize::from(group.len() == 1)).map(String::as_str).filter(|it| !it.is_empty()));
        let notes = if notes.is_empty() { notes } else { format!(" ({notes})") };
        sheet.event(newest.stopped_at, Role::Text, format!("{times}{exit}{why}{notes}"));
    }
}

#[cfg(test)]
mod tests {
    use super::{Rolling, rolling_words};

    #[test]
    fn the_rolling_arithmetic_is_told_in_words() {
        let rolling = |minimum_percent, maximum_percent| Rolling {
            minimum_percent,
            maximum_percent,
            circuit_breaker: false,
            rollback: false,
        };
        assert_eq!(rolling_words(rolling(50, 200), 2), "50–200 % of 2: may drop to 1, may rise to 4");
        assert_eq!(
            rolling_words(rolling(100, 100), 1),
            "100–100 % of 1: may neither drop below nor rise above 1: no deployment can make progress"
        );
    }
}
