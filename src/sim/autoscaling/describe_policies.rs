//! `DescribePolicies`.

use super::{Group, Policy, State, describe::GROUPS};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        page::{Rule, page},
        value::Value,
    },
};

const RULE: Rule = Rule { listing: "autoscaling.DescribePolicies", ..GROUPS };

/// The wire's `PolicyType` of all policies that there are here.
const TYPE: &str = "TargetTrackingScaling";

pub fn answer(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let (group, names) = (input.text("AutoScalingGroupName")?, input.texts("PolicyNames")?);
    let types = input.texts("PolicyTypes")?;
    let groups = state.groups.values().filter(|it| group.is_none_or(|name| it.name == name));
    let policies = groups.flat_map(|group| group.policies.iter().map(move |policy| (group, policy)));
    let policies: Vec<(&Group, &Policy)> = policies
        .filter(|(_, policy)| names.is_empty() || names.contains(&policy.name) || names.contains(&policy.arn))
        .filter(|_| types.is_empty() || types.iter().any(|name| name == TYPE))
        .collect();
    let (token, size) = (input.text("NextToken")?, input.int("MaxRecords")?);
    let page = page(policies, token, size, &RULE, |(_, policy)| policy.arn.clone())?;
    let policies = page.items.into_iter().map(|(group, policy)| spelt(group, policy));
    Ok(shape! { "ScalingPolicies" => Value::list(policies), "NextToken" => page.next })
}

fn spelt(group: &Group, policy: &Policy) -> Value {
    let alarms = policy.alarms.iter().map(|(name, arn)| shape! { "AlarmName" => name, "AlarmARN" => arn });
    shape! {
        "AutoScalingGroupName" => &group.name,
        "PolicyName" => &policy.name,
        "PolicyARN" => &policy.arn,
        "PolicyType" => TYPE,
        "StepAdjustments" => Value::List(Vec::new()),
        "Alarms" => Value::list(alarms),
        "TargetTrackingConfiguration" => shape! {
            "CustomizedMetricSpecification" => shape! {
                "MetricName" => &policy.metric,
                "Namespace" => &policy.namespace,
                "Dimensions" => Value::List(Vec::new()),
                "Statistic" => "Average",
                "Unit" => "Count",
            },
            "TargetValue" => policy.target,
            "DisableScaleIn" => policy.disable_scale_in,
        },
        "Enabled" => policy.enabled,
    }
}
