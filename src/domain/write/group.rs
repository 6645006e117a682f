//! Writes to an Auto Scaling group: its capacity, its instances, its launch template, and how sessions reach it.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{id::Arn, text::SafeText},
    refresh::RefreshChoice,
};

/// One call. Instances and groups are named as AWS names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum GroupWrite {
    /// autoscaling:SetDesiredCapacity, without regard to the cooldown.
    SetDesiredCapacity { group: Arc<str>, desired: u32 },
    /// autoscaling:UpdateAutoScalingGroup.
    UpdateGroup { group: Arc<str>, change: GroupUpdate },
    /// autoscaling:SetInstanceProtection (≤ 50 instances).
    SetInstanceProtection { group: Arc<str>, instances: Vec<Arc<str>>, protected: bool },
    /// autoscaling:EnterStandby (≤ 20). With `decrement` the desired capacity goes down, else another is launched.
    EnterStandby { group: Arc<str>, instances: Vec<Arc<str>>, decrement: bool },
    /// autoscaling:ExitStandby (≤ 20); the desired capacity goes up.
    ExitStandby { group: Arc<str>, instances: Vec<Arc<str>> },
    /// autoscaling:TerminateInstanceInAutoScalingGroup. With `decrement` none takes its place.
    TerminateInstance { group: Arc<str>, instance: Arc<str>, decrement: bool },
    /// autoscaling:SuspendProcesses.
    SuspendProcesses { group: Arc<str>, processes: Vec<Arc<str>> },
    /// autoscaling:ResumeProcesses.
    ResumeProcesses { group: Arc<str>, processes: Vec<Arc<str>> },
    /// autoscaling:CompleteLifecycleAction; `result` is `CONTINUE` or `ABANDON`.
    CompleteLifecycleAction { group: Arc<str>, hook: Arc<str>, instance: Arc<str>, result: Arc<str> },
    /// autoscaling:PutScalingPolicy, after an autoscaling:DescribePolicies: the same policy with another target.
    SetPolicyTarget { group: Arc<str>, policy: Arc<str>, target: Decimal },
    /// ec2:CreateTags.
    TagInstance { instance: Arc<str>, key: Arc<str>, value: Arc<str> },
    /// elasticloadbalancing:RegisterTargets, of an instance.
    RegisterTarget { target_group: Arn, instance: Arc<str> },
    /// elasticloadbalancing:DeregisterTargets, of an instance.
    DeregisterTarget { target_group: Arn, instance: Arc<str> },
    /// ec2:CreateLaunchTemplateVersion: `source` with another image, type, or both. Versions up to `newest` were there
    /// before.
    CreateTemplateVersion { template: Arc<str>, source: u64, edit: TemplateEdit, newest: u64 },
    /// autoscaling:StartInstanceRefresh, to a version of a launch template.
    StartRefresh { group: Arc<str>, template: (Arc<str>, Arc<str>), choice: RefreshChoice },
    /// autoscaling:RollbackInstanceRefresh of the refresh under way.
    RollBackRefresh { group: Arc<str> },
    /// autoscaling:CancelInstanceRefresh of the refresh under way; what is replaced stays so.
    CancelRefresh { group: Arc<str> },
}

/// Stands for the number of the version that a call before makes.
pub const NEW_VERSION: &str = "(the new one)";

/// What of a launch template differs in a new version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TemplateEdit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<Arc<str>>,
}

impl TemplateEdit {
    /// As `image ami-1 and type t3.large`.
    pub fn words(&self) -> SafeText {
        let image = self.image.iter().map(|it| format!("image {it}"));
        let kind = self.instance_type.iter().map(|it| format!("type {it}"));
        SafeText::new(&image.chain(kind).collect::<Vec<_>>().join(" and "))
    }

    /// What the version says of itself.
    pub fn description(&self, source: u64) -> SafeText {
        format!("quarterdeck: {source} with {}", self.words()).into()
    }

