//! Operations under way: begun, written, looked at, ended.

use std::sync::Arc;

use jiff::Timestamp;

use super::{ActPane, Confirmed, NotBegun, planning};
use crate::{
    app::{
        App,
        effect::{Beginning, Effect},
        overlay::Overlay,
        schedule,
        settings::Reads,
        sources,
        update::notify,
    },
    domain::{
        id::OperationId,
        order::Order,
        text::SafeText,
        timeline::{Entry, Source, Tone},
        verb::Verb,
        write::{WriteOutcome, refresh::RefreshChoice},
    },
    plan::{
        action::{Action, RangeChoice, RollbackTo, ServiceRef},
        group::action::{DrainChoice, GroupChange, RollBy, RollTo},
        model::{Plan, Refusal},
        operation::{
            Operation, Phase, StepRef,
            verdict::{Ending, Verdict},
        },
    },
};

/// Ended operations that are kept to be looked at.
const KEPT: usize = 50;

/// A confirmed plan that still holds becomes an operation, and is looked at.
pub fn begin(app: &mut App, plan: Plan, confirmed: &Confirmed, seen: usize) -> Vec<Effect> {
    let known = app.act.operations.len();
    let effects = begin_unseen(app, plan, confirmed, seen);
    if let Some(begun) = app.act.operations.last().filter(|_| app.act.operations.len() > known) {
        let operation = begun.id.clone();
        app.overlay = Some(Overlay::Act(ActPane::Cockpit { operation, scroll: 0, ask: None }));
    }
    effects
}

/// The same behind whatever is on screen.
pub fn begin_unseen(app: &mut App, mut plan: Plan, confirmed: &Confirmed, seen: usize) -> Vec<Effect> {
    if app.settings.read_only {
        return Vec::new();
    }
    let by = plan.callers.first().map(|it| it.arn.clone()).unwrap_or_default();
    if let Some(timeout) = confirmed.timeout {
        plan.course.watch.timeout = timeout;
    }
    let (course, action) = (Arc::new(plan.course.clone()), plan.action.clone());
    let mut effects = pause_undone(app, &action);
    let operation = Operation::begin(course, plan.digest.clone(), by, confirmed.reason.clone(), app.now);
    let id = operation.id.clone();
    let Confirmed { how, reason, .. } = confirmed.clone();
    let beginning = Beginning { operation: id.clone(), plan, confirmed: how, reason, seen };
    app.act.actions.insert(id.clone(), action);
    let begins = format!("{} begins here, by {}", operation.course.title, operation.by);
    tell(app, &operation, Tone::Change, app.now, &begins);
    watch(app, operation);
    effects.push(Effect::Begin(Box::new(beginning)));
    effects.extend(go_on(app));
    effects
}

/// What is gone back from begins nothing more.
fn pause_undone(app: &mut App, action: &Action) -> Vec<Effect> {
    let Action::Rollback { services, .. } = action else { return Vec::new() };
    let now = app.now;
    let mut effects = Vec::new();
    let is_undone =
        |it: &&mut Operation| !it.has_ended() && it.course.parts.iter().any(|part| services.contains(&part.service));
    for operation in app.act.operations.iter_mut().filter(is_undone) {
        if operation.obey(Order::Pause, now) {
            effects.push(Effect::Order { operation: operation.id.clone(), order: Order::Pause });
        }
    }
    effects
}

/// Leaves an entry on the timeline of each resource that an operation is about.
fn tell(app: &mut App, operation: &Operation, tone: Tone, at: Timestamp, text: &str) {
    for subject in operation.course.subjects() {
        let what = format!("operation|{}|{}", operation.id, subject.key);
        app.estate.timeline.note(&what, Entry { at, source: Source::Operation, tone, subject, text: text.into() });
    }
}

/// Watches an operation from now on: one that begins, or one that a process has left without a verdict.
pub fn watch(app: &mut App, operation: Operation) {
    app.act.operations.push(operation);
    if app.act.operations.len() > KEPT
        && let Some(oldest) = app.act.operations.iter().position(Operation::has_ended)
    {
        let gone = app.act.operations.remove(oldest);
        app.act.actions.remove(&gone.id);
    }
}

/// Watches what processes that have gone left without a verdict, and says so; what could not be read stays told.
pub fn take_over(app: &mut App, left: Vec<Operation>, unread: Vec<SafeText>) {
    app.unsettled |= !(left.is_empty() && unread.is_empty());
    if let Some(first) = left.first() {
        let more = if left.len() > 1 { format!(" and {} more", left.len() - 1) } else { String::new() };
        notify(app, format!("taken over without a verdict: {}{more}", first.course.title));
    } else if let Some(first) = unread.first() {
        notify(app, first.clone());
    }
    for operation in left {
        let begun = format!("{} begun, and watched on from here", operation.course.title);
        tell(app, &operation, Tone::Change, operation.began_at, &begun);
        watch(app, operation);
    }
    app.act.unread = unread;
}

