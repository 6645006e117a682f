//! The kinds of event that a scenario file knows, and the keys of each.

use std::time::Duration;

use jiff::SignedDuration;

use super::{
    super::edge::{THROTTLED_SERVICES, Trouble, network::Weather},
    effect::{Condition, Effect},
    operator::{Api, Order},
    script::{Happening, TakenBack},
    values::{
        a_place, account, actions, answer, behaviour, duration, factor, lasts, place, service, services, share,
        tagged_image, zone,
    },
};
use crate::toml_file::{Reported, Table};

pub type ReadKind = for<'t> fn(&mut Table<'t>) -> Result<Happening, Reported>;

pub const KINDS: [(&str, ReadKind); 23] = [
    ("call", call),
    ("cost-explorer-off", cost_explorer_off),
    ("denied", denied),
    ("deploy", deploy),
    ("endless", endless),
    ("expired", expired),
    ("gone", gone),
    ("image", image),
    ("kill", kill),
    ("nat", nat),
    ("network", network),
    ("notice", |table| taken_back(table, TakenBack::Notice)),
    ("probe", probe),
    ("push", push),
    ("quota", quota),
    ("recommend", |table| taken_back(table, TakenBack::Recommended)),
    ("restore", |_| Ok(Happening::Restore)),
    ("sessions", sessions),
    ("sleep", sleep),
    ("spot", spot),
    ("strain", strain),
    ("traffic", traffic),
    ("zone", zone_out),
];

/// A condition of something in a place.
fn lay(place: super::Place, effect: Effect, lasts: Option<SignedDuration>) -> Happening {
    Happening::Condition { condition: Condition::Estate { place, effect }, lasts }
}

/// A condition of the way to AWS.
fn trouble(trouble: Trouble, lasts: SignedDuration) -> Happening {
    Happening::Condition { condition: Condition::Edge(trouble), lasts: Some(lasts) }
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

fn cost_explorer_off(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (account, lasts) = (account(table), lasts(table));
    Ok(trouble(Trouble::CostExplorerOff { account: account? }, lasts?))
}

fn denied(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (account, actions, lasts) = (account(table), actions(table), lasts(table));
    Ok(trouble(Trouble::Denied { account: account?, actions: actions? }, lasts?))
}

fn deploy(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, service, image) = (place(table), service(table), tagged_image(table));
    let (cluster, service) = service?;
    Ok(Happening::Order { place: place?, order: Order::Deploy { cluster, service, image: image? } })
}

fn endless(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, group, lasts) = (place(table), table.required("group"), lasts(table));
    Ok(lay(place?, Effect::Endless { group: group? }, Some(lasts?)))
}

fn expired(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (account, lasts) = (account(table), lasts(table));
    Ok(trouble(Trouble::Expired { account: account? }, lasts?))
}

fn gone(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, image, lasts) = (place(table), tagged_image(table), lasts(table));
    Ok(lay(place?, Effect::Gone { image: image? }, Some(lasts?)))
}

fn image(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, image, behaviour) = (place(table), tagged_image(table), behaviour(table));
    let lasts = table.value("lasts").map(duration).transpose();
    Ok(lay(place?, Effect::Image { image: image?, behaviour: behaviour? }, lasts?))
}

fn kill(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, group) = (place(table), table.required("group"));
    Ok(Happening::Kill { place: place?, group: group? })
}

fn taken_back(table: &mut Table<'_>, how: TakenBack) -> Result<Happening, Reported> {
    let (place, group) = (place(table), table.required("group"));
    Ok(Happening::TakenBack { place: place?, group: group?, how })
}

fn nat(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, stack, times) =
        (place(table), table.required("stack"), table.required_value("factor").and_then(factor));
    let since = table.value("since").map(duration).transpose();
    let lasts = lasts(table);
    let since = since?.unwrap_or_default();
    Ok(lay(place?, Effect::Gateways { stack: stack?, factor: times?, since }, Some(lasts?)))
}

fn network(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let place = table.value("place").map(a_place).transpose();
    let span = |table: &mut Table<'_>, key| {
        let span = table.value(key).map(duration).transpose();
        span.map(|span| span.and_then(|it| Duration::try_from(it).ok()).unwrap_or_default())
    };
    let (latency, jitter) = (span(table, "latency"), span(table, "jitter"));
    let [stalls, pages, cuts, resets] = ["stalls", "pages", "cuts", "resets"]
        .map(|key| table.value(key).map(share).transpose().map(Option::unwrap_or_default));
    let lasts = lasts(table);
    let (latency, jitter) = (latency?, jitter?);
    let (stalls, pages, cuts, resets) = (stalls?, pages?, cuts?, resets?);
    if latency.is_zero() && jitter.is_zero() && stalls + pages + cuts + resets == 0.0 {
        let hint = "give latency, jitter, stalls, pages, cuts or resets".to_owned();
        return Err(table.fault("the network stays as it is", Some(hint)));
    }
    let weather = Weather { place: place?, latency, jitter, stalls, pages, cuts, resets };
    Ok(trouble(Trouble::Network(weather), lasts?))
}

fn probe(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, group, answer, lasts) = (place(table), table.required("target_group"), answer(table), lasts(table));
    Ok(lay(place?, Effect::Probe { group: group?, probe: answer? }, Some(lasts?)))
}

fn push(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, image, behaviour) = (place(table), tagged_image(table), behaviour(table));
    let lasts = table.value("lasts").map(duration).transpose();
    Ok(lay(place?, Effect::Push { image: image?, behaviour: behaviour? }, lasts?))
}

fn quota(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, vcpus, lasts) = (place(table), table.required::<u32>("vcpus"), lasts(table));
    Ok(lay(place?, Effect::Quota { vcpus: vcpus? }, Some(lasts?)))
}

fn sessions(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, group, surge) = (place(table), table.required("group"), table.required_value("surge").and_then(factor));
    let lasts = lasts(table);
    Ok(lay(place?, Effect::Sessions { group: group?, surge: surge? }, Some(lasts?)))
}

fn sleep(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, services, lasts) = (place(table), services(table), lasts(table));
    Ok(lay(place?, Effect::Sleep { services: services? }, Some(lasts?)))
}

fn spot(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, service, lasts) = (place(table), service(table), lasts(table));
    let (cluster, service) = service?;
    Ok(lay(place?, Effect::Spot { cluster, service }, Some(lasts?)))
}

fn strain(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let place = place(table);
    let services = THROTTLED_SERVICES.map(|name| (name, name));
    let service = table.required_value("service").and_then(|service| service.one_of(&services));
    let (left, lasts) = (table.required_value("left").and_then(share), lasts(table));
    let strained = Trouble::Strained { place: place?, service: service?.to_owned(), left: left? };
    Ok(trouble(strained, lasts?))
}

fn traffic(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, service) = (place(table), service(table));
    let surge = table.value("surge").map(factor).transpose();
    let slowdown = table.value("slowdown").map(factor).transpose();
    let error_share = table.value("error_share").map(share).transpose();
    let lasts = lasts(table);
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
    Ok(lay(place?, effect, Some(lasts?)))
}

fn zone_out(table: &mut Table<'_>) -> Result<Happening, Reported> {
    let (place, letter, lasts) = (place(table), zone(table), lasts(table));
    Ok(lay(place?, Effect::Zone { letter: letter? }, Some(lasts?)))
}
