//! What each pane of acting says, line by line, as the screen breaks it.

use super::{
    ActPane, Ask, Asked, cockpit_keys,
    form::{Form, FormKind, Images},
    group_text,
    image_list::Listed,
    latency, menu, plan_text,
};
use crate::{
    app::{App, describe::images, flow::flow, overlay::TextLine, words},
    domain::{id::OperationId, target::TargetState, text::SafeText, verb::Verb},
    plan::{
        action::{RangeChoice, ServiceRef},
        operation::{
            Operation, Phase,
            group::drain::left,
            judge::Stage,
            verdict::Verdict,
            watch::{View, progress, views},
        },
    },
    theme::Role,
};

/// The heading of a pane.
pub fn title(app: &App, pane: &ActPane) -> String {
    match pane {
        ActPane::Menu(menu) => format!("act on {}", menu.subject),
        ActPane::Form(form) => match &form.kind {
            FormKind::Deploy { services, .. } => format!("deploy to {}", whom(app, services)),
            FormKind::Scale { service, current, .. } => {
                format!("scale {} from {current}", whom(app, std::slice::from_ref(service)))
            }
            FormKind::Group { group, form } => form.title(&group.name),
            FormKind::History(form) => format!("roll back {}", whom(app, std::slice::from_ref(&form.service))),
        },
        ActPane::Planning(planning) if planning.confirmed.is_some() => {
            "reading anew before anything is sent".to_owned()
        }
        ActPane::Planning(_) => "planning".to_owned(),
        ActPane::Plan(pane) if pane.plan.production => "plan · PRODUCTION".to_owned(),
        ActPane::Plan(_) => "plan".to_owned(),
        ActPane::Refused { action, .. } => match action.verb() {
            Verb::Rollback => "cannot roll back".to_owned(),
            verb => format!("cannot {}", verb.word().replace('-', " ")),
        },
        ActPane::Cockpit { .. } => "operation".to_owned(),
    }
}

/// Services by name, each with its region where its stack lies in several.
fn whom(app: &App, services: &[ServiceRef]) -> SafeText {
    let names: Vec<String> = services.iter().map(|it| menu::whose(app, it)).collect();
    crate::triage::words::list(&names).into()
}

/// The lines of a pane; it scrolls over them.
pub fn lines(app: &App, pane: &ActPane, width: usize) -> Vec<TextLine> {
    let lines = match pane {
        ActPane::Menu(menu) => menu
            .offers
            .iter()
            .enumerate()
            .map(|(at, offer)| {
                let cursor = if at == menu.selected { "› " } else { "  " };
                TextLine(vec![
                    (Role::Key, format!("{cursor}{} ", offer.key).into()),
                    (Role::Strong, format!("{:<16} ", offer.verb.word()).into()),
                    (Role::Text, offer.summary.clone()),
                ])
            })
            .collect(),
        ActPane::Form(form) => form_lines(app, form),
        ActPane::Planning(planning) => {
            let (ended, sent) = planning.progress();
            let text = format!("{ended} of {sent} reads have answered; esc leaves it");
            vec![TextLine::of(Role::Progress, text)]
        }
        ActPane::Plan(pane) => plan_text::lines(&pane.plan, &pane.drift, app.now),
        ActPane::Refused { refusal, .. } => {
            let hint = refusal.hint.iter().map(|it| TextLine::of(Role::Muted, it.clone()));
            std::iter::once(TextLine::of(Role::Critical, refusal.reason.clone())).chain(hint).collect()
        }
        ActPane::Cockpit { operation, .. } => {
            app.act.operation(operation).map_or_else(Vec::new, |it| cockpit(app, it, width))
        }
    };
    flow(&lines, width)
}

