//! The look as text for 80 columns, worst first, the same with and without colour.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::document::{
    AlarmStatus, GroupStatus, Place, ServiceStatus, SessionsStatus, SignalStatus, StackStatus, Status,
    TargetGroupStatus,
};
use crate::triage::{health::Health, words};

/// Columns that no line exceeds where it can be broken.
const WIDTH: usize = 80;

/// Columns of the widest name that still lines up with the others.
const WIDEST_NAME: usize = 32;

/// The look as text, its lines ended with newlines.
pub fn text(status: &Status) -> String {
    let mut lines = head(status);
    for signal in status.signals.iter().filter(|it| !it.muted) {
        lines.push(String::new());
        lines.extend(about_signal(signal, status.observed_at));
    }
    let muted: Vec<String> = status.signals.iter().filter(|it| it.muted).flat_map(about_muted).collect();
    if !muted.is_empty() {
        lines.push(String::new());
        lines.extend(muted);
    }
    let mut stacks: Vec<&StackStatus> = status.stacks.iter().collect();
    stacks.sort_by_key(|it| std::cmp::Reverse(it.health));
    for stack in stacks {
        lines.push(String::new());
        lines.extend(about_stack(stack));
    }
    lines.push(String::new());
    lines.extend(foot(status));
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn head(status: &Status) -> Vec<String> {
    let number = |severity| status.signals.iter().filter(|it| it.severity == severity && !it.muted).count();
    let what = match (words::by_severity(number), status.complete) {
        (Some(told), _) => told,
        (None, true) => "nothing wrong".to_owned(),
        (None, false) if status.is_blind() => "nothing could be read".to_owned(),
        (None, false) => "nothing wrong in what could be read".to_owned(),
    };
    let at = status.observed_at.strftime("%Y-%m-%d %H:%M:%S UTC");
    vec![format!("{at}  {what}{}", if status.complete { "" } else { "  (incomplete)" })]
}

fn about_signal(signal: &SignalStatus, now: Timestamp) -> Vec<String> {
    let mark = Health::from(signal.severity).mark();
    let since = signal.since.map(|at| format!(", {} ago", words::span(now.duration_since(at)))).unwrap_or_default();
    let mut lines =
        wrapped(&format!("{mark} {}  ", signal.severity.word()), &format!("{}: {}", signal.stack, signal.summary));
    lines.extend(wrapped("    ", &format!("{}{since}", signal.rule)));
    lines.extend(signal.evidence.iter().flat_map(|it| wrapped("    · ", it.as_str())));
    lines.extend(wrapped("    → ", signal.advice.as_str()));
    lines
}

fn about_muted(signal: &SignalStatus) -> Vec<String> {
    wrapped("  muted  ", &format!("{}: {} ({})", signal.stack, signal.summary, signal.rule))
}

fn about_stack(stack: &StackStatus) -> Vec<String> {
    let mut rows: Vec<(Health, &str, String, String)> = Vec::new();
    let several = regions(stack) > 1;
    let named = |name: &str, place: &Place| if several { format!("{name} {}", place.region) } else { name.to_owned() };
    rows.extend(
        stack.services.iter().map(|it| (it.health, "service", named(it.name.as_str(), &it.place), service(it))),
    );
    rows.extend(stack.groups.iter().map(|it| (it.health, "group", named(it.name.as_str(), &it.place), group(it))));
    let targets = stack.target_groups.iter();
    rows.extend(targets.map(|it| (it.health, "targets", named(it.name.as_str(), &it.place), targets_of(it))));
    let width = rows.iter().map(|it| it.2.width()).max().unwrap_or(0).min(WIDEST_NAME);
    let mut lines =
        vec![format!("{} {}  {}  {}", stack.health.mark(), stack.name, stack.environment, stack.health.word())];
    for (health, kind, name, what) in rows {
        let pad = " ".repeat(width.saturating_sub(name.width()));
        lines.extend(wrapped(&format!("  {} {kind:8} {name}{pad}  ", health.mark()), &what));
    }
    if let Some(sessions) = &stack.sessions {
        lines.extend(wrapped("    sessions  ", &held(sessions)));
    }
    lines.extend(alarms(&stack.alarms));
    lines
}

fn regions(stack: &StackStatus) -> usize {
    let services = stack.services.iter().map(|it| &it.place);
    let places = services.chain(stack.groups.iter().map(|it| &it.place));
    let mut places: Vec<_> =
        places.chain(stack.target_groups.iter().map(|it| &it.place)).map(|it| &it.region).collect();
    places.sort();
    places.dedup();
    places.len()
}

fn service(service: &ServiceStatus) -> String {
    let Some((running, desired)) = service.running.zip(service.desired) else { return unread(service.health) };
    let pending = service.pending.filter(|it| *it > 0).map(|it| format!(", {it} pending")).unwrap_or_default();
    let revision = service.task_definition.as_ref().map(|it| format!(", {}", it.short_name())).unwrap_or_default();
    let deploying = service.deployment.as_ref().is_some_and(|it| it.state == "in_progress");
    let deploying = if deploying { ", deploying" } else { "" };
    match (running, desired) {
        (0, 0) => format!("asleep{revision}"),
        _ => format!("{} run{pending}{revision}{deploying}", words::of_wanted(running, desired, "task")),
    }
}

fn group(group: &GroupStatus) -> String {
    let Some((in_service, desired)) = group.in_service.zip(group.desired) else { return unread(group.health) };
    let bounds = group.min.zip(group.max).map(|(min, max)| format!(" (minimum {min}, maximum {max})"));
    format!("{in_service} of {desired} in service{}", bounds.unwrap_or_default())
}

fn targets_of(group: &TargetGroupStatus) -> String {
    let Some((healthy, unhealthy)) = group.healthy.zip(group.unhealthy) else { return unread(group.health) };
    let more =
        [(unhealthy, "unhealthy"), (group.initial.unwrap_or(0), "initial"), (group.draining.unwrap_or(0), "draining")];
    let more = more.iter().filter(|it| it.0 > 0).map(|(number, word)| format!("{number} {word}"));
    let all: Vec<String> = std::iter::once(format!("{healthy} healthy")).chain(more).collect();
    all.join(", ")
}

/// What is said of something whose state is not known.
fn unread(health: Health) -> String {
    if health == Health::Unknown { "not read" } else { "see above" }.to_owned()
}

fn held(sessions: &SessionsStatus) -> String {
    let mark = if sessions.approximate { "≈ " } else { "" };
    match (sessions.held, sessions.limit) {
        (None, _) => "not read".to_owned(),
        (Some(held), None) => format!("{mark}{held}"),
        (Some(held), Some(limit)) => format!("{mark}{held} of {limit}"),
    }
}

fn alarms(alarms: &[AlarmStatus]) -> Vec<String> {
    if alarms.is_empty() {
        return Vec::new();
    }
    let number = |state: &str| alarms.iter().filter(|it| it.state == state).count();
    let states = [("alarm", "in ALARM"), ("insufficient_data", "without data"), ("ok", "ok")];
    let states = states.map(|(state, word)| (number(state), word));
    let told: Vec<String> = states.iter().filter(|it| it.0 > 0).map(|(it, word)| format!("{it} {word}")).collect();
    let mut lines = wrapped("    alarms    ", &told.join(", "));
    let dead = alarms.iter().filter_map(|it| Some(format!("{} {}", it.name, it.dead.as_ref()?)));
    lines.extend(dead.flat_map(|it| wrapped("              ", &it)));
    lines
}

fn foot(status: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    for scope in status.scopes.iter().filter(|it| !it.unanswered.is_empty()) {
        let profile = scope.place.profile.as_ref().map_or("default", |it| it.as_str());
        let what = format!("{profile}/{}: {}", scope.place.region, scope.unanswered.join(", "));
        // What neither answered nor failed was still under way when time was up.
        let head = if scope.fault.is_some() { "no full answer from " } else { "no answer in time from " };
        lines.extend(wrapped(head, &what));
    }
    let calls = words::count(status.api.calls as usize, "call");
    lines.push(format!("{calls} to AWS, {} throttled", status.api.throttles));
    lines
}

/// `text` after `head`, broken at spaces where it would pass the last column; what continues stands below the
/// text's beginning. A word too long for a line stays whole, so that it can be copied.
fn wrapped(head: &str, text: &str) -> Vec<String> {
    let indent = " ".repeat(head.width().min(WIDTH / 2));
    let mut lines = Vec::new();
    let (mut line, mut empty) = (head.to_owned(), true);
    for word in text.split(' ') {
        if !empty && line.width() + 1 + word.width() > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines.into_iter().map(|it| it.trim_end().to_owned()).collect()
}
