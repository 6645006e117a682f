//! A plan in words: for the dialog, and for `--dry-run`.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    app::{overlay::TextLine, words},
    domain::{id::Kind, text::SafeText},
    plan::{
        group::course::{DrainCourse, GroupCourse},
        model::{Confirmation, Drift, Finding, PartPlan, Plan, Weight},
    },
    theme::Role,
};

/// Everything a plan says, what has changed since it was confirmed first.
pub fn lines(plan: &Plan, drift: &[Drift], now: Timestamp) -> Vec<TextLine> {
    let mut lines = Vec::new();
    if !drift.is_empty() {
        lines.push(TextLine::of(Role::Critical, "CHANGED SINCE IT WAS PLANNED: NOTHING WAS SENT"));
        lines.extend(drift.iter().map(drifted));
        lines.push(TextLine::default());
    }
    lines.push(TextLine::of(Role::Strong, plan.course.title.clone()));
    lines.push(validity(plan, now));
    for (caller, regions) in plan.senders() {
        let text = format!("{} in {} ({})", caller.account, words::list(&regions), caller.arn);
        lines.push(TextLine::field("  account", Role::Text, text));
    }
    lines.extend(plan.whole_cost().map(|it| TextLine::field("  cost", Role::Text, it.words())));
    let serious = plan.findings.iter().filter(|it| it.weight < Weight::Unchecked);
    section(&mut lines, "against it", serious.flat_map(|it| finding(plan, it)).collect(), "nothing");
    for part in &plan.parts {
        section(&mut lines, &format!("changes of {}", part.name), changes(part), "nothing but new tasks");
    }
    for part in &plan.parts {
        let mut touched = radius(part);
        // What the only one costs stands above.
        let cost = part.radius.cost.filter(|_| plan.parts.len() > 1);
        touched.extend(cost.map(|it| TextLine::field("  cost", Role::Text, it.words())));
        section(&mut lines, &format!("what it touches: {}", part.name), touched, "nothing");
    }
    section(&mut lines, "calls, in this order", calls(plan), "none");
    section(&mut lines, "watched afterwards", watch(plan), "not at all");
    let unchecked: Vec<TextLine> =
        plan.findings.iter().filter(|it| it.weight == Weight::Unchecked).flat_map(|it| finding(plan, it)).collect();
    if !unchecked.is_empty() {
        section(&mut lines, "not checked", unchecked, "");
    }
    let passes = plan.findings.iter().filter(|it| it.weight == Weight::Passes);
    section(&mut lines, "checked", passes.flat_map(|it| finding(plan, it)).collect(), "nothing");
    lines
}

fn section(lines: &mut Vec<TextLine>, heading: &str, content: Vec<TextLine>, otherwise: &str) {
    lines.push(TextLine::default());
    lines.push(TextLine::of(Role::Heading, heading.to_uppercase()));
    if content.is_empty() {
        lines.push(TextLine::of(Role::Muted, format!("  {otherwise}")));
    }
    lines.extend(content);
}

fn told(value: Option<&SafeText>) -> SafeText {
    value.cloned().unwrap_or_else(|| "(nothing)".into())
}

fn drifted(drift: &Drift) -> TextLine {
    TextLine(vec![
        (Role::Warning, "  ! ".into()),
        (Role::Strong, format!("{}: ", drift.what).into()),
        (Role::Muted, told(drift.before.as_ref())),
        (Role::Text, " → ".into()),
        (Role::Text, told(drift.after.as_ref())),
    ])
}

fn validity(plan: &Plan, now: Timestamp) -> TextLine {
    let left = plan.expires_at.duration_since(now);
    let digest = plan.digest.short();
    if plan.is_expired(now) {
        return TextLine::field("  plan", Role::Critical, format!("{digest}, expired"));
    }
    TextLine::field("  plan", Role::Text, format!("{digest}, holds for {}", words::exact(left)))
}

fn finding(plan: &Plan, finding: &Finding) -> Vec<TextLine> {
    let (mark, role) = match finding.weight {
        Weight::Blocks { .. } => ("✗", Role::Critical),
        Weight::Warns => ("!", Role::Warning),
        Weight::Unchecked => ("?", Role::Muted),
        Weight::Passes => ("✓", Role::Ok),
    };
    let word = match finding.weight {
        Weight::Blocks { over: Some(_) } => "blocks, may be overridden ",
        Weight::Blocks { over: None } => "blocks ",
        Weight::Warns => "warns ",
        Weight::Unchecked | Weight::Passes => "",
    };
    let mut lines = vec![TextLine(vec![
        (role, format!("  {mark} ").into()),
        (role, word.into()),
        (Role::Strong, plan.whose(finding).map_or_else(String::new, |it| format!("{it}: ")).into()),
        (Role::Text, finding.summary.clone()),
    ])];
    let details = finding.details.iter().filter(|it| !it.is_empty());
    lines.extend(details.map(|it| TextLine::of(Role::Muted, format!("      {it}"))));
    lines
}

fn changes(part: &PartPlan) -> Vec<TextLine> {
    let of = |it: &crate::plan::model::Change| {
        vec![
            TextLine::of(Role::Text, format!("  {}", it.field)),
            TextLine(vec![(Role::Muted, "    - ".into()), (Role::Muted, told(it.before.as_ref()))]),
            TextLine(vec![(Role::Strong, "    + ".into()), (Role::Strong, told(it.after.as_ref()))]),
        ]
    };
    part.changes.iter().flat_map(of).collect()
}

