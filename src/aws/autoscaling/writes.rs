//! Changing groups: one call a write, but for a policy, which is read before it is written whole.

use std::{error::Error, sync::Arc};

use aws_sdk_autoscaling::{
    Client,
    types::{AlarmSpecification, DesiredConfiguration, LaunchTemplateSpecification, RefreshPreferences},
};
use aws_sdk_ec2::types::{InstanceType, RequestLaunchTemplateData};
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::{
    aws::{Clients, certainty, fault},
    domain::{
        fault::{Fault, FaultKind},
        text::SafeText,
        write::{
            WriteAnswer, WriteOutcome, Written,
            group::{GroupUpdate, GroupWrite, TemplateEdit},
            refresh::RefreshChoice,
        },
    },
};

/// Sends one write with the clients of its scope.
pub async fn write(clients: &Clients, write: &GroupWrite, now: Timestamp) -> WriteOutcome {
    let (client, operation) = (clients.autoscaling_writer(), write.operation());
    match write {
        GroupWrite::SetDesiredCapacity { group, desired } => {
            let call = client.set_desired_capacity().auto_scaling_group_name(&**group);
            accepted(operation, call.desired_capacity(number(*desired)).send().await, now)
        }
        GroupWrite::UpdateGroup { group, change } => update(client, group, change, now).await,
        GroupWrite::SetInstanceProtection { group, instances, protected } => {
            let call = client.set_instance_protection().auto_scaling_group_name(&**group);
            let call = call.set_instance_ids(Some(texts(instances))).protected_from_scale_in(*protected);
            accepted(operation, call.send().await, now)
        }
        GroupWrite::EnterStandby { group, instances, decrement } => {
            let call = client.enter_standby().auto_scaling_group_name(&**group);
            let call = call.set_instance_ids(Some(texts(instances))).should_decrement_desired_capacity(*decrement);
            accepted(operation, call.send().await, now)
        }
        GroupWrite::ExitStandby { group, instances } => {
            let call = client.exit_standby().auto_scaling_group_name(&**group);
            accepted(operation, call.set_instance_ids(Some(texts(instances))).send().await, now)
        }
        GroupWrite::TerminateInstance { instance, decrement, .. } => {
            let call = client.terminate_instance_in_auto_scaling_group().instance_id(&**instance);
            accepted(operation, call.should_decrement_desired_capacity(*decrement).send().await, now)
        }
        GroupWrite::SuspendProcesses { group, processes } => {
            let call = client.suspend_processes().auto_scaling_group_name(&**group);
            accepted(operation, call.set_scaling_processes(Some(texts(processes))).send().await, now)
        }
        GroupWrite::ResumeProcesses { group, processes } => {
            let call = client.resume_processes().auto_scaling_group_name(&**group);
            accepted(operation, call.set_scaling_processes(Some(texts(processes))).send().await, now)
        }
        GroupWrite::CompleteLifecycleAction { group, hook, instance, result } => {
            let call = client.complete_lifecycle_action().auto_scaling_group_name(&**group);
            let call = call.lifecycle_hook_name(&**hook).instance_id(&**instance).lifecycle_action_result(&**result);
            accepted(operation, call.send().await, now)
        }
        GroupWrite::SetPolicyTarget { group, policy, target } => {
            set_target(clients.autoscaling(), client, (group, policy), *target, now).await
        }
        GroupWrite::TagInstance { instance, key, value } => {
            let tag = aws_sdk_ec2::types::Tag::builder().key(&**key).value(&**value).build();
            let call = clients.ec2_writer().create_tags().resources(&**instance).tags(tag);
            accepted(operation, call.send().await, now)
        }
        GroupWrite::CreateTemplateVersion { template, source, edit, .. } => {
            create_version(clients, (template, *source), edit, now).await
        }
        GroupWrite::StartRefresh { group, template, choice } => {
            start_refresh(client, group, template, choice, now).await
        }
        GroupWrite::RollBackRefresh { group } => {
            let sent = client.rollback_instance_refresh().auto_scaling_group_name(&**group).send().await;
            let id = sent.as_ref().ok().and_then(|it| it.instance_refresh_id().map(SafeText::new));
            answered(operation, sent, refresh_answer(id), now)
        }
        GroupWrite::CancelRefresh { group } => {
            let sent = client.cancel_instance_refresh().auto_scaling_group_name(&**group).send().await;
            accepted(operation, sent, now)
        }
        GroupWrite::RegisterTarget { target_group, instance } => {
            let target = TargetDescription::builder().id(&**instance).build();
            let call = clients.elb_writer().register_targets().target_group_arn(target_group.wire()).targets(target);
            accepted(operation, call.send().await, now)
        }
        GroupWrite::DeregisterTarget { target_group, instance } => {
            let target = TargetDescription::builder().id(&**instance).build();
            let call = clients.elb_writer().deregister_targets().target_group_arn(target_group.wire()).targets(target);
            accepted(operation, call.send().await, now)
        }
    }
}

/// How a call ended whose answer tells nothing that an operation goes on with.
fn accepted<T, E>(operation: &str, sent: Result<T, SdkError<E, HttpResponse>>, now: Timestamp) -> WriteOutcome
where
    T: RequestId,
    E: ProvideErrorMetadata + Error + 'static,
{
    answered(operation, sent, WriteAnswer::Accepted, now)
}