fn form_lines(app: &App, form: &Form) -> Vec<TextLine> {
    let mut lines = Vec::new();
    match &form.kind {
        FormKind::Deploy { images, selected, .. } => match images {
            Images::Loading => lines.push(TextLine::of(Role::Progress, "asking ECR for images")),
            Images::None(why) => lines.push(TextLine::of(Role::Muted, why.clone())),
            Images::Listed(list) => {
                let shown = form.shown();
                lines.push(list.heading());
                if shown.is_empty() {
                    lines.push(TextLine::of(Role::Muted, "no image matches; what is typed is taken as it is"));
                }
                lines.extend(shown.iter().enumerate().map(|(at, it)| image(app, it, at == *selected)));
            }
        },
        FormKind::Scale { is_steered, range, current, .. } => {
            lines.push(TextLine::field("now", Role::Text, words::count(*current as usize, "task")));
            if *is_steered {
                let choice = match range {
                    RangeChoice::Keep => "keep its range: it will bring the count back into it",
                    RangeChoice::Widen => "widen its range to hold the new count",
                    RangeChoice::Suspend => "suspend it",
                };
                lines.push(TextLine(vec![
                    (Role::Muted, format!("{:<18} ", "auto scaling").into()),
                    (Role::Strong, choice.into()),
                    (Role::Muted, "  (tab for another)".into()),
                ]));
            }
        }
        FormKind::Group { form, .. } => lines.extend(form.lines()),
        FormKind::History(history) => lines.extend(history.lines(app, form.input.value())),
    }
    if let Some(fault) = &form.fault {
        lines.push(TextLine::of(Role::Critical, fault.clone()));
    }
    lines
}

/// Age, tag, digest and what the scan says.
fn image(app: &App, listed: &Listed, is_selected: bool) -> TextLine {
    let image = &listed.image;
    let tag = images::tags(image);
    let age = image.pushed_at.map_or_else(|| "–".to_owned(), |it| words::ago(app.now, it));
    let (role, scan) = images::scan_words(image);
    let state = match (listed.runs, image.archived) {
        (true, _) => "runs  ",
        (false, true) => "archived  ",
        (false, false) => "",
    };
    TextLine(vec![
        (Role::Key, if is_selected { "› " } else { "  " }.into()),
        (Role::Strong, format!("{tag:<20} ").into()),
        (Role::Muted, format!("{:<13} ", words::short_digest(image.digest.as_str())).into()),
        (Role::Text, format!("{age:<15} ").into()),
        (Role::Strong, state.into()),
        (role, scan.into()),
    ])
}

/// How an operation stands: progress, parts, what happened, what can be done.
fn cockpit(app: &App, operation: &Operation, width: usize) -> Vec<TextLine> {
    let mut lines = vec![TextLine::of(Role::Strong, operation.course.title.clone())];
    lines.push(phase(app, operation));
    // What did not get there has a verdict, and no more than that.
    if operation.ending().is_none_or(|it| it.verdict == Verdict::Succeeded) {
        lines.push(bar(progress(operation), width));
    }
    let (reason, by) = (operation.reason.clone().unwrap_or_default(), &operation.by);
    lines.push(TextLine::field("by", Role::Text, by.clone()));
    if !reason.is_empty() {
        lines.push(TextLine::field("because", Role::Text, reason));
    }
    if let Some(ending) = operation.ending() {
        lines.push(TextLine::default());
        lines.push(TextLine::of(role_of(ending.verdict), ending.summary.clone()));
        // Of one service the summary has said most of it.
        let is_new = |it: &&SafeText| !ending.summary.as_str().contains(it.as_str().rsplit(": ").next().unwrap_or(""));
        let evidence = ending.evidence.iter().filter(is_new);
        lines.extend(evidence.map(|it| TextLine::of(Role::Text, format!("  {it}"))));
    }
    lines.extend(parts(app, operation, width));
    lines.extend(group_text::lines(app, operation));
    lines.push(TextLine::default());
    lines.push(TextLine::of(Role::Heading, "WHAT HAPPENED"));
    let notes = operation.notes.iter().rev();
    lines.extend(notes.map(|it| {
        TextLine(vec![(Role::Muted, format!("  {} ", words::clock(it.at)).into()), (Role::Text, it.text.clone())])
    }));
    lines.extend(cockpit_keys::lines(app, operation));
    lines
}

