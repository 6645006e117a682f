//! A plan in the making: what is asked of AWS for it, and what has come.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use tui_input::Input;

use super::{
    ActPane, Confirmed, PlanPane, Standing,
    form::Form,
    notices::{self, Unasked},
    operations,
};
use crate::{
    app::{App, effect::Effect, overlay::Overlay},
    cost::known::PriceBook,
    domain::{
        id::OperationId,
        query::{Outcome, Request},
        text::SafeText,
    },
    plan::{
        NoPlan,
        action::Action,
        facts::Facts,
        guards::Conditions,
        model::{Drift, Plan, Refusal, VALID, drift},
        plan_for,
    },
};

/// Planning under way.
#[derive(Debug, Clone)]
pub struct Planning {
    pub inquiry: u64,
    pub action: Action,
    facts: Facts,
    asked: BTreeSet<Request>,
    /// What the journal says, once it has been read.
    standing: Option<Standing>,
    /// What units cost, as it was known when planning began.
    prices: Arc<PriceBook>,
    /// What had changed when an operation stopped, if this is for what it did not reach.
    drift: Vec<Drift>,
    /// The plan that has been confirmed, if this is the fresh read before its write.
    pub confirmed: Option<(Plan, Confirmed)>,
    /// The plan of the same that has expired on screen, with what was typed for it.
    expired: Option<Box<PlanPane>>,
    /// The operation that it undoes: that one does not stand in its way.
    undoes: Option<OperationId>,
    /// The form that it was asked for in, with what was typed there.
    form: Option<Box<Form>>,
    /// Nobody at the keyboard asked for it: it is not on screen.
    unasked: Option<Unasked>,
}

/// Begins to plan `action`; refuses in read-only mode.
pub fn begin(app: &mut App, action: Action, confirmed: Option<(Plan, Confirmed)>) -> Vec<Effect> {
    let planning = planning(app, action, confirmed, None);
    set_out(app, planning)
}

/// The same for what was asked for in a form, to which a refusal leads back.
pub fn begin_filled(app: &mut App, action: Action, form: Box<Form>) -> Vec<Effect> {
    let planning = Planning { form: Some(form), ..planning(app, action, None, None) };
    set_out(app, planning)
}

/// The same for what undoes an operation.
pub fn begin_undoing(app: &mut App, action: Action, undoes: &OperationId) -> Vec<Effect> {
    let planning = Planning { undoes: Some(undoes.clone()), ..planning(app, action, None, None) };
    set_out(app, planning)
}

/// Begins to plan what nobody asked for.
pub fn begin_unasked(app: &mut App, action: Action, unasked: Unasked) -> Vec<Effect> {
    let planning = planning(app, action, None, Some(unasked));
    set_out(app, planning)
}

fn set_out(app: &mut App, planning: Planning) -> Vec<Effect> {
    if app.settings.read_only && planning.unasked.is_none() {
        give_up(app, planning, Refusal::new("nothing is written in read-only mode"));
        return Vec::new();
    }
    let mut effects = vec![Effect::ReadJournal { inquiry: planning.inquiry }];
    effects.extend(go_on(app, planning));
    effects
}

fn planning(app: &mut App, action: Action, confirmed: Option<(Plan, Confirmed)>, unasked: Option<Unasked>) -> Planning {
    app.act.inquiries += 1;
    Planning {
        inquiry: app.act.inquiries,
        action,
        facts: Facts::default(),
        asked: BTreeSet::new(),
        standing: None,
        prices: Arc::new(PriceBook::of(&app.stacks, &app.estate, app.now)),
        drift: Vec::new(),
        confirmed,
        expired: None,
        undoes: None,
        form: None,
        unasked,
    }
}

/// Plans what was not reached of an operation, after `drift` had stopped it.
pub fn begin_again(app: &mut App, action: Action, drift: Vec<Drift>) -> Vec<Effect> {
    let effects = begin(app, action, None);
    if let Some(Overlay::Act(ActPane::Planning(planning))) = &mut app.overlay {
        planning.drift = drift;
    }
    effects
}

/// Plans again what is on screen and has expired.
pub fn begin_anew(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Act(ActPane::Plan(pane))) = app.overlay.take() else { return Vec::new() };
    let effects = begin(app, pane.plan.action.clone(), None);
    if let Some(Overlay::Act(ActPane::Planning(planning))) = &mut app.overlay {
        planning.expired = Some(pane);
    }
    effects
}

/// Takes in what the journal says; where it cannot be read, nothing is planned.
pub fn journal_read(app: &mut App, inquiry: u64, read: Result<Standing, SafeText>) -> Vec<Effect> {
    let Some(mut planning) = take_under_way(app, inquiry) else { return Vec::new() };
    match read {
        Ok(standing) => {
            planning.standing = Some(standing);
            go_on(app, *planning)
        }
        Err(why) => {
            give_up(app, *planning, Refusal::new(why));
            Vec::new()
        }
    }
}

