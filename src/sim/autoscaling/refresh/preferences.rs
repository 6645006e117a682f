//! The preferences of an instance refresh: their bounds and defaults.

use super::super::{Group, missing, validation};
use crate::{
    shape,
    sim::wire::{error::ApiError, input::Input, value::Value},
};

/// What AWS takes where nothing is said: percent of the desired capacity, seconds.
const MIN_HEALTHY: u32 = 90;
const CHECKPOINT_DELAY: u32 = 3600;

/// How a refresh goes about it. Percentages are of the desired capacity.
#[derive(Debug, Clone)]
pub struct Preferences {
    pub min_healthy: u32,
    /// Where not given, an instance goes and its replacement comes at the same time.
    pub max_healthy: Option<u32>,
    /// Seconds in service after which a new instance counts.
    pub warmup: u32,
    /// Percentages at which it waits, in ascending order, and for how many seconds.
    pub checkpoints: Vec<u32>,
    pub checkpoint_delay: u32,
    pub skip_matching: bool,
    pub auto_rollback: bool,
    pub protected: Found,
    pub standby: Found,
    /// Names of alarms that end it.
    pub alarms: Vec<String>,
    /// Seconds between the last replacement and success.
    pub bake: Option<u32>,
}

/// What is done with an instance that is protected from scale-in, or in standby.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// `Refresh`, and `Terminate` of those in standby.
    Replace,
    Ignore,
    /// Up to an hour, for somebody to change that.
    Wait,
}

impl Preferences {
    /// Reads the preferences of a call; what it does not say is the group's, or AWS's default.
    pub fn read(input: Option<Input<'_>>, group: &Group) -> Result<Self, ApiError> {
        let nothing = Value::empty();
        let input = input.unwrap_or(Input(&nothing));
        let min = within(input, "MinHealthyPercentage", 0, 100)?;
        let max = within(input, "MaxHealthyPercentage", 100, 200)?;
        match (min, max) {
            (None, Some(_)) => {
                return Err(validation(
                    "If you specify MaxHealthyPercentage, you must also specify MinHealthyPercentage.",
                ));
            }
            (Some(min), Some(max)) if max - min > 100 => {
                let why =
                    "The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.";
                return Err(validation(why));
            }
            _ => {}
        }
        let checkpoints = checkpoints(input)?;
        let delay = within(input, "CheckpointDelay", 0, 172_800)?;
        if delay.is_some() && checkpoints.is_empty() {
            return Err(validation("If you specify CheckpointDelay, you must also specify CheckpointPercentages."));
        }
        let alarms = input.object("AlarmSpecification").map(|alarms| alarms.texts("Alarms")).transpose()?;
        Ok(Self {
            min_healthy: min.unwrap_or(MIN_HEALTHY),
            max_healthy: max,
            warmup: within(input, "InstanceWarmup", 0, u32::MAX)?.or(group.warmup).unwrap_or(group.grace),
            checkpoints,
            checkpoint_delay: delay.unwrap_or(CHECKPOINT_DELAY),
            skip_matching: input.bool("SkipMatching")?.unwrap_or(false),
            auto_rollback: input.bool("AutoRollback")?.unwrap_or(false),
            protected: found(input, "ScaleInProtectedInstances", "Refresh")?,
            standby: found(input, "StandbyInstances", "Terminate")?,
            alarms: alarms.unwrap_or_default(),
            bake: within(input, "BakeTime", 0, 172_800)?,
        })
    }

    pub fn spelt(&self) -> Value {
        let checkpoints = (!self.checkpoints.is_empty()).then(|| Value::list(self.checkpoints.iter().copied()));
        let alarms = (!self.alarms.is_empty()).then(|| shape! { "Alarms" => Value::list(&self.alarms) });
        shape! {
            "MinHealthyPercentage" => self.min_healthy,
            "InstanceWarmup" => self.warmup,
            "CheckpointDelay" => checkpoints.is_some().then_some(self.checkpoint_delay),
            "CheckpointPercentages" => checkpoints,
            "SkipMatching" => self.skip_matching,
            "AutoRollback" => self.auto_rollback,
            "ScaleInProtectedInstances" => self.protected.wire("Refresh"),
            "StandbyInstances" => self.standby.wire("Terminate"),
            "AlarmSpecification" => alarms,
            "MaxHealthyPercentage" => self.max_healthy,
            "BakeTime" => self.bake,
        }
    }
}

impl Found {
    fn wire(self, replace: &'static str) -> &'static str {
        match self {
            Self::Replace => replace,
            Self::Ignore => "Ignore",
            Self::Wait => "Wait",
        }
    }
}

fn found(input: Input<'_>, name: &str, replace: &'static str) -> Result<Found, ApiError> {
    let all = [Found::Replace, Found::Ignore, Found::Wait];
    let Some(text) = input.text(name)? else { return Ok(Found::Wait) };
    all.into_iter().find(|it| it.wire(replace) == text).ok_or_else(|| {
        validation(format!(
            "1 validation error detected: Value '{text}' at '{name}' failed to satisfy constraint: Member must satisfy \
             enum value set: [{replace}, Ignore, Wait]"
        ))
    })
}

/// A whole number between the bounds.
fn within(input: Input<'_>, name: &str, least: u32, most: u32) -> Result<Option<u32>, ApiError> {
    let Some(value) = input.int(name)? else { return Ok(None) };
    match u32::try_from(value) {
        Ok(value) if (least..=most).contains(&value) => Ok(Some(value)),
        _ => Err(validation(format!("{name} must be between {least} and {most}, and is {value}."))),
    }
}

/// Percentages from 1 to 100, each larger than the one before.
fn checkpoints(input: Input<'_>) -> Result<Vec<u32>, ApiError> {
    let mut known = Vec::new();
    for item in input.texts("CheckpointPercentages")? {
        let value = item.parse().map_err(|_| ApiError::serialization("CheckpointPercentages", "a list of integers"))?;
        if !(1..=100).contains(&value) || known.last().is_some_and(|last| *last >= value) {
            return Err(validation("CheckpointPercentages must be unique, in ascending order and between 1 and 100."));
        }
        known.push(value);
    }
    if input.has("CheckpointPercentages") && known.is_empty() {
        return Err(missing("checkpointPercentages"));
    }
    Ok(known)
}
