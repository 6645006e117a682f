//! How an operation on a group stands, line by line.

use jiff::SignedDuration;

use super::group_counts;
use crate::{
    app::{App, overlay::TextLine, words},
    domain::{refresh::Refresh, session::Session, text::SafeText, write::group::GroupWrite},
    plan::{
        group::{
            course::{DrainCourse, GroupCourse, PlannedGateway},
            forecast::Forecast,
        },
        operation::{
            Operation, StepState,
            group::{
                GroupState, Mode,
                drain::{GatewayState, Stage, left},
                refresh::versions,
                sight::Sight,
            },
        },
    },
    theme::Role,
    triage::{emptying::Leaving, notices, words::list},
};

/// Users that are named at most, of those on a gateway.
const USERS: usize = 6;

/// The group, its gateways with who is still on them, and the calls that were made.
pub fn lines(app: &App, operation: &Operation) -> Vec<TextLine> {
    let (Some(course), Some(state)) = (&operation.course.group, &operation.group) else { return Vec::new() };
    let mut lines = vec![TextLine::default()];
    let sight = Sight::of(course, &app.estate);
    if let Some(sight) = &sight {
        let is_refreshed = sight.refresh(course, state).is_some_and(Refresh::is_active);
        lines.extend(group_counts::lines(sight.group, is_refreshed));
    }
    if !operation.has_ended() {
        lines.extend(mode(state));
    }
    if let Some(drain) = course.drain() {
        lines.extend(deadline(app, operation, drain, state));
        let who = sight.and_then(|it| it.reading).map_or(&[][..], |it| it.sessions);
        let leaving = sight.and_then(|it| it.leaving(drain, app.now));
        for (planned, gateway) in drain.gateways.iter().zip(&state.gateways) {
            lines.extend(of_gateway(app, planned, gateway, (who, leaving)));
            lines.extend(sight.and_then(|it| notice(app, &it, planned)));
        }
    }
    if let Some((sight, refresh)) = sight.and_then(|it| Some((it, it.refresh(course, state)?))) {
        lines.extend(of_refresh(&sight, refresh));
    }
    lines.push(TextLine::default());
    lines.push(TextLine::of(Role::Heading, "CALLS"));
    lines.extend(calls(course, state));
    lines
}

fn mode(state: &GroupState) -> Option<TextLine> {
    match &state.mode {
        Mode::Going => None,
        Mode::Paused { why } => {
            Some(TextLine::field("paused", Role::Warning, format!("{why}; c goes on, a puts back")))
        }
        Mode::PuttingBack { why } => Some(TextLine::field("putting back", Role::Warning, why.clone())),
    }
}

fn deadline(app: &App, operation: &Operation, drain: &DrainCourse, state: &GroupState) -> Option<TextLine> {
    if operation.has_ended() {
        return None;
    }
    let time_left = drain.deadline - app.now.duration_since(operation.began_at);
    let open = words::count(left(state) as usize, "session");
    let (role, text) = if time_left.is_positive() {
        (Role::Text, format!("in {}, {open} left", words::exact(time_left)))
    } else {
        (Role::Warning, format!("passed, {open} left; e gives them up by their number"))
    };
    Some(TextLine::field("deadline", role, text))
}