/// The same of a call whose answer has been taken from it already.
fn answered<T, E>(
    operation: &str,
    sent: Result<T, SdkError<E, HttpResponse>>,
    answer: WriteAnswer,
    now: Timestamp,
) -> WriteOutcome
where
    T: RequestId,
    E: ProvideErrorMetadata + Error + 'static,
{
    match sent {
        Ok(output) => {
            let request_id = output.request_id().map(SafeText::new);
            WriteOutcome::Done(Written { request_id, answer })
        }
        Err(error) => certainty::of(operation, &error, now),
    }
}

fn refresh_answer(id: Option<SafeText>) -> WriteAnswer {
    id.map_or(WriteAnswer::Accepted, |id| WriteAnswer::Refresh { id })
}

async fn create_version(
    clients: &Clients,
    (template, source): (&str, u64),
    edit: &TemplateEdit,
    now: Timestamp,
) -> WriteOutcome {
    let data = RequestLaunchTemplateData::builder()
        .set_image_id(edit.image.as_deref().map(str::to_owned))
        .set_instance_type(edit.instance_type.as_deref().map(InstanceType::from))
        .build();
    let call = clients.ec2_writer().create_launch_template_version().launch_template_id(template);
    let call = call.source_version(source.to_string()).version_description(edit.description(source).as_str());
    let sent = call.launch_template_data(data).send().await;
    let made = sent.as_ref().ok().and_then(|it| it.launch_template_version()?.version_number());
    let made = made.and_then(|it| u64::try_from(it).ok());
    let answer = made.map_or(WriteAnswer::Accepted, |version| WriteAnswer::TemplateVersion { version });
    answered("ec2:CreateLaunchTemplateVersion", sent, answer, now)
}

async fn start_refresh(
    client: &Client,
    group: &str,
    (id, version): &(Arc<str>, Arc<str>),
    choice: &RefreshChoice,
    now: Timestamp,
) -> WriteOutcome {
    let template = LaunchTemplateSpecification::builder().launch_template_id(&**id).version(&**version).build();
    let alarms = (!choice.alarms.is_empty())
        .then(|| AlarmSpecification::builder().set_alarms(Some(texts(&choice.alarms))).build());
    let checkpoints: Vec<i32> = choice.checkpoints.iter().map(|it| number(*it)).collect();
    let preferences = RefreshPreferences::builder()
        .set_min_healthy_percentage(choice.min_healthy.map(number))
        .set_max_healthy_percentage(choice.max_healthy.map(number))
        .set_instance_warmup(choice.warmup_seconds.map(number))
        .set_checkpoint_percentages((!checkpoints.is_empty()).then_some(checkpoints))
        .set_checkpoint_delay(choice.checkpoint_seconds.map(number))
        .skip_matching(choice.skip_matching)
        .auto_rollback(choice.roll_back)
        .scale_in_protected_instances(choice.protected.of_protected().into())
        .standby_instances(choice.standby.of_standby().into())
        .set_bake_time(choice.bake_seconds.map(number))
        .set_alarm_specification(alarms)
        .build();
    let call = client.start_instance_refresh().auto_scaling_group_name(group).preferences(preferences);
    let sent =
        call.desired_configuration(DesiredConfiguration::builder().launch_template(template).build()).send().await;
    let id = sent.as_ref().ok().and_then(|it| it.instance_refresh_id().map(SafeText::new));
    answered("autoscaling:StartInstanceRefresh", sent, refresh_answer(id), now)
}

async fn update(client: &Client, group: &str, change: &GroupUpdate, now: Timestamp) -> WriteOutcome {
    let template = change.template.as_ref().map(|(id, version)| {
        LaunchTemplateSpecification::builder().launch_template_id(&**id).version(&**version).build()
    });
    let call = client
        .update_auto_scaling_group()
        .auto_scaling_group_name(group)
        .set_min_size(change.min.map(number))
        .set_max_size(change.max.map(number))
        .set_desired_capacity(change.desired.map(number))
        .set_new_instances_protected_from_scale_in(change.protect_new)
        .set_launch_template(template);
    accepted("autoscaling:UpdateAutoScalingGroup", call.send().await, now)
}

/// PutScalingPolicy takes a policy whole: what is read goes back, with another target. `reader` may retry.
async fn set_target(
    reader: &Client,
    writer: &Client,
    (group, policy): (&str, &str),
    target: Decimal,
    now: Timestamp,
) -> WriteOutcome {
    const OPERATION: &str = "autoscaling:PutScalingPolicy";
    let asked = reader.describe_policies().auto_scaling_group_name(group).policy_names(policy).send().await;
    let known = match asked {
        Ok(output) => output.scaling_policies.unwrap_or_default().into_iter().next(),
        Err(error) => return WriteOutcome::Refused(fault::of("autoscaling:DescribePolicies", &error, now)),
    };
    let tracked = known.as_ref().and_then(|it| it.target_tracking_configuration().cloned());
    let (Some(known), Some(mut tracked), Some(target)) = (known, tracked, target.to_f64()) else {
        return WriteOutcome::Refused(Fault {
            kind: FaultKind::Missing,
            operation: OPERATION.into(),
            code: "NoTargetTracking".into(),
            message: format!("{} has no target tracking policy {}", SafeText::new(group), SafeText::new(policy)).into(),
            request_id: None,
            at: now,
        });
    };
    tracked.target_value = Some(target);
    let call = writer
        .put_scaling_policy()
        .auto_scaling_group_name(group)
        .policy_name(policy)
        .policy_type("TargetTrackingScaling")
        .set_estimated_instance_warmup(known.estimated_instance_warmup)
        .set_enabled(known.enabled)
        .target_tracking_configuration(tracked);
    accepted(OPERATION, call.send().await, now)
}

fn texts(names: &[Arc<str>]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
