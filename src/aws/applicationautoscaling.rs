//! Application Auto Scaling of ECS services: scalable targets, their policies and their scaling activities.

use aws_sdk_applicationautoscaling::{
    Client,
    types::{self, ServiceNamespace},
};
use jiff::Timestamp;

use super::{
    fault,
    paging::{Gathered, Page, pages},
    values::{count, some_text, text, time},
};
use crate::domain::{
    fault::Fault,
    group::Activity,
    scaling::{ScalableTarget, ServiceActivity},
    text::SafeText,
};

/// Activities of a page, the newest of which are read: as many as the call gives.
const ACTIVITIES: i32 = 50;

/// Every scalable target of ECS services in the scope. Policies that cannot be read leave the targets without them.
pub async fn scalable_targets(client: &Client, now: Timestamp) -> Gathered<ScalableTarget> {
    let (mut targets, policies) = tokio::join!(describe_targets(client, now), describe_policies(client, now));
    targets.note(policies.fault);
    targets.filter_map(|it| Some(scalable_target(&it, &policies.items)))
}

async fn describe_targets(client: &Client, now: Timestamp) -> Gathered<types::ScalableTarget> {
    pages(|token| {
        let call = client
            .describe_scalable_targets()
            .service_namespace(ServiceNamespace::Ecs)
            .max_results(50)
            .set_next_token(token);
        async move {
            let output = call
                .send()
                .await
                .map_err(|error| fault::of("application-autoscaling:DescribeScalableTargets", &error, now))?;
            Ok(Page::new(output.scalable_targets, output.next_token))
        }
    })
    .await
}

async fn describe_policies(client: &Client, now: Timestamp) -> Gathered<types::ScalingPolicy> {
    pages(|token| {
        let call = client
            .describe_scaling_policies()
            .service_namespace(ServiceNamespace::Ecs)
            .max_results(10)
            .set_next_token(token);
        async move {
            let output = call
                .send()
                .await
                .map_err(|error| fault::of("application-autoscaling:DescribeScalingPolicies", &error, now))?;
            Ok(Page::new(output.scaling_policies, output.next_token))
        }
    })
    .await
}

/// The newest scaling activities of all services of the scope, newest first; what a policy wanted and could not have
/// among them.
pub async fn activities(client: &Client, now: Timestamp) -> Result<Vec<ServiceActivity>, Fault> {
    let call = client
        .describe_scaling_activities()
        .service_namespace(ServiceNamespace::Ecs)
        .include_not_scaled_activities(true)
        .max_results(ACTIVITIES);
    let output = call
        .send()
        .await
        .map_err(|error| fault::of("application-autoscaling:DescribeScalingActivities", &error, now))?;
    Ok(output.scaling_activities().iter().filter_map(activity).collect())
}

fn activity(raw: &types::ScalingActivity) -> Option<ServiceActivity> {
    let reasons = raw.not_scaled_reasons().iter().map(types::NotScaledReason::code).collect::<Vec<_>>().join(", ");
    let message = some_text(Some(&reasons)).unwrap_or_else(|| text(raw.status_message()));
    Some(ServiceActivity {
        resource: raw.resource_id().into(),
        activity: Activity {
            id: raw.activity_id().into(),
            started_at: time(Some(raw.start_time()))?,
            ended_at: time(raw.end_time()),
            status: raw.status_code().as_str().into(),
            description: raw.description().into(),
            cause: raw.cause().into(),
            status_message: message,
        },
    })
}

fn scalable_target(raw: &types::ScalableTarget, policies: &[types::ScalingPolicy]) -> ScalableTarget {
    let suspended =
        |part: fn(&types::SuspendedState) -> Option<bool>| raw.suspended_state().and_then(part).unwrap_or_default();
    ScalableTarget {
        resource: raw.resource_id().into(),
        min: count(raw.min_capacity()),
        max: count(raw.max_capacity()),
        suspended_in: suspended(types::SuspendedState::dynamic_scaling_in_suspended),
        suspended_out: suspended(types::SuspendedState::dynamic_scaling_out_suspended),
        suspended_scheduled: suspended(types::SuspendedState::scheduled_scaling_suspended),
        policies: policies
            .iter()
            .filter(|it| it.resource_id() == raw.resource_id() && it.scalable_dimension() == raw.scalable_dimension())
            .filter_map(policy)
            .collect(),
    }
}

/// Name, metric and target value of a target tracking policy; other sorts keep no target.
fn policy(raw: &types::ScalingPolicy) -> Option<(SafeText, SafeText, f64)> {
    let tracking = raw.target_tracking_scaling_policy_configuration()?;
    let metric = match tracking.predefined_metric_specification() {
        Some(predefined) => predefined.predefined_metric_type().as_str(),
        None => tracking.customized_metric_specification()?.metric_name().unwrap_or("expression"),
    };
    Some((raw.policy_name().into(), metric.into(), tracking.target_value()))
}