    fn data(&self) -> Value {
        let mut data = json!({});
        if let Some(image) = &self.image {
            data["ImageId"] = json!(safe(image));
        }
        if let Some(kind) = &self.instance_type {
            data["InstanceType"] = json!(safe(kind));
        }
        data
    }
}

/// What of a group changes; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupUpdate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// Whether new instances are protected from scale-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protect_new: Option<bool>,
    /// The launch template, by its id, and the number of the version that new instances come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<(Arc<str>, Arc<str>)>,
}

impl GroupWrite {
    /// The AWS operation, as IAM and the API meter name it.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::SetDesiredCapacity { .. } => "autoscaling:SetDesiredCapacity",
            Self::UpdateGroup { .. } => "autoscaling:UpdateAutoScalingGroup",
            Self::SetInstanceProtection { .. } => "autoscaling:SetInstanceProtection",
            Self::EnterStandby { .. } => "autoscaling:EnterStandby",
            Self::ExitStandby { .. } => "autoscaling:ExitStandby",
            Self::TerminateInstance { .. } => "autoscaling:TerminateInstanceInAutoScalingGroup",
            Self::SuspendProcesses { .. } => "autoscaling:SuspendProcesses",
            Self::ResumeProcesses { .. } => "autoscaling:ResumeProcesses",
            Self::CompleteLifecycleAction { .. } => "autoscaling:CompleteLifecycleAction",
            Self::SetPolicyTarget { .. } => "autoscaling:PutScalingPolicy",
            Self::TagInstance { .. } => "ec2:CreateTags",
            Self::RegisterTarget { .. } => "elasticloadbalancing:RegisterTargets",
            Self::DeregisterTarget { .. } => "elasticloadbalancing:DeregisterTargets",
            Self::CreateTemplateVersion { .. } => "ec2:CreateLaunchTemplateVersion",
            Self::StartRefresh { .. } => "autoscaling:StartInstanceRefresh",
            Self::RollBackRefresh { .. } => "autoscaling:RollbackInstanceRefresh",
            Self::CancelRefresh { .. } => "autoscaling:CancelInstanceRefresh",
        }
    }

    /// The call's parameters as AWS names them.
    pub fn parameters(&self) -> Value {
        match self {
            Self::SetDesiredCapacity { group, desired } => {
                json!({ "AutoScalingGroupName": safe(group), "DesiredCapacity": desired })
            }
            Self::UpdateGroup { group, change } => change.parameters(group),
            Self::SetInstanceProtection { group, instances, protected } => json!({
                "AutoScalingGroupName": safe(group),
                "InstanceIds": all(instances),
                "ProtectedFromScaleIn": protected,
            }),
            Self::EnterStandby { group, instances, decrement } => json!({
                "AutoScalingGroupName": safe(group),
                "InstanceIds": all(instances),
                "ShouldDecrementDesiredCapacity": decrement,
            }),
            Self::ExitStandby { group, instances } => {
                json!({ "AutoScalingGroupName": safe(group), "InstanceIds": all(instances) })
            }
            Self::TerminateInstance { instance, decrement, .. } => {
                json!({ "InstanceId": safe(instance), "ShouldDecrementDesiredCapacity": decrement })
            }
            Self::SuspendProcesses { group, processes } | Self::ResumeProcesses { group, processes } => {
                json!({ "AutoScalingGroupName": safe(group), "ScalingProcesses": all(processes) })
            }
            Self::CompleteLifecycleAction { group, hook, instance, result } => json!({
                "AutoScalingGroupName": safe(group),
                "LifecycleHookName": safe(hook),
                "InstanceId": safe(instance),
                "LifecycleActionResult": safe(result),
            }),
            Self::SetPolicyTarget { group, policy, target } => json!({
                "AutoScalingGroupName": safe(group),
                "PolicyName": safe(policy),
                "TargetTrackingConfiguration": { "TargetValue": target },
                "(all else)": "as it is",
            }),
            Self::TagInstance { instance, key, value } => {
                json!({ "Resources": [safe(instance)], "Tags": [{ "Key": safe(key), "Value": safe(value) }] })
            }
            Self::RegisterTarget { target_group, instance } | Self::DeregisterTarget { target_group, instance } => {
                json!({ "TargetGroupArn": target_group, "Targets": [{ "Id": safe(instance) }] })
            }
            Self::CreateTemplateVersion { template, source, edit, .. } => json!({
                "LaunchTemplateId": safe(template),
                "SourceVersion": source.to_string(),
                "VersionDescription": edit.description(*source),
                "LaunchTemplateData": edit.data(),
            }),
            Self::StartRefresh { group, template: (id, version), choice } => json!({
                "AutoScalingGroupName": safe(group),
                "DesiredConfiguration": { "LaunchTemplate": { "LaunchTemplateId": safe(id), "Version": safe(version) } },
                "Preferences": choice.parameters(),
            }),
            Self::RollBackRefresh { group } | Self::CancelRefresh { group } => {
                json!({ "AutoScalingGroupName": safe(group) })
            }
        }
    }

    /// The instances, the number or the word that it is about, for a line on it.
    pub fn about(&self) -> SafeText {
        let joined = |names: &[Arc<str>]| names.iter().map(|it| &**it).collect::<Vec<_>>().join(" ");
        let text = match self {
            Self::SetDesiredCapacity { desired, .. } => desired.to_string(),
            Self::UpdateGroup { change, .. } => {
                let named = [("min", change.min), ("max", change.max), ("desired", change.desired)];
                let told = named.iter().filter_map(|(name, it)| Some(format!("{name} {}", (*it)?)));
                let template = change.template.iter().map(|(_, version)| format!("template version {version}"));
                let protects =
                    change.protect_new.map(|it| format!("new ones protected: {}", if it { "yes" } else { "no" }));
                told.chain(template).chain(protects).collect::<Vec<_>>().join(", ")
            }
            Self::SetInstanceProtection { instances, protected, .. } => {
                format!("{} {}", if *protected { "on" } else { "off" }, joined(instances))
            }
            Self::EnterStandby { instances, .. } | Self::ExitStandby { instances, .. } => joined(instances),
            Self::TerminateInstance { instance, .. }
            | Self::CompleteLifecycleAction { instance, .. }
            | Self::RegisterTarget { instance, .. }
            | Self::DeregisterTarget { instance, .. } => instance.to_string(),
            Self::SuspendProcesses { processes, .. } | Self::ResumeProcesses { processes, .. } => joined(processes),
            Self::SetPolicyTarget { policy, target, .. } => format!("{policy} {target}"),
            Self::TagInstance { instance, key, value } => format!("{instance} {key}={value}"),
            Self::CreateTemplateVersion { source, edit, .. } => format!("{source} with {}", edit.words()),
            Self::StartRefresh { template: (_, version), .. } => format!("to version {version}"),
            Self::RollBackRefresh { .. } | Self::CancelRefresh { .. } => String::new(),
        };
        SafeText::new(&text)
    }

    /// The same call with the number of the version that was made before it, where it stands for one.
    #[must_use]
    pub fn filled(&self, made: Option<u64>) -> Self {
        let Some(made) = made.map(|it| Arc::from(it.to_string())) else { return self.clone() };
        let mut filled = self.clone();
        match &mut filled {
            Self::UpdateGroup { change: GroupUpdate { template: Some((_, version)), .. }, .. }
            | Self::StartRefresh { template: (_, version), .. }
                if &**version == NEW_VERSION =>
            {
                *version = made;
            }
            _ => {}
        }
        filled
    }

    /// Whether it begins, undoes or stops an instance refresh.
    pub fn is_of_refresh(&self) -> bool {
        self.undoes_refresh() || matches!(self, Self::StartRefresh { .. })
    }

    /// Whether it undoes or stops an instance refresh.
    pub fn undoes_refresh(&self) -> bool {
        matches!(self, Self::RollBackRefresh { .. } | Self::CancelRefresh { .. })
    }

    /// The name or id of what is written to.
    pub fn target(&self) -> &str {
        match self {
            Self::SetDesiredCapacity { group, .. }
            | Self::UpdateGroup { group, .. }
            | Self::SetInstanceProtection { group, .. }
            | Self::EnterStandby { group, .. }
            | Self::ExitStandby { group, .. }
            | Self::SuspendProcesses { group, .. }
            | Self::ResumeProcesses { group, .. }
            | Self::CompleteLifecycleAction { group, .. }
            | Self::SetPolicyTarget { group, .. }
            | Self::StartRefresh { group, .. }
            | Self::RollBackRefresh { group }
            | Self::CancelRefresh { group } => group,
            Self::CreateTemplateVersion { template, .. } => template,
            Self::TerminateInstance { instance, .. } | Self::TagInstance { instance, .. } => instance,
            Self::RegisterTarget { target_group, .. } | Self::DeregisterTarget { target_group, .. } => {
                target_group.wire()
            }
        }
    }
}

