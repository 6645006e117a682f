//! Plans, progress and verdicts as lines of text.

use std::fmt::Write;

use jiff::Timestamp;

use crate::{
    app::{
        act::plan_text::watched,
        words::{count, list},
    },
    domain::{estate::Estate, id::Kind, refresh::Refresh, target::TargetState, text::SafeText},
    plan::{
        group::course::{DrainCourse, PlannedGateway},
        model::{Confirmation, Drift, PartPlan, Plan, Weight},
        operation::{
            Operation,
            group::{
                GroupState,
                drain::{GatewayState, Stage},
                refresh::versions,
                sight::Sight,
            },
            verdict::Ending,
            watch::{self, View},
        },
    },
};

/// A plan: calls, changes, what they touch, what was found, how it is confirmed.
pub fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    line(&mut out, plan.course.title.as_str());
    for (caller, regions) in plan.senders() {
        line(&mut out, &format!("  as       {} in {}", caller.arn, list(&regions)));
    }
    let several = plan.course.waves.len() > 1;
    let steps = plan.course.in_order().flat_map(|(wave, part)| part.steps.iter().map(move |step| (wave, part, step)));
    for (wave, part, step) in steps {
        let (region, write) = (SafeText::new(&part.service.scope.region), &step.request.write);
        let wave = if several { format!("wave {}  ", wave + 1) } else { String::new() };
        let registered = if step.deploys_registered { ", with the revision registered before" } else { "" };
        line(
            &mut out,
            &format!("  call     {wave}{region}  {}  {}{registered}", write.operation(), write.parameters()),
        );
    }
    if let Some(course) = &plan.course.group {
        let region = SafeText::new(&course.group.scope.region);
        for write in course.certain() {
            line(&mut out, &format!("  call     {region}  {}  {}", write.operation(), write.parameters()));
        }
        for (operation, when) in course.drain().map_or_else(Vec::new, DrainCourse::conditional) {
            line(&mut out, &format!("  call     {region}  {operation}  {when}"));
        }
    }
    for part in &plan.parts {
        let whose = if plan.parts.len() > 1 { format!("{}: ", part.name) } else { String::new() };
        for it in &part.changes {
            let side = |side: &Option<SafeText>| side.as_ref().map_or("–".to_owned(), ToString::to_string);
            line(&mut out, &format!("  change   {whose}{}  {} → {}", it.field, side(&it.before), side(&it.after)));
        }
        line(&mut out, &format!("  touches  {}: {}", part.name, radius(part)));
        if let Some(cost) = &part.radius.cost {
            line(&mut out, &format!("  cost     {}: {}", part.name, cost.words()));
        }
    }
    if let Some(cost) = plan.whole_cost().filter(|_| plan.parts.len() > 1) {
        line(&mut out, &format!("  cost     in all: {}", cost.words()));
    }
    findings(&mut out, plan);
    for (label, text) in watched(plan) {
        line(&mut out, &format!("  watched  {label}: {text}"));
    }
    let (digest, until) = (plan.digest.short(), plan.expires_at.strftime("%H:%M:%S UTC"));
    line(&mut out, &format!("  plan     {digest}, valid until {until}"));
    line(&mut out, &format!("  confirm  {}", confirmation(plan)));
    out
}

/// How a plan wants to be confirmed on the command line.
pub fn confirmation(plan: &Plan) -> String {
    let reason = if plan.production { " --reason TEXT" } else { "" };
    match &plan.confirmation {
        Confirmation::Impossible => "not at all: it is blocked".to_owned(),
        Confirmation::Key => format!("with --yes{reason}"),
        Confirmation::Type(text) => format!("with --yes --confirm {:?}{reason}", text.as_str()),
    }
}

fn radius(part: &PartPlan) -> String {
    let radius = &part.radius;
    if part.subject.kind == Kind::Group {
        let lost = radius.lost.iter().map(|it| format!("lost: {it}"));
        let touched: Vec<String> = radius.gateways.iter().map(ToString::to_string).chain(lost).collect();
        return if touched.is_empty() { "no gateway".to_owned() } else { touched.join("; ") };
    }
    let mut words = vec![count(radius.tasks as usize, "task")];
    if let Some((healthy, all)) = radius.targets {
        words.push(format!("{healthy} of {all} targets healthy"));
    }
    if let Some(requests) = radius.requests_per_second {
        words.push(format!("{requests:.1} requests/s"));
    }
    if let Some(it) = &radius.replacement {
        let time = match it.downtime {
            _ if it.stuck => "which can neither stop an old task nor start a new one".to_owned(),
            Some((best, worst)) => format!("about {} s, down for {best} to {worst} s of it", it.seconds),
            None => format!("about {} s, with {} to {} tasks", it.seconds, it.lowest, it.highest),
        };
        words.push(time);
    }
    words.extend(radius.lost.iter().map(ToString::to_string));
    words.join(", ")
}

