//! Plans for the terminal stack's gateways, from what a test says AWS would answer.

use crate::{
    cost::known::PriceBook,
    domain::{
        fault::{Fault, FaultKind},
        group::{Group, Instance},
        permission::{Decision, Permission},
        query::{Answer, Outcome, Query},
        refresh::Refresh,
        template::{Template, TemplateVersion},
    },
    plan::{
        NoPlan,
        action::Action,
        facts::Facts,
        group::action::{BoundsChoice, DrainChoice, GroupChange, GroupRef},
        guards::{Busy, Conditions},
        model::{Plan, Refusal, VALID},
        plan_for,
    },
    triage::testing::{Given, now, scope},
};

/// What AWS would answer of a group.
#[derive(Debug, Clone)]
pub struct HeldGroup {
    pub given: Given,
    pub refreshes: Vec<Refresh>,
    /// Versions 1 to 9 of its launch template; the first is the default.
    pub template: Template,
    pub denied: Vec<&'static str>,
    pub busy: Vec<Busy>,
    pub read_only: bool,
    /// The table of sessions cannot be read.
    pub sessions_fail: bool,
}

impl HeldGroup {
    pub fn well() -> Self {
        let given = Given::healthy();
        Self {
            given,
            refreshes: Vec::new(),
            template: template(),
            denied: Vec::new(),
            busy: Vec::new(),
            read_only: false,
            sessions_fail: false,
        }
    }

    pub fn who() -> GroupRef {
        GroupRef::new(&scope(), "terminal-gateway-asg")
    }

    pub fn group(&mut self) -> &mut Group {
        self.given.group()
    }

    pub fn instance(&mut self, id: &str) -> &mut Instance {
        let instance = self.group().instances.iter_mut().find(|it| it.id.as_str() == id);
        instance.expect("an instance of the group")
    }

    fn answer(&self, query: &Query) -> Outcome {
        Outcome::Complete(match query {
            Query::Identity => Answer::Identity(self.given.identity.clone()),
            Query::Groups { .. } => Answer::Groups(self.given.groups.clone()),
            Query::Template { .. } => Answer::Template(self.template.clone()),
            Query::Refreshes { .. } => Answer::Refreshes(self.refreshes.clone()),
            Query::Sessions { .. } if self.sessions_fail => return Outcome::Failed(denied()),
            Query::Sessions { .. } => Answer::Sessions(self.given.sessions.clone()),
            Query::Permissions { actions, resources, .. } => {
                let of = |action: &std::sync::Arc<str>| Permission {
                    action: action.to_string().into(),
                    resource: resources[0].to_string().into(),
                    decision: if self.denied.contains(&&**action) {
                        Decision::ExplicitlyDenied
                    } else {
                        Decision::Allowed
                    },
                    missing_context: Vec::new(),
                };
                Answer::Permissions(actions.iter().map(of).collect())
            }
            other => panic!("nothing is known of {other:?}"),
        })
    }

    pub fn plan(&self, change: GroupChange) -> Result<Plan, Refusal> {
        let action = Action::Group { group: Self::who(), change };
        let prices = PriceBook::default();
        let (read_only, busy) = (self.read_only, self.busy.as_slice());
        let conditions =
            Conditions { now: now(), valid: VALID, read_only, busy, unread: None, prices: &prices, watched: None };
        let stacks = std::slice::from_ref(&self.given.stack);
        let mut facts = Facts::default();
        loop {
            match plan_for(&action, stacks, &facts, &conditions) {
                Ok(plan) => return Ok(plan),
                Err(NoPlan::Refused(refusal)) => return Err(refusal),
                Err(NoPlan::Needs(requests)) => {
                    assert!(!requests.is_empty(), "planning waits for nothing");
                    for request in requests {
                        let outcome = self.answer(&request.query);
                        facts.take(request, outcome, now());
                    }
                }
            }
        }
    }
}

pub fn scale(to: u32) -> GroupChange {
    GroupChange::Scale { to, bounds: BoundsChoice::Keep, drain: DrainChoice::default() }
}

fn template() -> Template {
    let version = |number: u64| TemplateVersion {
        number,
        description: "".into(),
        created_at: None,
        is_default: number == 1,
        image: Some(format!("ami-0{number}").into()),
        instance_type: Some("t3.medium".into()),
    };
    Template { versions: (1..=9).rev().map(version).collect() }
}

fn denied() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "dynamodb:Scan".into(),
        code: "AccessDeniedException".into(),
        message: "no".into(),
        request_id: None,
        at: now(),
    }
}
