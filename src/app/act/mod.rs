//! Acting: from the menu to the plan, its confirmation, and the operations under way.
//!
//! ```text
//! x ─▶ Menu ─▶ (Form) ─▶ Planning ─▶ Plan ─ confirmed ─▶ Planning anew ─▶ the same: Operation begins ─▶ Cockpit
//!                            ▲                                │ something changed: shown again, with what
//!                            └────────────────────────────────┘
//! ```
//!
//! Invariants: a write is asked for only of an operation that began from a confirmed, unexpired plan whose digest a fresh
//! read gave again; only a key pressed after the plan was drawn confirms it, never a paste, or, of the drain of a gateway
//! that AWS takes back, the stack file ([`notices`]); nothing is planned, confirmed or begun in read-only mode.

pub mod cockpit_keys;
pub mod form;
mod group_counts;
mod group_form;
mod group_menu;
mod group_text;
mod history_form;
mod image_list;
mod latency;
pub mod menu;
pub mod notices;
pub mod operations;
pub mod plan_text;
pub mod planning;
pub mod text;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tui_input::Input;

use self::{form::Form, menu::Menu, notices::Heeded, planning::Planning};
use crate::{
    domain::{
        id::{OperationId, ResourceId},
        text::SafeText,
    },
    plan::{
        action::Action,
        guards::Busy,
        model::{Confirmation, Drift, Plan, Refusal, drift},
        operation::Operation,
    },
};

/// Operations, and what planning needs beside the estate.
#[derive(Debug, Default)]
pub struct Act {
    /// Oldest first; ended ones stay, to be looked at.
    pub operations: Vec<Operation>,
    /// What was wanted of those that began here: to be planned again for what was not reached.
    pub actions: BTreeMap<OperationId, Action>,
    /// What of the journal could not be read at the start, and where.
    pub unread: Vec<SafeText>,
    /// Counts inquiries; late answers to earlier ones are told by it.
    pub inquiries: u64,
    /// What is planned although nobody asked for it.
    unasked: Option<Box<Planning>>,
    /// What has been done about AWS's notices, by gateway.
    heeded: BTreeMap<ResourceId, Heeded>,
}

/// What of acting lies over the view.
#[derive(Debug, Clone)]
pub enum ActPane {
    Menu(Menu),
    Form(Box<Form>),
    Planning(Box<Planning>),
    Plan(Box<PlanPane>),
    /// With the form that it was asked for in, if it was one.
    Refused {
        action: Action,
        refusal: Refusal,
        form: Option<Box<Form>>,
    },
    Cockpit {
        operation: OperationId,
        scroll: usize,
        ask: Option<Ask>,
    },
}

/// What is asked of whoever watches an operation, before it is done.
#[derive(Debug, Clone)]
pub struct Ask {
    pub what: Asked,
    /// It has been on screen: only keys after that answer.
    pub drawn: bool,
}

#[derive(Debug, Clone)]
pub enum Asked {
    /// To press `y`: everything is put back as it was.
    PutBack,
    /// To press `y`: no further wave is begun.
    BeginNoMore,
    /// To press `y`: the instance refresh is stopped where it is.
    StopRefresh,
    /// To type the number of sessions that are lost.
    GiveUp { typed: Input },
    /// The same of what the instance refresh has launched, which is then rolled back.
    GiveUpAndPutBack { typed: Input },
}

/// A plan, waiting to be confirmed.
#[derive(Debug, Clone)]
pub struct PlanPane {
    pub plan: Plan,
    /// What has changed since it was last confirmed, where it is shown again.
    pub drift: Vec<Drift>,
    pub scroll: usize,
    /// It has been on screen: only keys after that confirm.
    pub drawn: bool,
    pub typed: Input,
    pub reason: Input,
    /// The reason is being typed, not the confirming text.
    pub at_reason: bool,
}

impl PlanPane {
    pub fn new(plan: Plan, drift: Vec<Drift>) -> Self {
        Self {
            plan,
            drift,
            scroll: 0,
            drawn: false,
            typed: Input::default(),
            reason: Input::default(),
            at_reason: false,
        }
    }

    /// The same action planned again after this plan had expired: what has changed since is told, and what was typed
    /// stays as far as it still holds. The text confirms only what it was typed for.
    #[must_use]
    pub fn anew(self, plan: Plan) -> Self {
        let changed = drift(&self.plan, &plan);
        let typed = if changed.is_empty() { self.typed } else { Input::default() };
        let drift = if changed.is_empty() { self.drift } else { changed };
        Self { typed, reason: self.reason, at_reason: self.at_reason, ..Self::new(plan, drift) }
    }

    /// Why it cannot be confirmed as it stands; `None` where it can.
    pub fn missing(&self, now: Timestamp) -> Option<Missing> {
        match &self.plan.confirmation {
            _ if !self.drawn => Some(Missing::Drawing),
            _ if self.plan.is_expired(now) => Some(Missing::Time),
            Confirmation::Impossible => Some(Missing::Leave),
            Confirmation::Type(_) if !self.plan.is_confirmed_by(self.typed.value()) => Some(Missing::Text),
            _ if self.plan.production && self.reason.value().trim().is_empty() => Some(Missing::Reason),
            _ => None,
        }
    }
}

/// What a plan on screen lacks to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It has not been on screen yet.
    Drawing,
    /// It has expired.
    Time,
    /// Something blocks it.
    Leave,
    /// The text is not typed.
    Text,
    Reason,
}

/// How a plan was confirmed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// As `by a key`, `by typing terminal-api`, `by --yes`.
    pub how: SafeText,
    pub reason: Option<SafeText>,
    /// How long it is watched at most, where that was said.
    pub timeout: Option<SignedDuration>,
}

/// What the journal says of operations that have no verdict yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    pub operations: Vec<(OperationId, Vec<Busy>)>,
    /// How many lines it has: what begins behind them has not been seen.
    pub lines: usize,
    /// The first of them of which it is not known what it tells.
    pub unread: Option<SafeText>,
}

/// Why an operation has not begun; nothing of it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotBegun {
    /// Somebody else began one on the same resource since the plan was made.
    Overtaken(SafeText),
    /// The journal could not be written.
    Journal(SafeText),
}

impl NotBegun {
    pub fn text(&self) -> &SafeText {
        match self {
            Self::Overtaken(text) | Self::Journal(text) => text,
        }
    }
}

impl Act {
    /// Every operation that has not ended: those of this console, and what the journal says of others.
    /// But for the one that is being undone.
    pub fn busy(&self, standing: &Standing, undone: Option<&OperationId>) -> Vec<Busy> {
        let own = self.operations.iter().filter(|it| !it.has_ended() && undone != Some(&it.id));
        let own = own.flat_map(|it| Busy::of(&it.course, it.began_at, &it.by));
        let others = standing.operations.iter().filter(|(id, _)| self.operation(id).is_none());
        own.chain(others.flat_map(|(_, busy)| busy.iter().cloned())).collect()
    }

    pub fn operation(&self, id: &OperationId) -> Option<&Operation> {
        self.operations.iter().find(|it| it.id == *id)
    }

    pub fn operation_mut(&mut self, id: &OperationId) -> Option<&mut Operation> {
        self.operations.iter_mut().find(|it| it.id == *id)
    }
}