fn findings(out: &mut String, plan: &Plan) {
    for it in &plan.findings {
        let whose = plan.whose(it).map_or_else(String::new, |it| format!("{it}: "));
        line(out, &format!("  {:<8} {}: {whose}{}", it.weight.word(), it.guard, it.summary));
        // Of what passes, its summary is enough.
        for detail in it.details.iter().filter(|_| it.weight != Weight::Passes) {
            line(out, &format!("           {detail}"));
        }
    }
}

/// What has changed since the plan was confirmed.
pub fn drift(drift: &[Drift]) -> String {
    let side = |side: &Option<SafeText>| side.as_ref().map_or("nothing".to_owned(), ToString::to_string);
    let lines: Vec<String> =
        drift.iter().map(|it| format!("  {}: {} → {}", it.what, side(&it.before), side(&it.after))).collect();
    lines.join("\n")
}

/// How far an operation has come, in one line.
pub fn progress(operation: &Operation, estate: &Estate) -> String {
    let percent = (watch::progress(operation) * 100.0).round();
    let wave = match operation.course.waves.len() {
        0 | 1 => String::new(),
        waves => format!(" wave {} of {waves}", operation.wave + 1),
    };
    let views = watch::views(operation, estate);
    let regions = views.windows(2).any(|it| it[0].part.service.scope != it[1].part.service.scope);
    let mut parts: Vec<String> = views.iter().map(|it| part(it, regions)).collect();
    if let (Some(course), Some(state)) = (&operation.course.group, &operation.group) {
        parts.extend(course.drain().map_or_else(Vec::new, |it| gateways(it, state)));
        let sight = Sight::of(course, estate);
        parts.extend(sight.and_then(|it| it.refresh(course, state).map(|refresh| refreshed(&it, refresh))));
    }
    format!("{}{wave} {percent} %  {}", operation.word(), parts.join("; "))
}

/// One service; with its region where others are in another.
fn part(view: &View<'_>, regions: bool) -> String {
    let service = &view.part.service;
    let name = if regions { service.to_string().into() } else { SafeText::new(&service.name) };
    let mut words = vec![view.state.words()];
    if let Some(new) = view.new {
        words.push(format!("{} of {} new tasks run, {} old", new.running, new.desired, view.old));
        if new.failed > 0 {
            words.push(format!("{} failed", new.failed));
        }
    } else if let Some(service) = view.service {
        words.push(format!("{} of {} tasks run", service.running, service.desired));
    }
    if !view.targets.is_empty() {
        let [healthy, initial, draining] =
            [TargetState::Healthy, TargetState::Initial, TargetState::Draining].map(|it| view.targets_in(it));
        words.push(format!("targets {healthy} healthy {initial} initial {draining} draining"));
    }
    format!("{name}: {}", words.join(", "))
}

/// How far an instance refresh has come, and what it waits for.
fn refreshed(sight: &Sight<'_>, refresh: &Refresh) -> String {
    let why = if refresh.reason.is_empty() { String::new() } else { format!(": {}", refresh.reason) };
    format!("refresh {}{why}; {}", refresh.word(), versions(sight))
}

/// Each gateway that goes, with what is left on it.
fn gateways(drain: &DrainCourse, state: &GroupState) -> Vec<String> {
    let of = |(planned, gateway): (&PlannedGateway, &GatewayState)| {
        let left = gateway.sessions.filter(|_| !matches!(gateway.stage, Stage::Gone | Stage::Ending));
        let left = left.map_or(String::new(), |it| format!(", {}", count(it as usize, "session")));
        format!("{}: {}{left}", SafeText::new(&planned.instance), gateway.stage.word())
    };
    drain.gateways.iter().zip(&state.gateways).map(of).collect()
}

/// A bar of thirty columns, with what it stands for.
pub fn bar(operation: &Operation, estate: &Estate) -> String {
    const WIDE: usize = 30;
    let full = (watch::progress(operation) * WIDE as f64).round() as usize;
    format!("[{}{}] {}", "#".repeat(full.min(WIDE)), "-".repeat(WIDE - full.min(WIDE)), progress(operation, estate))
}

/// How it ended.
pub fn ending(ending: &Ending) -> String {
    let mut out = String::new();
    line(&mut out, ending.summary.as_str());
    for evidence in &ending.evidence {
        line(&mut out, &format!("  {evidence}"));
    }
    out
}

pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _written = writeln!(out, "{text}");
}
