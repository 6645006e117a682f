//! The documents of plans and operations, schemas `quarterdeck.plan/1` and `quarterdeck.operation/1`; every field is
//! documented in `docs/plan-json.md`.
//!
//! Fields are added within a schema number, never renamed, removed or given another meaning.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use super::{
    arithmetic::Replacement,
    course::{Course, Part},
    group::document::{GroupDocument, GroupOperationDocument},
    model::{Basis, Caller, Change, Confirmation, Finding, Plan, Weight},
    operation::{Operation, StepState, verdict::Ending},
};
use crate::{
    cost::running::CostChange,
    domain::{id::Arn, text::SafeText},
};

pub const PLAN_SCHEMA: &str = "quarterdeck.plan/1";
pub const OPERATION_SCHEMA: &str = "quarterdeck.operation/1";

/// A plan as JSON shows it.
#[derive(Debug, Serialize)]
pub struct PlanDocument<'a> {
    schema: &'static str,
    title: &'a SafeText,
    verb: &'static str,
    stack: Option<&'a SafeText>,
    production: bool,
    digest: &'a str,
    made_at: Timestamp,
    expires_at: Timestamp,
    confirmation: ConfirmationDocument<'a>,
    callers: &'a [Caller],
    steps: Vec<StepDocument>,
    services: Vec<ServiceDocument<'a>>,
    /// Where it is about a group and not about services.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<GroupDocument<'a>>,
    findings: Vec<FindingDocument<'a>>,
    basis: &'a [Basis],
}

#[derive(Debug, Serialize)]
struct ConfirmationDocument<'a> {
    /// `key`, `text` or `impossible`.
    how: &'static str,
    text: Option<&'a SafeText>,
}

#[derive(Debug, Serialize)]
struct StepDocument {
    wave: usize,
    region: SafeText,
    operation: &'static str,
    parameters: Value,
}

#[derive(Debug, Serialize)]
struct ServiceDocument<'a> {
    arn: &'a Arn,
    name: SafeText,
    cluster: SafeText,
    profile: SafeText,
    region: SafeText,
    wave: usize,
    changes: &'a [Change],
    tasks: u32,
    targets_healthy: Option<usize>,
    targets_total: Option<usize>,
    requests_per_second: Option<f64>,
    replacement: Option<&'a Replacement>,
    lost: &'a [SafeText],
    cost: Option<CostDocument<'a>>,
}

/// Amounts are exact decimals, as text.
#[derive(Debug, Serialize)]
struct CostDocument<'a> {
    currency: &'a str,
    /// More, or negative less, than now.
    hourly: Decimal,
    monthly: Decimal,
    /// On top of that while tasks are replaced.
    hourly_while_rolling: Option<Decimal>,
    rolling_seconds: Option<i64>,
    /// `bill` or `list`.
    prices: &'static str,
    text: String,
}

impl<'a> CostDocument<'a> {
    fn of(cost: &'a CostChange) -> Self {
        Self {
            currency: cost.lasting.hourly.currency.code(),
            hourly: cost.lasting.hourly.amount.normalize(),
            monthly: cost.lasting.monthly().amount.normalize(),
            hourly_while_rolling: cost.meanwhile.map(|it| it.rate.hourly.amount.normalize()),
            rolling_seconds: cost.meanwhile.map(|it| it.seconds),
            prices: cost.basis().word(),
            text: cost.words(),
        }
    }
}

#[derive(Debug, Serialize)]
struct FindingDocument<'a> {
    guard: &'static str,
    weight: &'static str,
    /// The word that overrides it, where one does.
    overridden_by: Option<&'a SafeText>,
    subject: Option<SafeText>,
    summary: &'a SafeText,
    details: &'a [SafeText],
}

impl Plan {
    pub fn document(&self) -> PlanDocument<'_> {
        let (how, text) = match &self.confirmation {
            Confirmation::Key => ("key", None),
            Confirmation::Type(text) => ("text", Some(text)),
            Confirmation::Impossible => ("impossible", None),
        };
        PlanDocument {
            schema: PLAN_SCHEMA,
            title: &self.course.title,
            verb: self.course.verb.word(),
            stack: self.course.stack.as_ref(),
            production: self.production,
            digest: &self.digest.0,
            made_at: self.made_at,
            expires_at: self.expires_at,
            confirmation: ConfirmationDocument { how, text },
            callers: &self.callers,
            steps: steps(&self.course),
            services: self.services(),
            group: self
                .course
                .group
                .as_ref()
                .zip(self.parts.first())
                .map(|(course, part)| course.document(&part.radius.gateways, &part.radius.lost)),
            findings: self.findings.iter().map(finding).collect(),
            basis: &self.basis,
        }
    }

    fn services(&self) -> Vec<ServiceDocument<'_>> {
        let parts = self.course.parts.iter().zip(&self.parts).enumerate();
        parts
            .map(|(index, (part, told))| ServiceDocument {
                arn: &part.arn,
                name: SafeText::new(&part.service.name),
                cluster: SafeText::new(&part.service.cluster),
                profile: SafeText::new(&part.service.scope.profile),
                region: SafeText::new(&part.service.scope.region),
                wave: wave_of(&self.course, index),
                changes: &told.changes,
                tasks: told.radius.tasks,
                targets_healthy: told.radius.targets.map(|it| it.0),
                targets_total: told.radius.targets.map(|it| it.1),
                requests_per_second: told.radius.requests_per_second,
                replacement: told.radius.replacement.as_ref(),
                lost: &told.radius.lost,
                cost: told.radius.cost.as_ref().map(CostDocument::of),
            })
            .collect()
    }
}