fn of_gateway(
    app: &App,
    planned: &PlannedGateway,
    gateway: &GatewayState,
    (sessions, leaving): (&[Session], Option<Leaving>),
) -> Vec<TextLine> {
    let role = match gateway.stage {
        Stage::Gone => Role::Ok,
        Stage::Waiting | Stage::Back => Role::Muted,
        _ => Role::Progress,
    };
    let head = format!("{} in {}: ", SafeText::new(&planned.instance), planned.zone);
    let mut lines =
        vec![TextLine::default(), TextLine(vec![(Role::Heading, head.into()), (role, gateway.stage.word().into())])];
    if matches!(gateway.stage, Stage::Gone) {
        if let Some(took) = gateway.took() {
            let forecast = planned.forecast.map_or(String::new(), |it| format!(", {} was forecast", it.words()));
            lines.push(TextLine::field("  empty", Role::Text, format!("after {}{forecast}", words::exact(took))));
        }
        return lines;
    }
    if let Some(left) = gateway.sessions {
        lines.push(meter(left, planned.sessions.max(left)));
    }
    let mut users: Vec<&str> =
        sessions.iter().filter(|it| it.gateway.as_str() == &*planned.instance).map(|it| it.user.as_str()).collect();
    users.sort_unstable();
    users.dedup();
    if !users.is_empty() {
        let more = users.len().saturating_sub(USERS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        users.truncate(USERS);
        lines.push(TextLine::field("  on it", Role::Text, format!("{}{more}", list(&users))));
    }
    if let Some(since) = gateway.closed_at {
        let since_then = app.now.duration_since(since);
        lines.push(TextLine::field("  no new ones", Role::Text, format!("for {}", words::exact(since_then))));
        lines.extend(outlook(planned, gateway, leaving, since_then));
    }
    lines
}

/// How long it is until AWS takes the gateway back.
fn notice(app: &App, sight: &Sight<'_>, planned: &PlannedGateway) -> Option<TextLine> {
    let notice = sight.instance(&planned.instance)?.notice?;
    let text = format!("by AWS in {}, with what is on it then", notices::left(notice, app.now));
    Some(TextLine::field("  taken back", Role::Critical, text))
}

/// When it will be empty, by what is known now, and what the plan said.
fn outlook(
    planned: &PlannedGateway,
    gateway: &GatewayState,
    leaving: Option<Leaving>,
    since: SignedDuration,
) -> Option<TextLine> {
    let held = gateway.sessions.filter(|it| *it > 0)?;
    let now = leaving.and_then(|it| it.empty_in(held)).map(Forecast::from);
    let late = planned.forecast.filter(|it| since.as_secs() > it.late_seconds);
    let told = match (now, planned.forecast) {
        (Some(now), Some(forecast)) => format!("in about {}; planned {}", now.words(), forecast.words()),
        (Some(now), None) => format!("in about {}", now.words()),
        (None, Some(forecast)) => format!("planned {}", forecast.words()),
        (None, None) => return None,
    };
    let (role, more) = if late.is_some() { (Role::Warning, ", which is over") } else { (Role::Text, "") };
    Some(TextLine::field("  empty", role, format!("{told}{more}")))
}

/// An instance refresh, as AWS tells of it.
fn of_refresh(sight: &Sight<'_>, refresh: &Refresh) -> Vec<TextLine> {
    let done = refresh.percent.map_or_else(String::new, |it| format!(", {it} % done"));
    let left = refresh.left.filter(|it| *it > 0);
    let left = left.map_or_else(String::new, |it| format!(", {} left", words::count(it as usize, "instance")));
    let mut lines = vec![
        TextLine::default(),
        TextLine::field("refresh", Role::Progress, format!("{}{done}{left}", refresh.word())),
    ];
    if !refresh.reason.is_empty() {
        lines.push(TextLine::field("  AWS says", Role::Text, refresh.reason.clone()));
    }
    lines.push(TextLine::field("instances", Role::Text, versions(sight)));
    if refresh.is_active() {
        let told = "it cannot be paused; a rolls it back, s stops it where it is";
        lines.push(TextLine::of(Role::Muted, told));
    }
    lines
}

/// `●●●○○ 3 of 5 sessions left`.
fn meter(left: u32, of: u32) -> TextLine {
    let (full, of_cells) = (left.min(20) as usize, of.min(20) as usize);
    TextLine(vec![
        (Role::Muted, "  sessions           ".into()),
        (Role::MeterFull, "●".repeat(full).into()),
        (Role::MeterEmpty, "○".repeat(of_cells.saturating_sub(full)).into()),
        (Role::Text, format!(" {left} of {of} left").into()),
    ])
}

fn calls(course: &GroupCourse, state: &GroupState) -> Vec<TextLine> {
    let state_of = |state: &StepState| match state {
        StepState::Waiting => (Role::Muted, "waits".to_owned()),
        StepState::Sent { .. } => (Role::Progress, "sent".to_owned()),
        StepState::Done { at, .. } => (Role::Ok, format!("taken {}", words::clock(*at))),
        StepState::Refused { fault } => (Role::Critical, format!("refused: {}", fault.code)),
        StepState::Unsure { .. } => (Role::Warning, "not answered: being looked for".to_owned()),
        StepState::Unheard { .. } => (Role::Critical, "not answered, and not found".to_owned()),
    };
    if state.calls.is_empty() {
        let first = course.certain().first().map_or("none yet", GroupWrite::operation);
        return vec![TextLine::of(Role::Muted, format!("  {first}"))];
    }
    let line = |call: &crate::plan::operation::group::Call| {
        let (role, word) = state_of(&call.state);
        let name = call.write.operation().rsplit(':').next().unwrap_or_default();
        TextLine(vec![
            (Role::Text, format!("  {name} ").into()),
            (Role::Muted, format!("{} ", call.write.about()).into()),
            (role, word.into()),
        ])
    };
    state.calls.iter().map(line).collect()
}
