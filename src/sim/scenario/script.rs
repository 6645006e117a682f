//! Scenario files: what stands in them and what may be wrong with it.
//!
//! ```toml
//! name = "slow-front-end"
//! title = "The front end answers slowly"
//! teaches = "how a slow service shows before its alarm does"
//!
//! [[event]]
//! at = "30s"
//! kind = "traffic"
//! place = "444455556666/eu-west-2"
//! service = "cma-production/cma-frontend-production"
//! slowdown = 6
//! lasts = "15m"
//! ```

use jiff::SignedDuration;

use super::{
    super::{ecs::Behaviour, elb::Probe, wire::signature::account_named_by, world::Place},
    effect::Effect,
    operator::{Api, Order},
};
use crate::toml_file::{Fault, FromToml, Reported, Table, TextFile, Value, quoted, read};

/// A scripted course of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// By which it is started; its file's name.
    pub name: String,
    /// One line.
    pub title: String,
    /// What an operator learns from living through it.
    pub teaches: String,
    pub events: Vec<Event>,
}

/// Something that happens at its time after the scenario's start.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub at: SignedDuration,
    pub happening: Happening,
}

/// What an event does to the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// A condition begins. Without `lasts` it stays until everything is restored.
    Effect { place: Place, effect: Effect, lasts: Option<SignedDuration> },
    /// An operator does something, as any client could.
    Order { place: Place, order: Order },
    /// Every condition ends, and what other scenarios still had to come is called off.
    Restore,
}

/// Every fault of scenario files.
pub fn check(files: &[TextFile]) -> Vec<Fault> {
    files.iter().filter_map(|file| parse(file).err()).flatten().collect()
}

/// The scenario in `file`, or every fault of it.
pub fn parse(file: &TextFile) -> Result<Scenario, Vec<Fault>> {
    read(&file.name, &file.text, |table| {
        let name = table.required_value("name").and_then(|value| {
            let name = value.text()?;
            if name == file.stem() {
                return Ok(name.to_owned());
            }
            let hint = format!("a scenario is started by its file's name, {}", quoted(file.stem()));
            Err(value.fault(format!("name {} is not the file's", quoted(name)), Some(hint)))
        });
        let title = table.required("title");
        let teaches = table.required("teaches");
        let events = table.list("event").and_then(|events: Vec<Event>| {
            if events.is_empty() {
                Err(table.fault("nothing happens", Some("add an [[event]]".to_owned())))
            } else {
                Ok(events)
            }
        });
        Ok(Scenario { name: name?, title: title?, teaches: teaches?, events: events? })
    })
}

type ReadKind = for<'t> fn(&mut Table<'t>) -> Result<Happening, Reported>;

const KINDS: [(&str, ReadKind); 8] = [
    ("call", call),
    ("deploy", deploy),
    ("image", image),
    ("push", push),
    ("probe", probe),
    ("restore", |_| Ok(Happening::Restore)),
    ("sessions", sessions),
    ("traffic", traffic),
];

impl FromToml for Event {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        value.table(|table| {
            let at = table.required_value("at").and_then(duration);
            let happening = match table.required_value("kind").and_then(|kind| kind.one_of(&KINDS)) {
                Ok(read) => read(table),
                Err(reported) => {
                    // Which of the other keys belong here depends on the kind.
                    table.rest();
                    Err(reported)
                }
            };
            Ok(Self { at: at?, happening: happening? })
        })
    }
}

fn call(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let place = place(table);
    let apis = [("ecs", Api::Ecs), ("application-autoscaling", Api::ApplicationAutoScaling)];
    let api = table.required_value("service").and_then(|service| service.one_of(&apis));
    let operation = table.required("operation");
    let input = table.required_value("input").and_then(|input| {
        input.parse(|text| match serde_json::from_str(text) {
            Ok(document @ serde_json::Value::Object(_)) => Ok(document),
            Ok(_) => Err("expected a JSON object".to_owned()),
            Err(error) => Err(format!("expected a JSON object: {error}")),
        })
    });
    Ok(Happening::Order { place: place?, order: Order::Call { api: api?, operation: operation?, input: input? } })
}

fn deploy(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, service, image) = (place(table), service(table), tagged_image(table));
    let (cluster, service) = service?;
    Ok(Happening::Order { place: place?, order: Order::Deploy { cluster, service, image: image? } })
}

fn image(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, image, behaviour) = (place(table), tagged_image(table), behaviour(table));
    let lasts = table.value("lasts").map(duration).transpose();
    let effect = Effect::Image { image: image?, behaviour: behaviour? };
    Ok(Happening::Effect { place: place?, effect, lasts: lasts? })
}

fn push(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, image, behaviour) = (place(table), tagged_image(table), behaviour(table));
    let effect = Effect::Push { image: image?, behaviour: behaviour? };
    Ok(Happening::Effect { place: place?, effect, lasts: None })
}

