//! What was done and stays, though what it was done for was not: no verdict may sound as if nothing had happened.

use super::{Operation, PartState, StepState};
use crate::{
    domain::write::{Suspension, Write},
    plan::course::Part,
    triage::words,
};

/// What those of a part's writes left behind that were taken, where others were not.
pub fn of_part(part: &Part, state: &PartState) -> Option<String> {
    if state.is_written() {
        return None;
    }
    let done = part.steps.iter().zip(&state.steps).filter(|(_, it)| matches!(it, StepState::Done { .. }));
    let told: Vec<String> = done.map(|(step, _)| trace(&step.request.write, state)).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Services that were changed, where others of the same plan were lost.
pub fn beside_what_was_lost(operation: &Operation) -> Option<String> {
    let parts = || operation.course.parts.iter().zip(&operation.parts);
    if !parts().any(|(_, state)| state.stage.is_lost()) {
        return None;
    }
    let is_changed = |state: &PartState| state.steps.iter().any(|it| matches!(it, StepState::Done { .. }));
    let stay = parts().filter(|(_, it)| !it.stage.is_lost() && it.back.is_empty() && is_changed(it));
    let names: Vec<String> = stay.map(|(part, _)| operation.course.whose(part)).collect();
    match names.as_slice() {
        [] => None,
        [only] => Some(format!("{only} was changed and stays so")),
        several => Some(format!("{} were changed and stay so", words::list(several))),
    }
}

fn trace(write: &Write, state: &PartState) -> String {
    match write {
        Write::RegisterTaskDefinition { .. } => match &state.registered {
            Some(arn) => format!("the new revision {} was registered and not deployed", arn.short_name()),
            None => "a new revision was registered and not deployed".to_owned(),
        },
        Write::RegisterScalableTarget { range: Some(range), .. } => {
            format!("auto scaling's range is {}–{} now", range.min, range.max)
        }
        Write::RegisterScalableTarget { suspended: Some(flags), .. } if *flags == Suspension::default() => {
            "auto scaling is resumed".to_owned()
        }
        Write::RegisterScalableTarget { suspended: Some(_), .. } => {
            "auto scaling stays suspended until it is resumed".to_owned()
        }
        other => format!("{} was done", other.operation()),
    }
}