/// How the verdict is drawn.
pub fn role_of(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Succeeded => Role::Ok,
        Verdict::RolledBack | Verdict::Superseded | Verdict::TimedOut | Verdict::Abandoned => Role::Warning,
        Verdict::Failed => Role::Critical,
    }
}

/// The same of a verdict as the journal has it, in a word.
pub fn role_of_word(verdict: &str) -> Role {
    Verdict::ALL.into_iter().find(|it| it.word() == verdict).map_or(Role::Warning, role_of)
}

fn phase(app: &App, operation: &Operation) -> TextLine {
    let since = words::exact(app.now.duration_since(operation.began_at));
    let waves = operation.course.waves.len();
    let wave = if waves > 1 { format!(", wave {} of {waves}", operation.wave + 1) } else { String::new() };
    let text = match &operation.phase {
        Phase::Baking { since: baking, broken } if broken.is_empty() => {
            let left = operation.course.watch.bake - app.now.duration_since(*baking);
            let left = if left.is_positive() {
                format!("{} left", words::exact(left))
            } else {
                "waiting for figures".to_owned()
            };
            format!("baking, {left}{wave}")
        }
        Phase::Baking { broken, .. } => {
            format!("baking, and a gate is broken: {}{wave}; r rolls back", broken.join("; "))
        }
        Phase::Ended(ending) => {
            let took = words::exact(ending.at.duration_since(operation.began_at));
            return TextLine::field(ending.verdict.word(), role_of(ending.verdict), format!("after {took}"));
        }
        _ => format!("{}{wave}", operation.word()),
    };
    let role = if matches!(&operation.phase, Phase::Baking { broken, .. } if !broken.is_empty()) {
        Role::Critical
    } else {
        Role::Progress
    };
    TextLine::field(&format!("since {since}"), role, text)
}

/// `████████░░░░░░ 57 %`.
fn bar(part: f64, width: usize) -> TextLine {
    let cells = width.saturating_sub(8).min(60);
    let full = (part * cells as f64).round() as usize;
    TextLine(vec![
        (Role::MeterFull, "█".repeat(full).into()),
        (Role::MeterEmpty, "░".repeat(cells.saturating_sub(full)).into()),
        (Role::Text, format!(" {:.0} %", part * 100.0).into()),
    ])
}

/// Every service: those of waves before and after the one under way in a line each.
fn parts(app: &App, operation: &Operation, width: usize) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let mut is_brief = false;
    for (index, view) in views(operation, &app.estate).iter().enumerate() {
        let is_whole = operation.has_ended() || operation.current().contains(&index) || !view.state.back.is_empty();
        if is_whole || !is_brief {
            lines.push(TextLine::default());
        }
        is_brief = !is_whole;
        lines.extend(part(app, operation, view, width).into_iter().take(if is_whole { usize::MAX } else { 1 }));
    }
    lines
}

