//! From an action to what it comes to for each service: calls, goal, changes.

mod deploy;
mod good;
mod move_capacity;
mod nearest;
mod rollback;
mod scale;
mod scaling;
mod sleep;
mod stop_task;

use super::{
    action::Action,
    draft::Draft,
    facts::Inquiry,
    model::{Change, Refusal},
    seen::{Seen, Stop},
};
use crate::domain::{
    definition::Definition,
    text::SafeText,
    write::{ServiceChange, Write},
};

/// What `action` comes to for the service that is seen.
pub fn compose<'a>(action: &Action, seen: Seen<'a>, inquiry: &Inquiry<'a>) -> Result<Draft<'a>, Stop> {
    match action {
        Action::Deploy { what, .. } => {
            // Asked for before the rest is waited for.
            let back = action.rolls_back(seen.stack).then(|| rollback::way_back(&seen, inquiry));
            let mut draft = deploy::deploy(seen, what, inquiry)?;
            if let Some(back) = back
                && draft.goal.definition() != Some(&draft.seen.service.task_definition)
            {
                draft.way_back = back?;
            }
            Ok(draft)
        }
        Action::Redeploy { .. } => deploy::redeploy(seen, inquiry),
        Action::Rollback { to, .. } => rollback::rollback(seen, to, inquiry),
        Action::Scale { desired, range, .. } => scale::scale(seen, *desired, *range),
        Action::StopTask { task, .. } => stop_task::stop(seen, task),
        Action::SuspendScaling { .. } => scaling::suspend(seen, true),
        Action::ResumeScaling { .. } => scaling::suspend(seen, false),
        Action::Move { to, .. } => move_capacity::move_to(seen, *to, inquiry),
        Action::Wake { .. } => sleep::wake(seen),
        Action::Sleep { .. } => sleep::sleep(seen),
        Action::Group { group, .. } => Err(Refusal::new(format!("{group} is no service")).into()),
    }
}

/// One line on what an action does to these services.
pub fn title(action: &Action, drafts: &[Draft<'_>]) -> SafeText {
    let names: Vec<&str> = drafts.iter().map(Draft::name).collect();
    let regions: Vec<&str> = drafts.iter().map(|it| &*it.seen.who.scope.region).collect();
    let mut whom = if names.windows(2).all(|it| it[0] == it[1]) {
        names.first().copied().unwrap_or_default().to_owned()
    } else {
        crate::triage::words::list(&names)
    };
    if regions.windows(2).any(|it| it[0] != it[1]) {
        whom = format!("{whom} in {}", crate::triage::words::list(&regions));
    } else if let Some(first) = drafts.first().filter(|it| it.is_of_several_regions()) {
        whom = format!("{whom} in {}", first.seen.who.scope.region);
    }
    let text = match action {
        Action::Deploy { .. } => format!("deploy {} to {whom}", deploy::what(drafts)),
        Action::Redeploy { .. } => format!("redeploy {whom}"),
        Action::Rollback { .. } => format!("roll back {whom}{}", rollback::to(drafts)),
        Action::Scale { desired, .. } => {
            let before = drafts.first().map_or(0, |it| it.seen.service.desired);
            format!("scale {whom} from {before} to {desired}")
        }
        Action::StopTask { task, .. } => format!("stop task {} of {whom}", task.tail()),
        Action::SuspendScaling { .. } => format!("suspend auto scaling of {whom}"),
        Action::ResumeScaling { .. } => format!("resume auto scaling of {whom}"),
        Action::Move { to, .. } => format!("move {whom} to {}", to.word()),
        Action::Wake { .. } => format!("wake {whom}"),
        Action::Sleep { .. } => format!("put {whom} to sleep"),
        Action::Group { group, .. } => group.to_string(),
    };
    text.into()
}

/// ecs:UpdateService of the service that is seen.
fn update(seen: &Seen<'_>, change: ServiceChange) -> Write {
    Write::UpdateService { cluster: seen.service.cluster.clone(), service: seen.service.arn.clone(), change }
}

/// What differs between two revisions, field by field.
fn differences(before: &Definition, after: &Definition) -> Vec<Change> {
    before.diff(after).into_iter().map(|(field, before, after)| Change { field, before, after }).collect()
}

fn change(field: &str, before: impl Into<SafeText>, after: impl Into<SafeText>) -> Change {
    Change { field: field.into(), before: Some(before.into()), after: Some(after.into()) }
}
