//! `DescribeInstanceStatus`.

use jiff::Timestamp;

use super::{Instance, Phase, State, describe_instances::named, filters::Filters, listing::PAGES};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        error::ApiError,
        page::{Rule, page},
        value::Value,
    },
};

const RULE: Rule = Rule { listing: "ec2.DescribeInstanceStatus", default: 100, ..PAGES };

/// Filters that are simulated.
const FILTERS: [&str; 4] =
    ["availability-zone", "instance-state-name", "instance-status.status", "system-status.status"];

/// Only running instances, unless `IncludeAllInstances` is set.
pub fn describe_instance_status(state: &State, call: &Call<'_>, now: Timestamp) -> Reply {
    let input = call.input;
    let size = input.int("MaxResults")?;
    let ids = input.texts("InstanceId")?;
    if size.is_some() && !ids.is_empty() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(ApiError::bad_request("InvalidParameterCombination", message));
    }
    let everything = input.bool("IncludeAllInstances")?.unwrap_or(false);
    let filters = Filters::read(input, &FILTERS)?;
    let matching = |instance: &&Instance| {
        (everything || instance.running())
            && filters.match_all(&instance.launch.tags, |name| match name {
                "availability-zone" => instance.launch.subnet.zone.clone(),
                "instance-state-name" => instance.phase.wire().1.to_owned(),
                "instance-status.status" => instance_check(instance, now).to_owned(),
                _ => system_check(instance, now).to_owned(),
            })
    };
    let instances: Vec<&Instance> = named(state, &ids)?.into_iter().filter(matching).collect();
    let page = page(instances, input.text("NextToken")?, size, &RULE, |instance| instance.id.clone())?;
    let statuses = page.items.into_iter().map(|instance| {
        let (code, name) = instance.phase.wire();
        shape! {
            "instanceId" => &instance.id,
            "availabilityZone" => &instance.launch.subnet.zone,
            "instanceState" => shape! { "code" => code, "name" => name },
            "systemStatus" => summary(system_check(instance, now), instance.impaired),
            "instanceStatus" => summary(instance_check(instance, now), None),
        }
    });
    Ok(shape! { "instanceStatusSet" => Value::list(statuses), "nextToken" => page.next })
}

/// What the check of the machine's own software says.
fn instance_check(instance: &Instance, now: Timestamp) -> &'static str {
    match instance.phase {
        Phase::Running { checked } if checked <= now => "ok",
        Phase::Running { .. } | Phase::Pending { .. } => "initializing",
        _ => "not-applicable",
    }
}

/// What the check of the host below says.
fn system_check(instance: &Instance, now: Timestamp) -> &'static str {
    match instance_check(instance, now) {
        "ok" if instance.impaired.is_some() => "impaired",
        other => other,
    }
}

fn summary(status: &'static str, impaired_since: Option<Timestamp>) -> Value {
    let check = match status {
        "ok" => "passed",
        "impaired" => "failed",
        other => other,
    };
    let details = (status != "not-applicable").then(|| {
        let since = impaired_since.filter(|_| status == "impaired");
        Value::list([shape! { "name" => "reachability", "status" => check, "impairedSince" => since }])
    });
    shape! { "status" => status, "details" => details }
}
