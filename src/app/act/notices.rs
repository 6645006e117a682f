//! Gateways that AWS is about to take back, drained without being asked where the stack file says so.
//!
//! The stack file's `on_notice = true` is the confirmation, and the journal says so. The plan is made as any other, from
//! fresh reads; what a guard blocks is not begun, and said instead.
//!
//! Invariants: only a console does this, never a verb; nothing is begun in read-only mode; only a drain is begun, and it
//! gives no session up.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Confirmed, operations, planning};
use crate::{
    app::{App, effect::Effect, update::notify},
    domain::{
        group::{Instance, SpotNotice},
        id::{Kind, ResourceId},
        text::SafeText,
        timeline::{Entry, Source, Tone},
    },
    plan::{
        action::Action,
        group::{
            action::{DrainChoice, GroupChange, GroupRef},
            course::DrainWay,
        },
        model::{Plan, Weight},
    },
    stack::model::StackGroup,
    triage::notices::left,
};

/// As the journal has it.
const CONFIRMED: &str = "by the stack file: on_notice = true";
/// How long is waited before a drain that could not begin is planned again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(15);

/// What has been done about one notice.
#[derive(Debug, Clone, PartialEq)]
pub struct Heeded {
    notice: SpotNotice,
    tried_at: Timestamp,
    /// Its drain has begun here.
    begun: bool,
    /// Why it has not, as it was last said.
    why: Option<SafeText>,
}

/// Why a plan is made without being asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Unasked {
    pub gateway: ResourceId,
    pub notice: SpotNotice,
}

/// Plans to drain the next gateway that AWS takes back, of those whose stack file wants it.
pub fn due(app: &mut App) -> Vec<Effect> {
    if !app.settings.heeds_notices || app.settings.read_only || app.act.unasked.is_some() {
        return Vec::new();
    }
    let Some((group, gateway, notice)) = next(app) else { return Vec::new() };
    let heeded = Heeded { notice, tried_at: app.now, begun: false, why: None };
    let why = app.act.heeded.insert(gateway.clone(), heeded).filter(|it| it.notice == notice).and_then(|it| it.why);
    if let Some(heeded) = app.act.heeded.get_mut(&gateway) {
        heeded.why = why;
    }
    let instance: Arc<str> = gateway.key.as_ref().into();
    let change = GroupChange::Drain { instance, replace: true, drain: DrainChoice::default() };
    planning::begin_unasked(app, Action::Group { group, change }, Unasked { gateway, notice })
}

fn next(app: &App) -> Option<(GroupRef, ResourceId, SpotNotice)> {
    for stack in app.stacks.iter().filter(|it| !it.read_only) {
        for spec in stack.groups.iter().filter(|it| it.drain.on_notice) {
            if let Some(found) = next_of(app, spec) {
                return Some(found);
            }
        }
    }
    None
}

fn next_of(app: &App, spec: &StackGroup) -> Option<(GroupRef, ResourceId, SpotNotice)> {
    spec.scopes.iter().find_map(|scope| {
        let group = app.estate.scope(scope)?.stack_group(spec)?;
        let gateway = |it: &Instance| ResourceId::new(Kind::Instance, scope, it.id.as_str());
        // Another console may have closed it already.
        let (way, known) = (DrainWay::of(Some(&spec.drain.by), group), app.estate.scope(scope)?);
        let mut noticed = group.noticed().filter(|(it, _)| it.is_in_service() && !way.is_closed(it, known));
        let (instance, notice) = noticed.find(|(it, notice)| is_open(app, &gateway(it), *notice))?;
        Some((GroupRef::new(scope, group.name.as_str()), gateway(instance), notice))
    })
}

/// Whether something can still be done about a notice, and nothing has been, or not lately.
fn is_open(app: &App, gateway: &ResourceId, notice: SpotNotice) -> bool {
    let heeded = app.act.heeded.get(gateway).filter(|it| it.notice == notice);
    let is_closed = heeded.is_some_and(|it| it.begun || app.now.duration_since(it.tried_at) < AGAIN_AFTER);
    app.now < notice.ends_at() && !is_closed
}

/// Begins what was planned without being asked for, unless a guard blocks it.
pub fn planned(app: &mut App, plan: Plan, unasked: &Unasked, seen: usize) -> Vec<Effect> {
    let blocks = plan.findings.iter().find(|it| matches!(it.weight, Weight::Blocks { .. }));
    if let Some(finding) = blocks {
        let why = finding.summary.clone();
        refused(app, unasked, &why);
        return Vec::new();
    }
    if let Some(heeded) = app.act.heeded.get_mut(&unasked.gateway) {
        heeded.begun = true;
    }
    let at = unasked.notice.at.strftime("%H:%M:%S UTC");
    let reason = format!("AWS gave notice at {at} of taking {} back", unasked.gateway.key);
    let confirmed = Confirmed { how: CONFIRMED.into(), reason: Some(reason.into()), timeout: None };
    let told = format!(
        "AWS takes {} back in {}: its drain begins, as the stack file says; :operations shows it",
        unasked.gateway.key,
        left(unasked.notice, app.now)
    );
    notify(app, told);
    operations::begin_unseen(app, plan, &confirmed, seen)
}

/// Says why a gateway is not drained; once, while it stays the same.
pub fn refused(app: &mut App, unasked: &Unasked, why: &SafeText) {
    let Some(heeded) = app.act.heeded.get_mut(&unasked.gateway) else { return };
    if heeded.why.replace(why.clone()).as_ref() == Some(why) {
        return;
    }
    let subject = unasked.gateway.clone();
    let text = format!("AWS takes {} back, and it is not drained: {why}", subject.key);
    notify(app, text.clone());
    let what = format!("notice|{}|{}", subject.key, unasked.notice.at);
    let entry = Entry { at: app.now, source: Source::Operation, tone: Tone::Bad, subject, text: text.into() };
    app.estate.timeline.note(&what, entry);
}