/// Counted from 1, as people count.
fn wave_of(course: &Course, part: usize) -> usize {
    course.waves.iter().position(|wave| wave.contains(&part)).map_or(1, |it| it + 1)
}

fn steps(course: &Course) -> Vec<StepDocument> {
    let of_part = |(wave, part): (usize, &Part)| -> Vec<StepDocument> {
        let steps = part.steps.iter().map(|step| {
            let mut parameters = step.request.write.parameters();
            if step.deploys_registered {
                parameters["taskDefinition"] = Value::from("(the revision registered before)");
            }
            StepDocument {
                wave: wave + 1,
                region: SafeText::new(&step.request.scope.region),
                operation: step.request.write.operation(),
                parameters,
            }
        });
        steps.collect()
    };
    course.in_order().flat_map(of_part).collect()
}

fn finding(finding: &Finding) -> FindingDocument<'_> {
    FindingDocument {
        guard: finding.guard,
        weight: finding.weight.word(),
        overridden_by: match &finding.weight {
            Weight::Blocks { over } => over.as_ref(),
            _ => None,
        },
        subject: finding.subject.as_ref().map(|it| SafeText::new(&it.key)),
        summary: &finding.summary,
        details: &finding.details,
    }
}

/// An operation as JSON shows it.
#[derive(Debug, Serialize)]
pub struct OperationDocument<'a> {
    schema: &'static str,
    id: &'a str,
    title: &'a SafeText,
    verb: &'static str,
    stack: Option<&'a SafeText>,
    digest: &'a str,
    by: &'a SafeText,
    reason: Option<&'a SafeText>,
    began_at: Timestamp,
    /// `applying`, `rolling`, `baking`, `rolling back`, or the verdict.
    phase: &'static str,
    wave: usize,
    waves: usize,
    verdict: Option<&'a Ending>,
    exit_code: Option<u8>,
    services: Vec<OperationServiceDocument<'a>>,
    /// Where it is about a group and not about services.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<GroupOperationDocument>,
    notes: Vec<NoteDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct OperationServiceDocument<'a> {
    arn: &'a Arn,
    name: SafeText,
    region: SafeText,
    stage: String,
    registered: Option<&'a Arn>,
    request_ids: Vec<&'a SafeText>,
}

#[derive(Debug, Serialize)]
struct NoteDocument<'a> {
    at: Timestamp,
    text: &'a SafeText,
}

impl Operation {
    pub fn document(&self) -> OperationDocument<'_> {
        let ending = self.ending();
        let services = self.course.parts.iter().zip(&self.parts).map(|(part, state)| {
            let ids = state.steps.iter().filter_map(|it| match it {
                StepState::Done { written, .. } => written.request_id.as_ref(),
                StepState::Refused { fault } | StepState::Unsure { fault, .. } | StepState::Unheard { fault } => {
                    fault.request_id.as_ref()
                }
                StepState::Waiting | StepState::Sent { .. } => None,
            });
            OperationServiceDocument {
                arn: &part.arn,
                name: SafeText::new(&part.service.name),
                region: SafeText::new(&part.service.scope.region),
                stage: state.words(),
                registered: state.registered.as_ref(),
                request_ids: ids.collect(),
            }
        });
        OperationDocument {
            schema: OPERATION_SCHEMA,
            id: self.id.as_str(),
            title: &self.course.title,
            verb: self.course.verb.word(),
            stack: self.course.stack.as_ref(),
            digest: &self.digest.0,
            by: &self.by,
            reason: self.reason.as_ref(),
            began_at: self.began_at,
            phase: self.word(),
            wave: self.wave + 1,
            waves: self.course.waves.len(),
            verdict: ending,
            exit_code: ending.map(|it| it.verdict.exit_code()),
            services: services.collect(),
            group: self.course.group.as_ref().zip(self.group.as_ref()).map(|(it, state)| it.operation_document(state)),
            notes: self.notes.iter().map(|it| NoteDocument { at: it.at, text: &it.text }).collect(),
        }
    }
}