/// One service of an operation; of one that has ended the verdict has said how.
fn part(app: &App, operation: &Operation, view: &View<'_>, width: usize) -> Vec<TextLine> {
    let name = SafeText::new(&view.part.service.to_string());
    let role = match &view.state.stage {
        Stage::There { .. } => Role::Ok,
        Stage::Failed { .. } => Role::Critical,
        Stage::GoingBack | Stage::RolledBack { .. } | Stage::Superseded { .. } => Role::Warning,
        _ => Role::Progress,
    };
    let mut lines = vec![if operation.has_ended() {
        TextLine::of(Role::Heading, name)
    } else {
        TextLine(vec![(Role::Heading, format!("{name}: ").into()), (role, view.state.words().into())])
    }];
    let Some(service) = view.service else { return lines };
    let counts = match view.new {
        Some(new) => format!(
            "{} of {} new run, {} pending, {} old; {} wanted",
            new.running, new.desired, new.pending, view.old, service.desired
        ),
        None => format!("{} of {} run, {} pending", service.running, service.desired, service.pending),
    };
    lines.push(TextLine::field("  tasks", Role::Text, counts));
    if !view.targets.is_empty() {
        let count = |state| view.targets_in(state);
        let drain = view.drain_seconds_left(app.now).map_or(String::new(), |it| format!(" ({it} s left)"));
        let text = format!(
            "{} healthy, {} initial, {} unhealthy, {} draining{drain}",
            count(TargetState::Healthy),
            count(TargetState::Initial),
            count(TargetState::Unhealthy),
            count(TargetState::Draining),
        );
        let role = if count(TargetState::Unhealthy) > 0 { Role::Critical } else { Role::Text };
        lines.push(TextLine::field("  targets", role, text));
    }
    if view.new.is_some() {
        let rolling = service.rolling;
        let (floor, ceiling) = (rolling.floor(service.desired), rolling.ceiling(service.desired));
        let text = format!("{floor} to {ceiling} tasks may run while it rolls");
        lines.push(TextLine::field("  arithmetic", Role::Text, text));
    }
    if let Some((failures, threshold)) = view.deployment.and_then(|it| it.breaker) {
        let role = if failures > 0 { Role::Warning } else { Role::Text };
        let text = format!("{failures} failures, {threshold} trip it");
        lines.push(TextLine::field("  circuit breaker", role, text));
    }
    lines.extend(latency::lines(app, view, width));
    // What was said before the operation began or after it ended is not of it.
    let ended_at = operation.ending().map_or(app.now, |it| it.at);
    let events = service.events.iter().filter(|it| it.at >= operation.began_at && it.at <= ended_at).take(4);
    lines.extend(events.map(|it| {
        TextLine(vec![(Role::Muted, format!("  {} ", words::clock(it.at)).into()), (Role::Text, it.message.clone())])
    }));
    lines
}

/// What is asked over an operation, in a line.
pub fn asked(app: &App, operation: &OperationId, ask: &Ask) -> String {
    let open = |goes_back| app.act.operation(operation).and_then(|it| at_stake(app, it, goes_back)).unwrap_or(0);
    match ask.what {
        Asked::PutBack => {
            let bared = app.act.operation(operation).map_or(0, |it| it.bared_by_putting_back(&app.estate));
            if bared == 0 {
                return "put everything back as it was? y does it, esc goes on".to_owned();
            }
            let bared = words::count(bared as usize, "session");
            format!("put everything back? its policy may then end {bared}: y does it, esc goes on")
        }
        Asked::BeginNoMore => "begin nothing more of it? y does it, esc goes on".to_owned(),
        Asked::StopRefresh => "stop the refresh where it is? y does it, esc goes on".to_owned(),
        Asked::GiveUp { .. } => {
            let open = words::count(open(false) as usize, "session");
            format!("{open} would be lost: type the number and press enter, esc goes on")
        }
        Asked::GiveUpAndPutBack { .. } => {
            let open = words::count(open(true) as usize, "session");
            format!(
                "rolled back, up to {open} on what is new may be lost: type the number and press enter, esc goes on"
            )
        }
    }
}

/// Sessions that would be lost by giving up: those on the gateways that are still to go, or by rolling a refresh back.
pub fn at_stake(app: &App, operation: &Operation, goes_back: bool) -> Option<u32> {
    if goes_back { Some(operation.lost_by_putting_back(&app.estate)) } else { operation.group.as_ref().map(left) }
}

/// One line on the operations under way, for the foot of every screen; `None` where there is none.
pub fn strip(app: &App) -> Option<TextLine> {
    let recent = jiff::SignedDuration::from_mins(2);
    let is_recent = |it: &&Operation| it.ending().is_none_or(|it| app.now.duration_since(it.at) < recent);
    let shown = app.act.operations.iter().rev().find(is_recent)?;
    let open = app.act.operations.iter().filter(|it| !it.has_ended()).count();
    let more = if open > 1 { format!("  ({open} under way)") } else { String::new() };
    let (role, state) = if let Some(ending) = shown.ending() {
        (role_of(ending.verdict), ending.verdict.word().to_owned())
    } else {
        let percent = progress(shown) * 100.0;
        (Role::Progress, format!("{} {percent:.0} %", shown.word()))
    };
    Some(TextLine(vec![
        (role, format!(" {state} ").into()),
        (Role::Text, format!("{}{more}", shown.course.title).into()),
    ]))
}
