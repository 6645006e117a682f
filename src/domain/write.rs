//! What can be asked to change, and how that ended: the console's writes as values.
//!
//! Invariant: a [`Write`] is exactly one call that changes something; nothing in it depends on when it is sent.

pub mod group;
pub mod refresh;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use self::group::GroupWrite;
use super::{
    fault::Fault,
    id::{Arn, Scope},
    text::SafeText,
};

/// One write, in one scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WriteRequest {
    pub scope: Scope,
    pub write: Write,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Write {
    /// ecs:RegisterTaskDefinition, after an ecs:DescribeTaskDefinition of `source`: a copy of it in every field, with
    /// other images. By container name; each image is a whole reference (`repository:tag` or `repository@digest`).
    RegisterTaskDefinition { source: Arn, images: BTreeMap<Arc<str>, Arc<str>> },
    /// ecs:UpdateService.
    UpdateService { cluster: Arn, service: Arn, change: ServiceChange },
    /// ecs:StopServiceDeployment with ROLLBACK.
    StopServiceDeployment { deployment: Arn },
    /// ecs:StopTask. The task's `stoppedReason` is `reason`.
    StopTask { cluster: Arn, task: Arn, reason: Arc<str> },
    /// application-autoscaling:RegisterScalableTarget of a service's desired count. What is `None` stays as it is.
    RegisterScalableTarget {
        /// `service/CLUSTER/SERVICE`.
        resource: Arc<str>,
        range: Option<ScalingRange>,
        suspended: Option<Suspension>,
    },
    /// Of an Auto Scaling group, its instances, and what stands before and behind them.
    Group(GroupWrite),
}

/// What of a service changes; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServiceChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<Arn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// A new deployment even where nothing else changes. ECS demands it for a change of capacity providers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<ProviderShare>>,
}

/// One item of a capacity provider strategy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderShare {
    /// As `FARGATE_SPOT`.
    pub provider: Arc<str>,
    pub weight: u32,
    pub base: u32,
}

/// The bounds of a scalable target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScalingRange {
    pub min: u32,
    pub max: u32,
}

/// The suspended state of a scalable target. Always written whole: a flag left out would be left to chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Suspension {
    pub scale_in: bool,
    pub scale_out: bool,
    pub scheduled: bool,
}

/// How a write ended, by what is certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub enum WriteOutcome {
    /// AWS has taken it.
    Done(Written),
    /// It certainly did not happen.
    Refused(Fault),
    /// It may have happened: no answer came, or none that says. Read and find out; never send it again unasked.
    Unknown(Fault),
}

/// What reads told later of a write that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "settled", rename_all = "snake_case")]
pub enum Settlement {
    /// It did happen: what AWS would have answered, as far as it was read.
    Happened(WriteAnswer),
    DidNotHappen,
    /// Nothing that can be read tells.
    Unknown,
}

impl Settlement {
    pub fn words(&self) -> &'static str {
        match self {
            Self::Happened(_) => "it did happen",
            Self::DidNotHappen => "it did not happen",
            Self::Unknown => "whether it happened is not known",
        }
    }
}

/// What AWS answered to a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub request_id: Option<SafeText>,
    pub answer: WriteAnswer,
}

/// What of the answer an operation goes on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum WriteAnswer {
    /// The revision that was registered.
    TaskDefinition {
        arn: Arn,
    },
    /// The service after the change.
    Service {
        task_definition: Arn,
        desired: u32,
        /// Id of its PRIMARY deployment, `ecs-svc/…`.
        primary: Option<SafeText>,
        /// The service deployment under way or last ended, where ECS names one.
        deployment: Option<Arn>,
    },
    /// The service deployment that is being stopped.
    Deployment {
        arn: Arn,
    },
    /// The task that is being stopped.
    Task {
        arn: Arn,
    },
    ScalableTarget,
    /// A version of a launch template was made: its number.
    TemplateVersion {
        version: u64,
    },
    /// An instance refresh was started or is being undone: its id.
    Refresh {
        id: SafeText,
    },
    /// Taken, and nothing more is told.
    Accepted,
}