impl GroupUpdate {
    fn parameters(&self, group: &str) -> Value {
        let mut call = json!({ "AutoScalingGroupName": safe(group) });
        for (name, value) in [("MinSize", self.min), ("MaxSize", self.max), ("DesiredCapacity", self.desired)] {
            if let Some(value) = value {
                call[name] = json!(value);
            }
        }
        if let Some(protect) = self.protect_new {
            call["NewInstancesProtectedFromScaleIn"] = json!(protect);
        }
        if let Some((id, version)) = &self.template {
            call["LaunchTemplate"] = json!({ "LaunchTemplateId": safe(id), "Version": safe(version) });
        }
        call
    }
}

fn safe(raw: &str) -> SafeText {
    SafeText::new(raw)
}

fn all(raw: &[Arc<str>]) -> Vec<SafeText> {
    raw.iter().map(|it| safe(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::Scope,
        write::{Write, WriteRequest},
    };

    #[test]
    fn parameters_say_what_changes_and_nothing_else() {
        let group: Arc<str> = "terminal-gateway-asg".into();
        let change = GroupUpdate { min: Some(1), desired: Some(4), ..GroupUpdate::default() };
        let update = GroupWrite::UpdateGroup { group: group.clone(), change };
        let wanted = json!({ "AutoScalingGroupName": "terminal-gateway-asg", "MinSize": 1, "DesiredCapacity": 4 });
        assert_eq!(update.parameters(), wanted);
        let terminate = GroupWrite::TerminateInstance { group, instance: "i-1".into(), decrement: true };
        assert_eq!(terminate.parameters(), json!({ "InstanceId": "i-1", "ShouldDecrementDesiredCapacity": true }));
    }

    #[test]
    fn the_number_of_a_new_version_is_filled_in_where_it_is_stood_for() {
        let to = |version: &str| {
            let template = Some(("lt-1".into(), version.into()));
            let change = GroupUpdate { template, ..GroupUpdate::default() };
            GroupWrite::UpdateGroup { group: "g".into(), change }
        };
        assert_eq!(to(NEW_VERSION).filled(Some(7)), to("7"));
        assert_eq!((to("3").filled(Some(7)), to(NEW_VERSION).filled(None)), (to("3"), to(NEW_VERSION)));
    }

    #[test]
    fn a_write_comes_back_from_its_json() {
        let (group, policy): (Arc<str>, Arc<str>) = ("terminal-gateway-asg".into(), "scale-on-sessions".into());
        let write = Write::Group(GroupWrite::SetPolicyTarget { group, policy, target: Decimal::new(75, 1) });
        let request = WriteRequest { scope: Scope::new("", "us-east-1"), write };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<WriteRequest>(&text).unwrap(), request);
    }
}
