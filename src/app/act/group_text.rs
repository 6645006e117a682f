//! How an operation on a group stands, line by line.

use jiff::SignedDuration;

use crate::{
    app::{App, overlay::TextLine, words},
    domain::{session::Session, text::SafeText, write::group::GroupWrite},
    plan::{
        group::course::{DrainCourse, GroupCourse, PlannedGateway},
        operation::{
            Operation, StepState,
            group::{
                GroupState, Mode,
                drain::{GatewayState, Stage, left},
                sight::Sight,
            },
        },
    },
    theme::Role,
    triage::words::list,
};

/// Users that are named at most, of those on a gateway.
const USERS: usize = 6;

/// The group, its gateways with who is still on them, and the calls that were made.
pub fn lines(app: &App, operation: &Operation) -> Vec<TextLine> {
    let (Some(course), Some(state)) = (&operation.course.group, &operation.group) else { return Vec::new() };
    let mut lines = vec![TextLine::default()];
    let sight = Sight::of(course, &app.estate);
    if let Some(sight) = &sight {
        let group = sight.group;
        let text = format!(
            "{} wanted, {} in service, between {} and {}",
            group.desired,
            sight.in_service().count(),
            group.min,
            group.max
        );
        lines.push(TextLine::field("group", Role::Text, text));
    }
    if !operation.has_ended() {
        lines.extend(mode(state));
    }
    if let Some(drain) = course.drain() {
        lines.extend(deadline(app, operation, drain, state));
        for (planned, gateway) in drain.gateways.iter().zip(&state.gateways) {
            let who = sight.and_then(|it| it.reading).map_or(&[][..], |it| it.sessions);
            lines.extend(of_gateway(app, planned, gateway, who));
        }
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

fn of_gateway(app: &App, planned: &PlannedGateway, gateway: &GatewayState, sessions: &[Session]) -> Vec<TextLine> {
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
            let forecast = forecast(planned).map_or(String::new(), |it| format!(", {} was forecast", words::exact(it)));
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
        let left = forecast(planned).map(|it| it - since_then).filter(SignedDuration::is_positive);
        let left = match (forecast(planned), left) {
            (_, Some(left)) => format!(", empty in about {}", words::exact(left)),
            (Some(_), None) => ", longer than forecast".to_owned(),
            (None, None) => String::new(),
        };
        lines.push(TextLine::field("  no new ones", Role::Text, format!("for {}{left}", words::exact(since_then))));
    }
    lines
}

fn forecast(planned: &PlannedGateway) -> Option<SignedDuration> {
    planned.forecast_seconds.map(SignedDuration::from_secs)
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