impl Write {
    /// The AWS operation, as IAM and the API meter name it: `ecs:UpdateService`.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::RegisterTaskDefinition { .. } => "ecs:RegisterTaskDefinition",
            Self::UpdateService { .. } => "ecs:UpdateService",
            Self::StopServiceDeployment { .. } => "ecs:StopServiceDeployment",
            Self::StopTask { .. } => "ecs:StopTask",
            Self::RegisterScalableTarget { .. } => "application-autoscaling:RegisterScalableTarget",
            Self::Group(write) => write.operation(),
        }
    }

    /// The call's parameters as AWS names them: for plans and the journal. What is sent is this and nothing else,
    /// but for a task definition, whose copied fields are told of in a word.
    pub fn parameters(&self) -> Value {
        match self {
            Self::RegisterTaskDefinition { source, images } => {
                let (family, _) = family_and_revision(source);
                let containers: Vec<Value> =
                    images.iter().map(|(name, image)| json!({ "name": safe(name), "image": safe(image) })).collect();
                let rest = format!("as in {}", source.short_name());
                json!({ "family": family, "containerDefinitions": containers, "(all else)": rest })
            }
            Self::UpdateService { cluster, service, change } => {
                let mut call = json!({ "cluster": cluster, "service": service });
                if let Value::Object(members) = &mut call {
                    members.extend(change.parameters());
                }
                call
            }
            Self::StopServiceDeployment { deployment } => {
                json!({ "serviceDeploymentArn": deployment, "stopType": "ROLLBACK" })
            }
            Self::StopTask { cluster, task, reason } => {
                json!({ "cluster": cluster, "task": task, "reason": safe(reason) })
            }
            Self::RegisterScalableTarget { resource, range, suspended } => {
                let mut call = json!({
                    "ServiceNamespace": "ecs",
                    "ResourceId": safe(resource),
                    "ScalableDimension": "ecs:service:DesiredCount",
                });
                if let Some(range) = range {
                    call["MinCapacity"] = json!(range.min);
                    call["MaxCapacity"] = json!(range.max);
                }
                if let Some(suspended) = suspended {
                    call["SuspendedState"] = json!({
                        "DynamicScalingInSuspended": suspended.scale_in,
                        "DynamicScalingOutSuspended": suspended.scale_out,
                        "ScheduledScalingSuspended": suspended.scheduled,
                    });
                }
                call
            }
            Self::Group(write) => write.parameters(),
        }
    }

    /// The ARN, id or name of what is written to, as AWS knows it.
    pub fn target(&self) -> SafeText {
        match self {
            Self::RegisterTaskDefinition { source, .. } => family_and_revision(source).0,
            Self::UpdateService { service, .. } => SafeText::new(service.wire()),
            Self::StopServiceDeployment { deployment } => SafeText::new(deployment.wire()),
            Self::StopTask { task, .. } => SafeText::new(task.wire()),
            Self::RegisterScalableTarget { resource, .. } => SafeText::new(resource),
            Self::Group(write) => SafeText::new(write.target()),
        }
    }
}

impl ServiceChange {
    fn parameters(&self) -> Map<String, Value> {
        let mut members = Map::new();
        if let Some(arn) = &self.task_definition {
            members.insert("taskDefinition".to_owned(), json!(arn));
        }
        if let Some(desired) = self.desired {
            members.insert("desiredCount".to_owned(), json!(desired));
        }
        if self.force {
            members.insert("forceNewDeployment".to_owned(), json!(true));
        }
        if let Some(providers) = &self.providers {
            let share = |it: &ProviderShare| json!({ "capacityProvider": safe(&it.provider), "weight": it.weight, "base": it.base });
            members.insert("capacityProviderStrategy".to_owned(), providers.iter().map(share).collect());
        }
        members
    }
}

fn safe(raw: &str) -> SafeText {
    SafeText::new(raw)
}

/// Family and revision of a task definition's ARN; an empty revision where it has none.
fn family_and_revision(arn: &Arn) -> (SafeText, SafeText) {
    let name = arn.short_name();
    let (family, revision) = name.as_str().split_once(':').unwrap_or((name.as_str(), ""));
    (family.into(), revision.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api";
    const CLUSTER: &str = "arn:aws:ecs:us-east-1:111122223333:cluster/terminal-cluster";

    #[test]
    fn parameters_say_what_changes_and_nothing_else() {
        let update = |change| Write::UpdateService { cluster: Arn::new(CLUSTER), service: Arn::new(SERVICE), change };
        let scaled = update(ServiceChange { desired: Some(0), ..ServiceChange::default() });
        assert_eq!(scaled.parameters(), json!({ "cluster": CLUSTER, "service": SERVICE, "desiredCount": 0 }));
        let share = ProviderShare { provider: "FARGATE".into(), weight: 1, base: 0 };
        let moved = update(ServiceChange { force: true, providers: Some(vec![share]), ..ServiceChange::default() });
        assert_eq!(
            moved.parameters(),
            json!({
                "cluster": CLUSTER,
                "service": SERVICE,
                "forceNewDeployment": true,
                "capacityProviderStrategy": [{ "capacityProvider": "FARGATE", "weight": 1, "base": 0 }],
            })
        );
    }

    #[test]
    fn suspension_is_written_whole() {
        let write = Write::RegisterScalableTarget {
            resource: "service/cma-production/cma-api-production".into(),
            range: None,
            suspended: Some(Suspension { scale_in: true, ..Suspension::default() }),
        };
        let flags = write.parameters()["SuspendedState"].as_object().map(Map::len);
        assert_eq!((flags, write.parameters().get("MinCapacity")), (Some(3), None));
    }

    #[test]
    fn a_copy_names_its_family_and_what_it_is_a_copy_of() {
        let source = Arn::new("arn:aws:ecs:us-east-1:111122223333:task-definition/terminal-api:7");
        let images = BTreeMap::from([("api".into(), "terminal/api:v8".into())]);
        let write = Write::RegisterTaskDefinition { source, images };
        assert_eq!(
            write.parameters(),
            json!({
                "family": "terminal-api",
                "containerDefinitions": [{ "name": "api", "image": "terminal/api:v8" }],
                "(all else)": "as in terminal-api:7",
            })
        );
        assert_eq!(write.target().as_str(), "terminal-api");
    }

    #[test]
    fn a_write_comes_back_from_its_json() {
        let write = Write::UpdateService {
            cluster: Arn::new(CLUSTER),
            service: Arn::new(SERVICE),
            change: ServiceChange { desired: Some(3), ..ServiceChange::default() },
        };
        let request = WriteRequest { scope: Scope::new("", "us-east-1"), write };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<WriteRequest>(&text).unwrap(), request);
    }
}
