//! Service deployments and the revisions they went to (ListServiceDeployments, DescribeServiceDeployments,
//! DescribeServiceRevisions).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{id::Arn, text::SafeText, write::ProviderShare};

/// One service deployment, with what it deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    pub arn: Arn,
    pub service: Arn,
    pub status: DeploymentStatus,
    pub status_reason: SafeText,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub target: Revision,
    /// Revisions that ran before.
    pub sources: Vec<Arn>,
    /// Failures so far and the threshold, while a circuit breaker watches.
    pub breaker: Option<(u32, u32)>,
    pub rollback_reason: Option<SafeText>,
}

/// What a service revision runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    pub arn: Arn,
    /// Absent where DescribeServiceRevisions did not answer for it.
    pub task_definition: Option<Arn>,
    /// Container name, image reference, and the digest ECS resolved.
    pub images: Vec<RevisionImage>,
    /// `FARGATE`, `EC2`, or the capacity providers with their weights; empty where it was not told.
    pub launch: SafeText,
    /// Its capacity provider strategy; empty where it has a launch type, or was not told.
    pub providers: Vec<ProviderShare>,
    pub requested: u32,
    pub running: u32,
    pub pending: u32,
}

impl Revision {
    /// What each container runs, as far as ECS has told.
    pub fn digests(&self) -> BTreeMap<SafeText, SafeText> {
        self.images.iter().filter_map(|it| Some((it.container.clone(), it.digest.clone()?))).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionImage {
    pub container: SafeText,
    pub image: SafeText,
    pub digest: Option<SafeText>,
}

/// `status` of a service deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentStatus {
    Pending,
    InProgress,
    Successful,
    StopRequested,
    Stopped,
    RollbackRequested,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
    Other(SafeText),
}

impl DeploymentStatus {
    /// Whether it is still under way.
    pub fn is_ongoing(&self) -> bool {
        matches!(
            self,
            Self::Pending | Self::InProgress | Self::StopRequested | Self::RollbackRequested | Self::RollbackInProgress
        )
    }

    /// AWS's word for it, in small letters.
    pub fn word(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in progress",
            Self::Successful => "successful",
            Self::StopRequested => "stop requested",
            Self::Stopped => "stopped",
            Self::RollbackRequested => "rollback requested",
            Self::RollbackInProgress => "rolling back",
            Self::RollbackSuccessful => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Other(word) => word.as_str(),
        }
    }
}