/// Takes in an answer to the inquiry under way; others are late and dropped.
pub fn inquired(app: &mut App, inquiry: u64, request: Request, outcome: Outcome, at: Timestamp) -> Vec<Effect> {
    app.now = app.now.max(at);
    match take_under_way(app, inquiry) {
        Some(mut planning) => {
            planning.facts.take(request, outcome, at);
            go_on(app, *planning)
        }
        None => super::form::inquired(app, inquiry, request, outcome, at),
    }
}

/// Takes the planning off the screen that asked `inquiry`, or that which nobody asked for; whatever else lies there
/// stays.
fn take_under_way(app: &mut App, inquiry: u64) -> Option<Box<Planning>> {
    if app.act.unasked.as_ref().is_some_and(|it| it.inquiry == inquiry) {
        return app.act.unasked.take();
    }
    match app.overlay.take() {
        Some(Overlay::Act(ActPane::Planning(planning))) if planning.inquiry == inquiry => Some(planning),
        other => {
            app.overlay = other;
            None
        }
    }
}

/// Plans with what has come; asks for what is missing.
fn go_on(app: &mut App, mut planning: Planning) -> Vec<Effect> {
    let nothing = Standing::default();
    let standing = planning.standing.as_ref().unwrap_or(&nothing);
    let conditions = Conditions {
        now: app.now,
        read_only: app.settings.read_only,
        busy: &app.act.busy(standing, planning.undoes.as_ref()),
        unread: standing.unread.as_ref(),
        // Whoever reads it has as long as on any other day.
        valid: app.settings.world.for_a_reader(VALID),
        prices: &planning.prices,
        watched: Some(&app.estate),
    };
    match plan_for(&planning.action, &app.stacks, &planning.facts, &conditions) {
        Err(NoPlan::Needs(requests)) => {
            let inquiry = planning.inquiry;
            let new: Vec<Request> = requests.into_iter().filter(|it| planning.asked.insert(it.clone())).collect();
            keep(app, planning);
            new.into_iter().map(|request| Effect::Inquire { inquiry, request }).collect()
        }
        Err(NoPlan::Refused(refusal)) => {
            give_up(app, planning, refusal);
            Vec::new()
        }
        // Who else is at it is part of the plan.
        Ok(_) if planning.standing.is_none() => {
            keep(app, planning);
            Vec::new()
        }
        Ok(plan) => planned(app, planning, plan),
    }
}

/// What is planned stays on screen, but for what nobody asked for.
fn keep(app: &mut App, planning: Planning) {
    let planning = Box::new(planning);
    if planning.unasked.is_some() {
        app.act.unasked = Some(planning);
    } else {
        app.overlay = Some(Overlay::Act(ActPane::Planning(planning)));
    }
}

/// Ends planning without a plan.
fn give_up(app: &mut App, planning: Planning, refusal: Refusal) {
    match planning.unasked {
        Some(unasked) => notices::refused(app, &unasked, &refusal.reason),
        None => refuse(app, planning.action, refusal, planning.form),
    }
}

/// Says why it cannot be done; where it was asked for in a form, one key leads back to that.
pub fn refuse(app: &mut App, action: Action, refusal: Refusal, form: Option<Box<Form>>) {
    app.overlay = Some(Overlay::Act(ActPane::Refused { action, refusal, form }));
}

/// Shows the plan, or begins it where it is the one that was confirmed.
fn planned(app: &mut App, planning: Planning, plan: Plan) -> Vec<Effect> {
    if let Some(unasked) = &planning.unasked {
        return notices::planned(app, plan, unasked, planning.standing.map_or(0, |it| it.lines));
    }
    let pane = match (planning.confirmed, planning.expired) {
        (Some((confirmed, how)), _) => {
            let changed = drift(&confirmed, &plan);
            if changed.is_empty() {
                let seen = planning.standing.map_or(0, |it| it.lines);
                return operations::begin(app, plan, &how, seen);
            }
            // Why it is done has not changed.
            let reason = how.reason.map_or_else(Input::default, |it| Input::new(it.to_string()));
            PlanPane { reason, ..PlanPane::new(plan, changed) }
        }
        (None, Some(expired)) => expired.anew(plan),
        (None, None) => PlanPane::new(plan, planning.drift),
    };
    app.overlay = Some(Overlay::Act(ActPane::Plan(Box::new(pane))));
    Vec::new()
}

/// Confirms the plan on screen: it is planned anew, and begun if nothing has changed.
pub fn confirm(app: &mut App, how: Confirmed) -> Vec<Effect> {
    let Some(Overlay::Act(ActPane::Plan(pane))) = app.overlay.take() else { return Vec::new() };
    // What was said of the dialog does not belong under the next.
    app.notice = None;
    begin(app, pane.plan.action.clone(), Some((pane.plan, how)))
}

impl Planning {
    /// Reads that have ended, of those sent.
    pub fn progress(&self) -> (usize, usize) {
        (self.facts.len(), self.asked.len())
    }
}
