//! No alarm of the stack rings, and none that would end the deployment. It warns and does not block: with an alarm
//! ringing one deploys what silences it.

use super::{Case, Found};
use crate::{
    domain::{alarm::AlarmState, verb::Verb},
    plan::facts::Asked,
    triage::words::list,
};

pub fn check(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for draft in case.drafts {
        let alarms = match &draft.seen.alarms {
            Asked::Known(alarms) => alarms,
            Asked::Failed(fault) => {
                found
                    .push(Found::warns(draft, format!("whether an alarm rings cannot be told: {}", fault.kind.word())));
                continue;
            }
            Asked::Awaited => continue,
        };
        let ringing = alarms.iter().filter(|it| it.state == AlarmState::Alarm);
        let names: Vec<String> = ringing.map(|it| it.name.to_string()).collect();
        if names.is_empty() {
            continue;
        }
        let summary = format!("{} in ALARM now: {}", names.len(), list(&names));
        // What begins to ring while it is planned is no reason against going back.
        let mut ring = match case.action.verb() {
            Verb::Rollback => Found::passes(draft, summary),
            _ => Found::warns(draft, summary),
        };
        let watched = draft.seen.service.control.alarms.iter().any(|it| names.iter().any(|name| name == it.as_str()));
        if draft.replaces && watched {
            ring = ring.with("ECS ignores an alarm for a deployment that begins while it rings");
        }
        found.push(ring);
    }
    found
}
