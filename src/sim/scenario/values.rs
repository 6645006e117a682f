//! The words of scenario files: places, names, spans of time and figures.

use jiff::SignedDuration;

use super::super::{ecs::Behaviour, elb::Probe, wire::signature::account_named_by, world::Place};
use crate::toml_file::{Reported, Table, Value, quoted};

/// A place, as `ACCOUNT/REGION`.
pub fn place(table: &mut Table<'_>) -> Result<Place, Reported> {
    table.required_value("place").and_then(a_place)
}

pub fn a_place(value: Value<'_>) -> Result<Place, Reported> {
    value.parse(|text| match text.split_once('/') {
        Some((account, region)) if account_named_by(account) == Some(account) && !region.is_empty() => {
            Ok(Place::new(account, region))
        }
        Some((account, _)) if account.len() == 12 => Err(not_simulated(account)),
        _ => Err("expected a place as \"111122223333/us-east-1\"".to_owned()),
    })
}

/// A simulated account, as its twelve digits.
pub fn account(table: &mut Table<'_>) -> Result<String, Reported> {
    table.required_value("account")?.parse(|text| match account_named_by(text) {
        Some(account) if account == text => Ok(text.to_owned()),
        _ => Err(not_simulated(text)),
    })
}

fn not_simulated(account: &str) -> String {
    format!("account {} is not simulated", quoted(account))
}

/// A service, as `CLUSTER/SERVICE`.
pub fn service(table: &mut Table<'_>) -> Result<(String, String), Reported> {
    table.required_value("service").and_then(a_service)
}

/// Services, at least one.
pub fn services(table: &mut Table<'_>) -> Result<Vec<(String, String)>, Reported> {
    some(table, "services", a_service)
}

fn a_service(value: Value<'_>) -> Result<(String, String), Reported> {
    value.parse(|text| match text.split_once('/') {
        Some((cluster, service)) if !cluster.is_empty() && !service.is_empty() => {
            Ok((cluster.to_owned(), service.to_owned()))
        }
        _ => Err("expected a service as \"CLUSTER/SERVICE\"".to_owned()),
    })
}

/// Actions as IAM writes them, at least one: `SERVICE:OPERATION`, or a beginning of that and `*`.
pub fn actions(table: &mut Table<'_>) -> Result<Vec<String>, Reported> {
    some(table, "actions", |value| {
        value.parse(|text| match text.split_once(':') {
            Some((service, operation)) if !service.is_empty() && !operation.is_empty() => Ok(text.to_owned()),
            _ => Err("expected an action as \"ecs:UpdateService\" or \"ecs:*\"".to_owned()),
        })
    })
}

/// The items of the list `key`, of which there must be one.
fn some<'t, T>(
    table: &mut Table<'t>,
    key: &'static str,
    item: impl Fn(Value<'t>) -> Result<T, Reported>,
) -> Result<Vec<T>, Reported> {
    let list = table.required_value(key)?;
    let items: Vec<_> = list.items()?.into_iter().map(item).collect();
    if items.is_empty() {
        return Err(list.fault("the list is empty", None));
    }
    items.into_iter().collect()
}

/// The letter of a zone, as `a`.
pub fn zone(table: &mut Table<'_>) -> Result<char, Reported> {
    table.required_value("zone")?.parse(|text| match text.chars().collect::<Vec<_>>()[..] {
        [letter @ 'a'..='f'] => Ok(letter),
        _ => Err("expected a zone as \"a\"".to_owned()),
    })
}

/// An image, as `REPOSITORY:TAG` without the registry.
pub fn tagged_image(table: &mut Table<'_>) -> Result<String, Reported> {
    table.required_value("image")?.parse(|text| match text.rsplit_once(':') {
        Some((repository, tag)) if !repository.is_empty() && !tag.is_empty() && !tag.contains('/') => {
            Ok(text.to_owned())
        }
        _ => Err("expected an image as \"REPOSITORY:TAG\"".to_owned()),
    })
}

/// How containers of an image behave, with what that needs to be said.
pub fn behaviour(table: &mut Table<'_>) -> Result<Behaviour, Reported> {
    type ReadBehaviour = for<'t> fn(&mut Table<'t>) -> Result<Behaviour, Reported>;
    let words: [(&str, ReadBehaviour); 7] = [
        ("healthy", |_| Ok(Behaviour::Healthy)),
        ("unpullable", |_| Ok(Behaviour::Unpullable)),
        ("secretless", |_| Ok(Behaviour::Secretless)),
        ("unhealthy", |table| answer(table).map(|probe| Behaviour::Unhealthy { probe })),
        ("crash", |table| {
            let (after, code) = (after_seconds(table), table.required::<u8>("exit_code"));
            Ok(Behaviour::Crash { after_seconds: after?, exit_code: code?.into() })
        }),
        ("out-of-memory", |table| after_seconds(table).map(|after_seconds| Behaviour::OutOfMemory { after_seconds })),
        ("slow", |table| {
            let slowdown = table.required_value("slowdown").and_then(factor);
            slowdown.map(|slowdown| Behaviour::Slow { slowdown })
        }),
    ];
    let read = table.required_value("behaviour")?.one_of(&words)?;
    read(table)
}

fn after_seconds(table: &mut Table<'_>) -> Result<f64, Reported> {
    table.required_value("after").and_then(duration).map(|it| it.as_secs_f64())
}

/// What health checks get: an HTTP status, `timeout` or `refused`.
pub fn answer(table: &mut Table<'_>) -> Result<Probe, Reported> {
    let answer = table.required_value("answer")?;
    if answer.is_string() {
        return answer.one_of(&[("timeout", Probe::Timeout), ("refused", Probe::Refused)]);
    }
    match answer.get::<u16>()? {
        status @ (100..200 | 300..600) => Ok(Probe::Status(status)),
        200..300 => Err(answer.fault("health checks succeed with this status", None)),
        _ => Err(answer.fault("no HTTP status", Some("expected 100 to 599".to_owned()))),
    }
}

/// How long a condition lasts, where it must be said.
pub fn lasts(table: &mut Table<'_>) -> Result<SignedDuration, Reported> {
    table.required_value("lasts").and_then(duration)
}

/// A span of time in words and figures, as `90s`, `10m` or `1h 30m`.
pub fn duration(value: Value<'_>) -> Result<SignedDuration, Reported> {
    value.parse(|text| match text.parse::<SignedDuration>() {
        Ok(duration) if !duration.is_negative() => Ok(duration),
        _ => Err(format!("no duration: {} (write \"90s\", \"10m\" or \"1h 30m\")", quoted(text))),
    })
}

pub fn factor(value: Value<'_>) -> Result<f64, Reported> {
    match value.get::<f64>()? {
        factor if factor > 0.0 => Ok(factor),
        _ => Err(value.fault("must be above 0", None)),
    }
}

pub fn share(value: Value<'_>) -> Result<f64, Reported> {
    match value.get::<f64>()? {
        share if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(value.fault("must be from 0 to 1", None)),
    }
}