/// An operation is not in the journal, so nothing of it was sent, and it is none.
pub fn not_begun(app: &mut App, id: &OperationId, action: Action, why: &NotBegun) {
    app.act.operations.retain(|it| it.id != *id);
    app.unsettled = true;
    let text = format!("nothing was sent: {}", why.text());
    match &app.overlay {
        Some(Overlay::Act(ActPane::Cockpit { operation, .. })) if operation == id => {
            planning::refuse(app, action, Refusal::new(text), None);
        }
        _ => notify(app, text),
    }
}

/// Somebody says how an operation is to go on. The journal is told of what changes something, and of who said so.
pub fn order(app: &mut App, id: &OperationId, order: Order) -> Vec<Effect> {
    let now = app.now;
    let Some(operation) = app.act.operation_mut(id).filter(|it| !it.has_ended()) else { return Vec::new() };
    let told = operation.obey(order, now).then(|| Effect::Order { operation: id.clone(), order });
    app.unsettled = true;
    let mut effects: Vec<Effect> = told.into_iter().collect();
    effects.extend(go_on(app));
    effects
}

/// Nobody waits for its verdict any more.
pub fn abandon(app: &mut App, id: &OperationId) -> Vec<Effect> {
    let now = app.now;
    let Some(operation) = app.act.operation_mut(id).filter(|it| !it.has_ended()) else { return Vec::new() };
    operation.abandon(now);
    let end = |ending: &Ending| Effect::End { operation: id.clone(), ending: ending.clone() };
    operation.ending().map(end).into_iter().collect()
}

/// A write has been answered.
pub fn written(app: &mut App, id: &OperationId, step: StepRef, outcome: WriteOutcome, at: Timestamp) -> Vec<Effect> {
    app.now = app.now.max(at);
    app.unsettled = true;
    let Some(operation) = app.act.operation_mut(id) else { return Vec::new() };
    operation.answered(step, outcome, at);
    // What shows whether it worked is read at once.
    let watched = sources::watched(app);
    app.schedule.want(&watched);
    let mut effects = go_on(app);
    effects.extend(schedule::due(app));
    effects
}

/// Looks at what has come in since, sends what is due, and tells what has ended.
pub fn go_on(app: &mut App) -> Vec<Effect> {
    let (now, read_only) = (app.now, app.settings.read_only);
    let mut effects = Vec::new();
    let (mut stopped, mut ended) = (None, Vec::new());
    let undone = being_undone(app);
    for operation in app.act.operations.iter_mut().filter(|it| !it.has_ended()) {
        operation.held = operation.course.parts.iter().any(|it| undone.contains(&it.service));
        operation.look(&app.estate, now);
        let settled = operation.take_settled();
        let settle = |(step, found)| Effect::Settle { operation: operation.id.clone(), step, found };
        effects.extend(settled.into_iter().map(settle));
        if let Some((step, request)) = operation.next_write().filter(|_| !read_only)
            && operation.sent(step, now)
        {
            effects.push(Effect::Write { operation: operation.id.clone(), step, request });
        }
        if let Some(ending) = operation.ending() {
            effects.push(Effect::End { operation: operation.id.clone(), ending: ending.clone() });
            effects.push(Effect::Bell);
            app.unsettled = true;
            ended.push(operation.clone());
            stopped = stopped.or((!operation.drift.is_empty()).then(|| operation.id.clone()));
        }
    }
    for operation in ended {
        if let Some(Ending { verdict, at, summary, .. }) = operation.ending().cloned() {
            let tone = if verdict == Verdict::Succeeded { Tone::Good } else { Tone::Bad };
            tell(app, &operation, tone, at, summary.as_str());
        }
    }
    effects.extend(stopped.into_iter().flat_map(|it| plan_the_rest(app, &it)));
    effects
}

/// The services for which it is being decided on screen whether to go back.
fn being_undone(app: &App) -> Vec<ServiceRef> {
    let action = match &app.overlay {
        Some(Overlay::Act(ActPane::Planning(planning))) => Some(&planning.action),
        Some(Overlay::Act(ActPane::Plan(pane))) => Some(&pane.plan.action),
        _ => None,
    };
    match action {
        Some(Action::Rollback { services, .. }) => services.clone(),
        _ => Vec::new(),
    }
}

