//! The part of plan and operation documents that is about a group; documented in `docs/plan-json.md`.

use serde::Serialize;
use serde_json::Value;

use super::course::GroupCourse;
use crate::{
    domain::{text::SafeText, write::group::GroupWrite},
    plan::operation::{
        StepState,
        group::{GroupState, Mode, drain},
    },
};

/// A group as the plan's document shows it.
#[derive(Debug, Serialize)]
pub struct GroupDocument<'a> {
    name: SafeText,
    profile: SafeText,
    region: SafeText,
    /// Made whatever is read.
    calls: Vec<CallDocument>,
    /// Made as what is read allows.
    conditional: Vec<ConditionalDocument>,
    gateways: &'a [SafeText],
    lost: &'a [SafeText],
}

#[derive(Debug, Serialize)]
struct CallDocument {
    operation: &'static str,
    parameters: Value,
}

#[derive(Debug, Serialize)]
struct ConditionalDocument {
    operation: &'static str,
    when: String,
}

/// The same as an operation's document shows it.
#[derive(Debug, Serialize)]
pub struct GroupOperationDocument {
    name: SafeText,
    region: SafeText,
    /// `going`, `paused` or `putting back`, and why.
    mode: &'static str,
    why: Option<SafeText>,
    calls: Vec<MadeDocument>,
    gateways: Vec<GatewayDocument>,
    sessions_left: u32,
    sessions_lost: u32,
}

#[derive(Debug, Serialize)]
struct MadeDocument {
    operation: &'static str,
    parameters: Value,
    /// `sent`, `taken`, `refused` or `unsure`.
    state: &'static str,
    request_id: Option<SafeText>,
}

#[derive(Debug, Serialize)]
struct GatewayDocument {
    instance: SafeText,
    zone: SafeText,
    stage: &'static str,
    sessions_planned: u32,
    sessions: Option<u32>,
    forecast_seconds: Option<i64>,
    /// Nine times of ten later than the first, and before the second.
    forecast_range_seconds: Option<[i64; 2]>,
    took_seconds: Option<i64>,
}

fn call(write: &GroupWrite) -> CallDocument {
    CallDocument { operation: write.operation(), parameters: write.parameters() }
}

impl GroupCourse {
    pub fn document<'a>(&self, gateways: &'a [SafeText], lost: &'a [SafeText]) -> GroupDocument<'a> {
        let conditional = self.drain().map_or_else(Vec::new, super::course::DrainCourse::conditional);
        GroupDocument {
            name: SafeText::new(&self.group.name),
            profile: SafeText::new(&self.group.scope.profile),
            region: SafeText::new(&self.group.scope.region),
            calls: self.certain().iter().map(call).collect(),
            conditional: conditional
                .into_iter()
                .map(|(operation, when)| ConditionalDocument { operation, when })
                .collect(),
            gateways,
            lost,
        }
    }

    pub fn operation_document(&self, state: &GroupState) -> GroupOperationDocument {
        let (mode, why) = match &state.mode {
            Mode::Going => ("going", None),
            Mode::Paused { why } => ("paused", Some(why.clone())),
            Mode::PuttingBack { why } => ("putting back", Some(why.clone())),
        };
        let planned = self.drain().map_or(&[][..], |it| it.gateways.as_slice());
        let gateway = |(planned, gateway): (&super::course::PlannedGateway, &drain::GatewayState)| GatewayDocument {
            instance: SafeText::new(&planned.instance),
            zone: planned.zone.clone(),
            stage: gateway.stage.word(),
            sessions_planned: planned.sessions,
            sessions: gateway.sessions,
            forecast_seconds: planned.forecast.map(|it| it.likely_seconds),
            forecast_range_seconds: planned.forecast.map(|it| [it.early_seconds, it.late_seconds]),
            took_seconds: gateway.took().map(|it| it.as_secs()),
        };
        GroupOperationDocument {
            name: SafeText::new(&self.group.name),
            region: SafeText::new(&self.group.scope.region),
            mode,
            why,
            calls: state.calls.iter().map(|it| made(&it.write, &it.state)).collect(),
            gateways: planned.iter().zip(&state.gateways).map(gateway).collect(),
            sessions_left: drain::left(state),
            sessions_lost: state.lost,
        }
    }
}

fn made(write: &GroupWrite, state: &StepState) -> MadeDocument {
    let (state, request_id) = match state {
        StepState::Waiting | StepState::Sent { .. } => ("sent", None),
        StepState::Done { written, .. } => ("taken", written.request_id.clone()),
        StepState::Refused { fault } => ("refused", fault.request_id.clone()),
        StepState::Unsure { fault, .. } => ("unsure", fault.request_id.clone()),
        StepState::Unheard { fault } => ("unheard", fault.request_id.clone()),
    };
    MadeDocument { operation: write.operation(), parameters: write.parameters(), state, request_id }
}
