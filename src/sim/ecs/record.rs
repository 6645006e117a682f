//! Service deployments and service revisions: the lasting record of what was brought out, and with what result.

use jiff::Timestamp;

use super::{deployment::Configuration, launch::Launch};

/// `status` of a service deployment (reference §1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    InProgress,
    Successful,
    StopRequested,
    Stopped,
    RollbackRequested,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
}

impl Status {
    pub fn wire(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Successful => "SUCCESSFUL",
            Self::StopRequested => "STOP_REQUESTED",
            Self::Stopped => "STOPPED",
            Self::RollbackRequested => "ROLLBACK_REQUESTED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackSuccessful => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
        }
    }

    /// Neither pending nor over.
    pub fn ongoing(self) -> bool {
        matches!(self, Self::InProgress | Self::StopRequested | Self::RollbackRequested | Self::RollbackInProgress)
    }

    pub fn over(self) -> bool {
        self != Self::Pending && !self.ongoing()
    }
}

/// What a service runs: a task definition with the digests its images had. Immutable but for the digests,
/// which the first task of the deployment fixes.
#[derive(Debug, Clone)]
pub struct Revision {
    pub arn: String,
    pub created_at: Timestamp,
    pub task_definition: String,
    pub images: Vec<ContainerImage>,
    /// On what its tasks run: going back to it brings that back, too.
    pub launch: Launch,
}

/// One container's image in a revision.
#[derive(Debug, Clone)]
pub struct ContainerImage {
    pub container: String,
    pub image: String,
    /// Whether its digest is fixed; else each task pulls what the tag points to by then.
    pub consistent: bool,
    pub digest: Option<String>,
}

/// Tasks of one revision within a service deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub requested: u32,
    pub running: u32,
    pub pending: u32,
}

/// Going back to an earlier revision within the same service deployment.
#[derive(Debug, Clone)]
pub struct Rollback {
    pub reason: &'static str,
    pub started_at: Timestamp,
    pub revision: String,
}

/// How the circuit breaker watched a service deployment.
#[derive(Debug, Clone, Copy)]
pub struct BreakerWatch {
    pub status: &'static str,
    pub failures: u32,
    pub threshold: u32,
}

/// One service deployment.
#[derive(Debug, Clone)]
pub struct ServiceDeployment {
    pub arn: String,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    pub stopped_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub status: Status,
    pub status_reason: Option<&'static str>,
    /// Revisions that ran when it began, and the one it brings out.
    pub sources: Vec<(String, Tally)>,
    pub target: (String, Tally),
    pub rollback: Option<Rollback>,
    pub configuration: Configuration,
    pub breaker: BreakerWatch,
    /// `lifecycleStage` while it is ongoing.
    pub stage: &'static str,
}

impl ServiceDeployment {
    /// Moves to `status` at `now`, with the times that go with it.
    pub fn set(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.updated_at = now;
        if status == Status::InProgress {
            self.started_at = Some(now);
        }
        if matches!(status, Status::StopRequested | Status::RollbackRequested) {
            self.stopped_at = Some(now);
        }
        if status.over() {
            self.finished_at = Some(now);
            if self.breaker.status == "MONITORING" {
                self.breaker.status = "MONITORING_COMPLETE";
            }
        }
    }
}