/// A later wave was not begun, for something had changed: whoever watches is shown the plan for it anew, and what changed.
fn plan_the_rest(app: &mut App, id: &OperationId) -> Vec<Effect> {
    let is_watched = matches!(&app.overlay, Some(Overlay::Act(ActPane::Cockpit { operation, .. })) if operation == id);
    let rest = app.act.operation(id).map(|it| (it.not_reached(), it.drift.clone()));
    let Some((services, drift)) = rest.filter(|_| is_watched && app.settings.reads == Reads::Estate) else {
        return Vec::new();
    };
    let action = app.act.actions.get(id).and_then(|it| it.narrowed(services));
    action.map_or_else(Vec::new, |it| planning::begin_again(app, it, drift))
}

/// Plans to go back from what the operation on screen does: of all its services at once. Until that is decided no
/// further wave begins; once it is confirmed, none does any more.
pub fn roll_back(app: &mut App, id: &OperationId) -> Vec<Effect> {
    let Some(action) = app.act.operation(id).and_then(way_back) else {
        notify(app, "what it did is not undone by one key: x on its service says what can be done");
        return Vec::new();
    };
    // A rollback ends what is under way, and says so; nothing else does.
    match action {
        Action::Rollback { .. } => planning::begin(app, action, None),
        _ => planning::begin_undoing(app, action, id),
    }
}

/// The action that undoes what was done to services; `None` where no single one does.
pub fn way_back(operation: &Operation) -> Option<Action> {
    let course = &operation.course;
    let begun = course.waves.iter().take(operation.wave + 1).flatten().map(|it| &course.parts[*it]);
    match course.verb {
        // Once it is through, what was good before it is of another image.
        Verb::Move if operation.phase != Phase::Rolling => None,
        Verb::Deploy | Verb::Redeploy | Verb::Move => {
            let services = begun.map(|it| it.service.clone()).collect();
            Some(Action::Rollback { services, to: RollbackTo::LastKnownGood })
        }
        // Not one further back, but to what was gone back from: services differ in that.
        Verb::Rollback => {
            let [part] = course.parts.as_slice() else { return None };
            let to = RollbackTo::Revision(part.before.task_definition.short_name().as_str().into());
            Some(Action::Rollback { services: vec![part.service.clone()], to })
        }
        Verb::Scale => {
            let part = course.parts.first()?;
            let (service, desired) = (part.service.clone(), part.before.desired);
            Some(Action::Scale { service, desired, range: RangeChoice::Keep })
        }
        Verb::SuspendScaling => Some(Action::ResumeScaling { service: course.parts.first()?.service.clone() }),
        Verb::ResumeScaling => Some(Action::SuspendScaling { service: course.parts.first()?.service.clone() }),
        _ => None,
    }
}

/// Plans the reverse of a roll that has ended: to the version that was there before, the same way.
pub fn roll_group_back(app: &mut App, id: &OperationId) -> Vec<Effect> {
    let operation = app.act.operation(id).filter(|it| it.course.verb == Verb::Roll && it.has_ended());
    let Some(operation) = operation else {
        notify(app, "what can be gone back from is a roll that has ended; a puts back what is under way");
        return Vec::new();
    };
    let (by_aws, course) = (operation.refreshes(), operation.course.group.as_ref());
    let before = course.and_then(|it| Some((it.group.clone(), it.before.template.as_ref()?.1.parse().ok()?)));
    let Some((group, version)) = before else {
        notify(app, "the number of the version before is not known: it was $Latest or $Default");
        return Vec::new();
    };
    let by = if by_aws {
        RollBy::Refresh(RefreshChoice { skip_matching: true, ..RefreshChoice::default() })
    } else {
        RollBy::Drain(DrainChoice::default())
    };
    let change = GroupChange::Roll { to: RollTo::Version(version), by };
    planning::begin(app, Action::Group { group, change }, None)
}

/// Shows the newest operation, or the one before `current`.
pub fn open(app: &mut App, current: Option<&OperationId>) {
    let ids: Vec<&OperationId> = app.act.operations.iter().map(|it| &it.id).collect();
    let at = current.and_then(|id| ids.iter().position(|it| *it == id)).unwrap_or(0);
    let before = at.checked_sub(1).unwrap_or(ids.len().saturating_sub(1));
    match ids.get(before) {
        Some(id) => {
            let operation = (*id).clone();
            app.overlay = Some(Overlay::Act(ActPane::Cockpit { operation, scroll: 0, ask: None }));
        }
        None => notify(app, "nothing has been changed from here; x opens the menu"),
    }
}