fn probe(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, group, answer) = (place(table), table.required("target_group"), answer(table));
    let lasts = table.required_value("lasts").and_then(duration);
    let effect = Effect::Probe { group: group?, probe: answer? };
    Ok(Happening::Effect { place: place?, effect, lasts: Some(lasts?) })
}

fn sessions(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, group, surge) = (place(table), table.required("group"), table.required_value("surge").and_then(factor));
    let lasts = table.required_value("lasts").and_then(duration);
    let effect = Effect::Sessions { group: group?, surge: surge? };
    Ok(Happening::Effect { place: place?, effect, lasts: Some(lasts?) })
}

fn traffic(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, service) = (place(table), service(table));
    let surge = table.value("surge").map(factor).transpose();
    let slowdown = table.value("slowdown").map(factor).transpose();
    let error_share = table.value("error_share").map(share).transpose();
    let lasts = table.required_value("lasts").and_then(duration);
    if (surge, slowdown, error_share) == (Ok(None), Ok(None), Ok(None)) {
        let hint = "give surge, slowdown or error_share".to_owned();
        return Err(table.fault("the traffic stays as it is", Some(hint)));
    }
    let (cluster, service) = service?;
    let effect = Effect::Traffic {
        cluster,
        service,
        surge: surge?.unwrap_or(1.0),
        slowdown: slowdown?.unwrap_or(1.0),
        error_share: error_share?.unwrap_or(0.0),
    };
    Ok(Happening::Effect { place: place?, effect, lasts: Some(lasts?) })
}

/// `ACCOUNT/REGION`.
fn place(table: &mut Table<'_>) -> Result<Place, Reported> {
    table.required_value("place")?.parse(|text| match text.split_once('/') {
        Some((account, region)) if account_named_by(account) == Some(account) && !region.is_empty() => {
            Ok(Place::new(account, region))
        }
        Some((account, _)) if account.len() == 12 => Err(format!("account {} is not simulated", quoted(account))),
        _ => Err("expected a place as \"111122223333/us-east-1\"".to_owned()),
    })
}

/// `CLUSTER/SERVICE`.
fn service(table: &mut Table<'_>) -> Result<(String, String), Reported> {
    table.required_value("service")?.parse(|text| match text.split_once('/') {
        Some((cluster, service)) if !cluster.is_empty() && !service.is_empty() => {
            Ok((cluster.to_owned(), service.to_owned()))
        }
        _ => Err("expected a service as \"CLUSTER/SERVICE\"".to_owned()),
    })
}

/// `REPOSITORY:TAG`, without the registry.
fn tagged_image(table: &mut Table<'_>) -> Result<String, Reported> {
    table.required_value("image")?.parse(|text| match text.rsplit_once(':') {
        Some((repository, tag)) if !repository.is_empty() && !tag.is_empty() && !tag.contains('/') => {
            Ok(text.to_owned())
        }
        _ => Err("expected an image as \"REPOSITORY:TAG\"".to_owned()),
    })
}

fn behaviour(table: &mut Table<'_>) -> Result<Behaviour, Reported> {
    type ReadBehaviour = for<'t> fn(&mut Table<'t>) -> Result<Behaviour, Reported>;
    let words: [(&str, ReadBehaviour); 5] = [
        ("healthy", |_| Ok(Behaviour::Healthy)),
        ("unpullable", |_| Ok(Behaviour::Unpullable)),
        ("unhealthy", |table| answer(table).map(|probe| Behaviour::Unhealthy { probe })),
        ("crash", |table| {
            let (after, code) = (after_seconds(table), table.required::<u8>("exit_code"));
            Ok(Behaviour::Crash { after_seconds: after?, exit_code: code?.into() })
        }),
        ("out-of-memory", |table| after_seconds(table).map(|after_seconds| Behaviour::OutOfMemory { after_seconds })),
    ];
    let read = table.required_value("behaviour")?.one_of(&words)?;
    read(table)
}

fn after_seconds(table: &mut Table<'_>) -> Result<f64, Reported> {
    table.required_value("after").and_then(duration).map(|it| it.as_secs_f64())
}

/// What health checks get: an HTTP status, `timeout` or `refused`.
fn answer(table: &mut Table<'_>) -> Result<Probe, Reported> {
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

/// A duration in words and figures, as `90s`, `10m` or `1h 30m`.
fn duration(value: Value<'_>) -> Result<SignedDuration, Reported> {
    value.parse(|text| match text.parse::<SignedDuration>() {
        Ok(duration) if !duration.is_negative() => Ok(duration),
        _ => Err(format!("no duration: {} (write \"90s\", \"10m\" or \"1h 30m\")", quoted(text))),
    })
}

fn factor(value: Value<'_>) -> Result<f64, Reported> {
    match value.get::<f64>()? {
        factor if factor > 0.0 => Ok(factor),
        _ => Err(value.fault("must be above 0", None)),
    }
}

fn share(value: Value<'_>) -> Result<f64, Reported> {
    match value.get::<f64>()? {
        share if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(value.fault("must be from 0 to 1", None)),
    }
}
