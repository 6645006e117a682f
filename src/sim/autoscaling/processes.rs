//! `SuspendProcesses` and `ResumeProcesses`.

use jiff::Timestamp;

use super::{State, validation};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    value::Value,
};

/// Everything that a group does by itself.
const PROCESSES: [&str; 9] = [
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

/// What is suspended already keeps its reason, and so its time.
pub fn suspend(state: &mut State, call: &Call<'_>, now: Timestamp) -> Reply {
    let processes = named(call)?;
    let group = state.group(call)?;
    for process in processes {
        group.suspended.entry(process).or_insert_with(|| format!("User suspended at {now:.0}"));
    }
    Ok(Value::Absent)
}

pub fn resume(state: &mut State, call: &Call<'_>) -> Reply {
    let processes = named(call)?;
    state.group(call)?.suspended.retain(|process, _| !processes.contains(process));
    Ok(Value::Absent)
}

/// The processes that the call names; all where it names none.
fn named(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let processes = call.input.texts("ScalingProcesses")?;
    if let Some(odd) = processes.iter().find(|process| !PROCESSES.contains(&process.as_str())) {
        return Err(validation(format!("The process {odd} is not a valid scaling process.")));
    }
    if processes.is_empty() { Ok(PROCESSES.map(str::to_owned).to_vec()) } else { Ok(processes) }
}
