//! `DescribeScalableTargets`, `DescribeScalingPolicies` and `DescribeScalingActivities`.

use super::{
    DIMENSION, Metric, Policy, ResourceId, State, Target,
    activity::{Activity, Course},
    invalid, is_ecs,
};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    input::Input,
    page::{Rule, page},
    value::{Value, shape},
};

const TARGETS: Rule = Rule {
    listing: "application-autoscaling.DescribeScalableTargets",
    size_name: "maxResults",
    default: 50,
    min: 1,
    max: 50,
    bad_size: "ValidationException",
    bad_token: "InvalidNextTokenException",
};

const POLICIES: Rule =
    Rule { listing: "application-autoscaling.DescribeScalingPolicies", default: 10, max: 10, ..TARGETS };

const MOST_NAMED: usize = 50;

const ACTIVITIES: Rule = Rule { listing: "application-autoscaling.DescribeScalingActivities", ..TARGETS };

/// What is asked for by name, 50 at most.
fn named(input: Input<'_>, member: &str, spelt: &str) -> Result<Vec<String>, ApiError> {
    let names = input.texts(member)?;
    if names.len() <= MOST_NAMED {
        return Ok(names);
    }
    Err(invalid(format!(
        "1 validation error detected: Value at '{spelt}' failed to satisfy constraint: Member must have length less than or \
         equal to {MOST_NAMED}"
    )))
}

pub fn targets(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let (ecs, ids) = (is_ecs(input)?, named(input, "ResourceIds", "resourceIds")?);
    let wanted = |(id, _): &(&ResourceId, &Target)| ecs && (ids.is_empty() || ids.contains(&id.0));
    let found = state.targets.iter().filter(wanted).collect();
    let page = page(found, input.text("NextToken")?, input.int("MaxResults")?, &TARGETS, |(id, _)| id.0.clone())?;
    let targets = page.items.into_iter().map(|(id, target)| {
        shape! {
            "ServiceNamespace" => "ecs",
            "ResourceId" => &id.0,
            "ScalableDimension" => DIMENSION,
            "MinCapacity" => target.min,
            "MaxCapacity" => target.max,
            "RoleARN" => &target.role,
            "CreationTime" => target.created,
            "SuspendedState" => target.suspended.describe(),
            "ScalableTargetARN" => &target.arn,
        }
    });
    Ok(shape! { "ScalableTargets" => Value::list(targets), "NextToken" => page.next })
}

pub fn policies(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let (ecs, names, id) = (is_ecs(input)?, named(input, "PolicyNames", "policyNames")?, input.text("ResourceId")?);
    let wanted = |policy: &&Policy| {
        ecs && (names.is_empty() || names.contains(&policy.name)) && id.is_none_or(|id| policy.resource.0 == id)
    };
    let found = state.policies.iter().filter(wanted).collect();
    let page = page(found, input.text("NextToken")?, input.int("MaxResults")?, &POLICIES, |policy| policy.arn.clone())?;
    Ok(shape! {
        "ScalingPolicies" => Value::list(page.items.into_iter().map(policy)),
        "NextToken" => page.next,
    })
}

/// Newest first; those that changed nothing only when asked for.
pub fn activities(state: &State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let (ecs, id) = (is_ecs(input)?, input.text("ResourceId")?);
    let with_refusals = input.bool("IncludeNotScaledActivities")?.unwrap_or(false);
    let wanted = |activity: &&Activity| {
        ecs && id.is_none_or(|id| activity.resource.0 == id)
            && (with_refusals || !matches!(activity.course, Course::NotScaled { .. }))
    };
    let found = state.activities.iter().rev().filter(wanted).collect();
    let page =
        page(found, input.text("NextToken")?, input.int("MaxResults")?, &ACTIVITIES, |activity| activity.id.clone())?;
    Ok(shape! {
        "ScalingActivities" => Value::list(page.items.into_iter().map(activity)),
        "NextToken" => page.next,
    })
}

fn policy(policy: &Policy) -> Value {
    let (metric, label) = match &policy.metric {
        Metric::Cpu => ("ECSServiceAverageCPUUtilization", None),
        Metric::Memory => ("ECSServiceAverageMemoryUtilization", None),
        Metric::RequestsPerTarget(label) => ("ALBRequestCountPerTarget", Some(label.as_str())),
    };
    let alarms = [&policy.high_alarm, &policy.low_alarm];
    let alarms = alarms.map(|(name, arn)| shape! { "AlarmName" => name, "AlarmARN" => arn });
    shape! {
        "PolicyARN" => &policy.arn,
        "PolicyName" => &policy.name,
        "ServiceNamespace" => "ecs",
        "ResourceId" => &policy.resource.0,
        "ScalableDimension" => DIMENSION,
        "PolicyType" => "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration" => shape! {
            "TargetValue" => policy.value,
            "PredefinedMetricSpecification" => shape! {
                "PredefinedMetricType" => metric,
                "ResourceLabel" => label,
            },
            "ScaleOutCooldown" => policy.scale_out_cooldown,
            "ScaleInCooldown" => policy.scale_in_cooldown,
            "DisableScaleIn" => policy.disable_scale_in,
        },
        "Alarms" => Value::list(alarms),
        "CreationTime" => policy.created,
    }
}

fn activity(activity: &Activity) -> Value {
    let (status, message) = activity.course.status();
    let reasons = match activity.course {
        Course::NotScaled { code, bound, current } => Some(Value::list([shape! {
            "Code" => code,
            "MaxCapacity" => (code == "AlreadyAtMaxCapacity").then_some(bound),
            "MinCapacity" => (code == "AlreadyAtMinCapacity").then_some(bound),
            "CurrentCapacity" => current,
        }])),
        _ => None,
    };
    shape! {
        "ActivityId" => &activity.id,
        "ServiceNamespace" => "ecs",
        "ResourceId" => &activity.resource.0,
        "ScalableDimension" => DIMENSION,
        "Description" => &activity.description,
        "Cause" => &activity.cause,
        "StartTime" => activity.started,
        "EndTime" => activity.course.ended(),
        "StatusCode" => status,
        "StatusMessage" => message,
        "NotScaledReasons" => reasons,
    }
}
