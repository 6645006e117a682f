//! Readiness checklists as a document, schema `quarterdeck.checklist/1`. `docs/checklist-json.md` explains each field.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::document::Place;
use crate::{
    domain::{estate::Estate, fault::Fault, text::SafeText},
    stack::model::Stack,
    triage::checklist::{Checked, Found, Standing, State, Unseen, needed, of_stack, why_unseen},
};

const SCHEMA: &str = "quarterdeck.checklist/1";

#[derive(Debug, Serialize)]
pub struct ChecklistDocument {
    schema: &'static str,
    observed_at: Timestamp,
    stacks: Vec<StackChecklist>,
}

#[derive(Debug, Serialize)]
struct StackChecklist {
    stack: SafeText,
    items: usize,
    present: usize,
    confirmed: usize,
    missing: usize,
    differs: usize,
    not_looked_at: usize,
    /// A read that the list rests on failed.
    failed: bool,
    checklist: Vec<ItemDocument>,
}

#[derive(Debug, Serialize)]
struct ItemDocument {
    name: SafeText,
    #[serde(flatten)]
    place: Place,
    state: &'static str,
    read_at: Option<Timestamp>,
    needs: Vec<NeedDocument>,
}

#[derive(Debug, Serialize)]
struct NeedDocument {
    what: SafeText,
    state: &'static str,
    read_at: Option<Timestamp>,
    detail: Option<SafeText>,
    asked: Option<SafeText>,
    is: Option<SafeText>,
    confirmed: Option<Date>,
    /// Why nobody knows.
    why: Option<SafeText>,
    fault: Option<Fault>,
}

impl ChecklistDocument {
    /// Whether everything is there that could be read, and everything could.
    pub fn is_ready(&self) -> bool {
        self.stacks.iter().all(|it| it.missing == 0 && it.differs == 0 && !it.failed)
    }
}

/// How the lists of these stacks stand.
pub fn checklist(estate: &Estate, stacks: &[Stack], now: Timestamp) -> ChecklistDocument {
    let stacks = stacks.iter().map(|stack| {
        let checked = of_stack(stack, estate, now);
        let of = |standing| checked.iter().filter(|it| it.standing() == standing).count();
        StackChecklist {
            stack: stack.name.clone(),
            items: checked.len(),
            present: of(Standing::Present),
            confirmed: of(Standing::Confirmed),
            missing: of(Standing::Missing),
            differs: of(Standing::Differs),
            not_looked_at: of(Standing::Unseen),
            failed: checked.iter().any(Checked::has_failed),
            checklist: checked.iter().map(item).collect(),
        }
    });
    ChecklistDocument { schema: SCHEMA, observed_at: now, stacks: stacks.collect() }
}

fn item(checked: &Checked<'_>) -> ItemDocument {
    ItemDocument {
        name: checked.item.name.clone(),
        place: Place::of(checked.scope),
        state: word(checked.standing()),
        read_at: checked.read_at(),
        needs: checked.found.iter().map(need).collect(),
    }
}

fn need(found: &Found<'_>) -> NeedDocument {
    let mut document = NeedDocument {
        what: needed(found.need).into(),
        state: word(found.state.standing()),
        read_at: found.read_at,
        detail: None,
        asked: None,
        is: None,
        confirmed: None,
        why: None,
        fault: None,
    };
    match &found.state {
        State::Present(detail) => document.detail = (!detail.is_empty()).then(|| detail.as_str().into()),
        State::Missing => {}
        State::Differs { asked, is } => {
            document.asked = Some(asked.as_str().into());
            document.is = Some(is.as_str().into());
        }
        State::Confirmed(day) => document.confirmed = Some(*day),
        State::Unseen(why) => {
            document.why = Some(why_unseen(why).into());
            if let Unseen::Failed(fault) = why {
                document.fault = Some((*fault).clone());
            }
        }
    }
    document
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Present => "present",
        Standing::Confirmed => "confirmed",
        Standing::Missing => "missing",
        Standing::Differs => "differs",
        Standing::Unseen => "not_looked_at",
    }
}