fn radius(part: &PartPlan) -> Vec<TextLine> {
    let radius = &part.radius;
    let mut lines = Vec::new();
    if part.subject.kind == Kind::Service {
        lines.push(TextLine::field("  tasks", Role::Text, words::count(radius.tasks as usize, "task")));
    }
    lines.extend(radius.gateways.iter().map(|it| TextLine::of(Role::Text, format!("  {it}"))));
    if let Some((healthy, total)) = radius.targets {
        lines.push(TextLine::field("  targets", Role::Text, format!("{healthy} of {total} healthy now")));
    }
    if let Some(rate) = radius.requests_per_second {
        lines.push(TextLine::field("  requests", Role::Text, format!("{rate:.1} a second now")));
    }
    if let Some(plan) = &radius.replacement {
        let meanwhile = format!("{} to {} tasks run", plan.lowest, plan.highest);
        lines.push(TextLine::field("  meanwhile", Role::Text, meanwhile));
        let seconds = jiff::SignedDuration::from_secs(plan.seconds);
        lines.push(TextLine::field("  takes", Role::Text, format!("about {}", words::exact(seconds))));
        let (role, text) = match plan.downtime {
            Some((best, worst)) => (Role::Critical, format!("{best} to {worst} s")),
            None if plan.stuck => (Role::Critical, "it would never end".to_owned()),
            None => (Role::Text, "none".to_owned()),
        };
        lines.push(TextLine::field("  downtime", role, text));
    }
    lines.extend(radius.lost.iter().map(|it| TextLine::field("  lost", Role::Critical, it.clone())));
    lines
}

fn calls(plan: &Plan) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let several = plan.course.waves.len() > 1;
    for (wave, part) in plan.course.in_order() {
        if several {
            let text = format!("  wave {}: {}", wave + 1, part.service);
            lines.push(TextLine::of(Role::Heading, text));
        }
        for step in &part.steps {
            lines.extend(call(step.request.write.operation(), &step.request.write.parameters()));
            if step.deploys_registered {
                lines.push(TextLine::field("    taskDefinition", Role::Text, "the revision registered before"));
            }
        }
    }
    if let Some(course) = &plan.course.group {
        lines.extend(of_group(course));
    }
    lines
}

/// One call with its parameters, each on a line.
fn call(operation: &str, parameters: &Value) -> Vec<TextLine> {
    let mut lines = vec![TextLine::of(Role::Strong, format!("  {operation}"))];
    for (name, value) in parameters.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        lines.push(TextLine::field(&format!("    {name}"), Role::Text, value));
    }
    lines
}

/// The calls that are certain, and what a drain does as what is read allows.
fn of_group(course: &GroupCourse) -> Vec<TextLine> {
    let mut lines = Vec::new();
    lines.extend(course.certain().iter().flat_map(|it| call(it.operation(), &it.parameters())));
    for (operation, when) in course.drain().map_or_else(Vec::new, DrainCourse::conditional) {
        lines.push(TextLine::of(Role::Strong, format!("  {operation}")));
        lines.push(TextLine::of(Role::Muted, format!("    {when}")));
    }
    lines
}

fn watch(plan: &Plan) -> Vec<TextLine> {
    let line = |(label, text): (&str, String)| TextLine::field(&format!("  {label}"), Role::Text, text);
    watched(plan).into_iter().map(line).collect()
}

/// How it is watched afterwards: what, and how.
pub fn watched(plan: &Plan) -> Vec<(&'static str, String)> {
    let watch = &plan.course.watch;
    let mut told = Vec::new();
    if !watch.bake.is_zero() {
        let between = if plan.course.waves.len() > 1 { ", and before the next region begins" } else { "" };
        told.push(("bake", format!("must stay well for {}{between}", words::exact(watch.bake))));
        told.push(("broken gate", broken_gate(plan)));
    }
    told.push(("given up", format!("after {}", words::exact(watch.timeout))));
    told
}

/// What happens where a gate breaks, and what is gone back to.
fn broken_gate(plan: &Plan) -> String {
    let course = &plan.course;
    if !course.watch.roll_back {
        return "is told, and you decide".to_owned();
    }
    let back = course.parts.iter().filter(|it| !it.way_back.is_empty()).map(|part| {
        let pinned = if part.way_back.len() > 1 { " at the digest that runs" } else { "" };
        format!("{}{pinned}", part.before.task_definition.short_name())
    });
    let mut back: Vec<String> = back.collect();
    back.dedup();
    format!("is rolled back by itself, to {}", back.join(" and "))
}

/// How it is confirmed, in a line; of one that has expired, how it is made anew.
pub fn confirmation(plan: &Plan, now: Timestamp) -> String {
    match (&plan.confirmation, plan.is_expired(now)) {
        (Confirmation::Key, false) => "press y to do it, esc to leave it".to_owned(),
        (Confirmation::Type(text), false) => format!("type {text} and press enter to do it, esc to leave it"),
        (Confirmation::Impossible, false) => "blocked: nothing can be sent; esc closes".to_owned(),
        (Confirmation::Key, true) => "expired: y plans it anew, esc leaves it".to_owned(),
        (Confirmation::Type(text), true) => format!("expired: enter plans it anew and keeps what is typed ({text})"),
        (Confirmation::Impossible, true) => "expired, and was blocked: enter plans it anew, esc closes".to_owned(),
    }
}
