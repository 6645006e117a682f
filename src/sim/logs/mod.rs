//! Amazon CloudWatch Logs: what tasks and gateways write.
//!
//! ```text
//! ecs (lives of containers) ─┐                      ┌─ DescribeLogGroups, DescribeLogStreams
//! traffic (diary) ───────────┼▶ group ─▶ stream ─▶ walk ─▶ FilterLogEvents, GetLogEvents, GetQueryResults
//! sessions, PutLogEvents ────┘
//! ```
//!
//! Invariant: what containers write is not kept. A stream writes any minute of its past anew, always the same, from its
//! name, its container's life and what the service went through in that minute; so a day of logs costs next to nothing.

mod describe;
mod diary;
mod group;
mod insights;
mod life;
mod pattern;
mod put;
mod query;
mod read;
mod stream;
#[cfg(test)]
mod tests;
mod voice;
mod walk;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::{diary::Diary, group::Group, query::Queries};
use super::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
    },
    world::{Region, Tick, World, traffic::Workload},
};

/// What Logs holds in one region.
#[derive(Debug, Default)]
pub struct State {
    /// By name.
    groups: BTreeMap<String, Group>,
    /// What each service went through, by its ARN.
    diaries: BTreeMap<String, Diary>,
    queries: Queries,
    /// Up to when the lives of containers are known.
    known: Option<Timestamp>,
}

/// The operations of Logs; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let now = world.now;
    let region = world.region(&call.place);
    observe(region, now);
    let Region { logs, traffic, .. } = region;
    let scene = Scene { now: now.as_millisecond(), workloads: &traffic.workloads };
    Some(match call.operation {
        "DescribeLogGroups" => describe::groups(logs, call, &scene),
        "DescribeLogStreams" => describe::streams(logs, call, &scene),
        "FilterLogEvents" => read::filter_log_events(logs, call, &scene),
        "GetLogEvents" => read::get_log_events(logs, call, &scene),
        "CreateLogGroup" => put::create_group(logs, call, now),
        "CreateLogStream" => put::create_stream(logs, call, now),
        "PutLogEvents" => put::put_log_events(logs, call, now),
        "StartQuery" => query::start(logs, call, now),
        "GetQueryResults" => query::results(logs, call, &scene),
        "StopQuery" => query::stop(logs, call, now),
        "DescribeQueries" => query::describe(logs, call, now),
        _ => return None,
    })
}

/// What reading needs to know of the world around.
struct Scene<'a> {
    /// Milliseconds since the epoch, as all times of Logs.
    now: i64,
    workloads: &'a BTreeMap<String, Workload>,
}

/// On the minute: takes note of what services go through, and of containers that have come and gone.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    if tick.every(60) {
        observe(region, tick.now);
    }
}

fn observe(region: &mut Region, now: Timestamp) {
    let Region { logs, ecs, traffic, .. } = region;
    if logs.known == Some(now) {
        return;
    }
    for (service, workload) in &traffic.workloads {
        let (running, serving) = (ecs.running_tasks(service), ecs.serving_tasks(service));
        logs.diaries.entry(service.clone()).or_default().note(workload, running, serving, now);
    }
    let since = logs.known.unwrap_or(Timestamp::MIN);
    for life in ecs.lives(since) {
        logs.group(&life.group, now).live(life);
    }
    logs.known = Some(now);
}

impl State {
    /// Creates the group `name`, which keeps what is written for so many days; for ever where none are given.
    pub fn keep(&mut self, name: &str, days: Option<u32>, created: Timestamp) {
        self.groups.insert(name.to_owned(), Group::new(days, created));
    }

    /// Writes a line to a stream, which is created if need be.
    pub fn write(&mut self, group: &str, stream: &str, at: Timestamp, message: String) {
        self.group(group, at).stream(stream, at).keep(at.as_millisecond(), message);
    }

    fn group(&mut self, name: &str, now: Timestamp) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group::new(None, now))
    }

    /// The group that the call names, by name or by ARN.
    fn asked(&self, input: Input<'_>) -> Result<(&str, &Group), ApiError> {
        let (name, identifier) = (input.text("logGroupName")?, input.text("logGroupIdentifier")?);
        let name = match (name, identifier) {
            (Some(_), Some(_)) => {
                return Err(invalid("LogGroupName and LogGroupIdentifier cannot be used at the same time."));
            }
            (Some(name), None) => name,
            (None, Some(identifier)) => name_of(identifier),
            (None, None) => return Err(invalid("Exactly one of logGroupName and logGroupIdentifier is required.")),
        };
        self.named(name)
    }

    fn named(&self, name: &str) -> Result<(&str, &Group), ApiError> {
        let found = self.groups.get_key_value(name).map(|(name, group)| (name.as_str(), group));
        found.ok_or_else(|| not_found("The specified log group does not exist."))
    }
}

/// A group's name, where it is given by its ARN.
fn name_of(identifier: &str) -> &str {
    identifier.split_once(":log-group:").map_or(identifier, |(_, rest)| rest.trim_end_matches(":*"))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidParameterException", message)
}

fn not_found(message: &str) -> ApiError {
    ApiError::bad_request("ResourceNotFoundException", message)
}
