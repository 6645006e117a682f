//! What the operator wants, before anything has been looked up.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::group::action::{GroupChange, GroupRef};
use crate::{
    domain::{
        id::{Arn, Kind, ResourceId, Scope},
        text::SafeText,
        verb::Verb,
    },
    stack::model::{Stack, StackService},
};

/// Something to be done to services, or to a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Action {
    /// Another image or revision, on one service or on several at once.
    Deploy {
        services: Vec<ServiceRef>,
        what: Deployable,
        /// Whether a broken gate is rolled back by itself; `None`: as the stack file says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rolls_back: Option<bool>,
    },
    /// The same definition in a new deployment: its tags are resolved anew.
    Redeploy { services: Vec<ServiceRef> },
    /// Back to what ran before.
    Rollback { services: Vec<ServiceRef>, to: RollbackTo },
    /// So many tasks.
    Scale { service: ServiceRef, desired: u32, range: RangeChoice },
    /// Stops one task; the service starts another in its place.
    StopTask { service: ServiceRef, task: Arn },
    /// Keeps auto scaling's hands off the service.
    SuspendScaling { service: ServiceRef },
    /// Lets auto scaling steer the service again.
    ResumeScaling { service: ServiceRef },
    /// Runs the tasks on another capacity provider.
    Move { service: ServiceRef, to: Provider },
    /// From zero tasks to as many as they serve with, those that others need first.
    Wake { services: Vec<ServiceRef> },
    /// To zero tasks, those that others need last.
    Sleep { services: Vec<ServiceRef> },
    /// Something of an Auto Scaling group.
    Group { group: GroupRef, change: GroupChange },
}

/// A service, named so that it can be asked for before it is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceRef {
    pub scope: Scope,
    pub cluster: Arc<str>,
    pub name: Arc<str>,
}

/// What is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deployable {
    /// The image that runs, at another tag.
    Tag(Arc<str>),
    /// The image that runs, at a digest.
    Digest(Arc<str>),
    /// Any image, by its whole reference.
    Image(Arc<str>),
    /// A task definition that exists: its ARN, `family:revision`, or the revision's number.
    Revision(Arc<str>),
}

/// Where a rollback leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollbackTo {
    /// While a deployment runs: what ran before it. Otherwise the newest deployment before the current one that
    /// succeeded and ran something else.
    LastKnownGood,
    /// What this service deployment ran.
    Deployment(Arn),
    /// What the newest deployment of this revision ran, by its number or `family:number`; the revision as it is where no
    /// deployment of it is known any more.
    Revision(Arc<str>),
}

/// What becomes of auto scaling's range when a service is scaled beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeChoice {
    /// It stays: auto scaling will bring the count back into it.
    Keep,
    /// It is widened, so that the new count lies in it.
    Widen,
    /// Auto scaling is suspended.
    Suspend,
}

/// The capacity providers of Fargate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Provider {
    #[serde(rename = "FARGATE")]
    Fargate,
    #[serde(rename = "FARGATE_SPOT")]
    FargateSpot,
}

impl Provider {
    /// As AWS names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fargate => "FARGATE",
            Self::FargateSpot => "FARGATE_SPOT",
        }
    }
}

impl Action {
    pub fn verb(&self) -> Verb {
        match self {
            Self::Deploy { .. } => Verb::Deploy,
            Self::Redeploy { .. } => Verb::Redeploy,
            Self::Rollback { .. } => Verb::Rollback,
            Self::Scale { .. } => Verb::Scale,
            Self::StopTask { .. } => Verb::StopTask,
            Self::SuspendScaling { .. } => Verb::SuspendScaling,
            Self::ResumeScaling { .. } => Verb::ResumeScaling,
            Self::Move { .. } => Verb::Move,
            Self::Wake { .. } => Verb::Wake,
            Self::Sleep { .. } => Verb::Sleep,
            Self::Group { change, .. } => change.verb(),
        }
    }

    /// The services it is about, in the order given.
    pub fn services(&self) -> &[ServiceRef] {
        match self {
            Self::Deploy { services, .. }
            | Self::Redeploy { services }
            | Self::Rollback { services, .. }
            | Self::Wake { services }
            | Self::Sleep { services } => services,
            Self::Scale { service, .. }
            | Self::StopTask { service, .. }
            | Self::SuspendScaling { service }
            | Self::ResumeScaling { service }
            | Self::Move { service, .. } => std::slice::from_ref(service),
            Self::Group { .. } => &[],
        }
    }

    /// The same for some of its services alone; `None` where it is about one, or a group.
    pub fn narrowed(&self, services: Vec<ServiceRef>) -> Option<Self> {
        match self {
            Self::Deploy { what, rolls_back, .. } => {
                Some(Self::Deploy { services, what: what.clone(), rolls_back: *rolls_back })
            }
            Self::Redeploy { .. } => Some(Self::Redeploy { services }),
            Self::Rollback { to, .. } => Some(Self::Rollback { services, to: to.clone() }),
            _ => None,
        }
    }

    /// Whether a broken gate is rolled back by itself, in this stack. There is no way back from a redeployment of the same
    /// revision; and what is gone back from is not gone back to.
    pub fn rolls_back(&self, stack: Option<&Stack>) -> bool {
        match self {
            Self::Deploy { rolls_back, .. } => rolls_back.unwrap_or(stack.is_some_and(|it| it.care.deploy.roll_back)),
            _ => false,
        }
    }

    /// Whether it makes a new deployment.
    pub fn deploys(&self) -> bool {
        matches!(self.verb(), Verb::Deploy | Verb::Redeploy | Verb::Rollback | Verb::Move)
    }
}

impl ServiceRef {
    pub fn new(scope: &Scope, cluster: &str, name: &str) -> Self {
        Self { scope: scope.clone(), cluster: cluster.into(), name: name.into() }
    }

    /// A service of a stack, in each scope it runs in.
    pub fn everywhere(spec: &StackService) -> impl Iterator<Item = Self> + '_ {
        spec.scopes.iter().map(|scope| Self::new(scope, &spec.cluster, &spec.name))
    }

    /// The service with this id; `None` for other resources, and for ARNs of the old form that names no cluster.
    pub fn of(id: &ResourceId) -> Option<Self> {
        if id.kind != Kind::Service {
            return None;
        }
        let mut parts = id.key.rsplit('/');
        let (name, cluster) = (parts.next()?, parts.next()?);
        let rest = parts.next();
        // `…:service/C/S`, or `C/S` of a service that AWS has not described yet.
        (rest.is_some() || !id.key.contains(':')).then(|| Self::new(&id.scope, cluster, name))
    }
}

/// `cluster/service`, in which region.
impl fmt::Display for ServiceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", SafeText::new(&self.name), SafeText::new(&self.scope.region))
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceRef;
    use crate::domain::id::{Kind, ResourceId, Scope};

    #[test]
    fn a_service_is_named_by_its_arn() {
        let scope = Scope::new("cma", "eu-west-2");
        let of = |kind, key| ServiceRef::of(&ResourceId::new(kind, &scope, key));
        let arn = "arn:aws:ecs:eu-west-2:444455556666:service/cma-production/cma-api-production";
        let wanted = Some(ServiceRef::new(&scope, "cma-production", "cma-api-production"));
        assert_eq!(of(Kind::Service, arn), wanted);
        assert_eq!(of(Kind::Service, "cma-production/cma-api-production"), wanted);
        assert_eq!(of(Kind::Task, arn), None);
        assert_eq!(of(Kind::Service, "arn:aws:ecs:eu-west-2:444455556666:service/short"), None);
    }
}
