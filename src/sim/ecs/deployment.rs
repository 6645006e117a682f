//! The entries of a service's `deployments`: the PRIMARY one and those it replaces.

use jiff::Timestamp;

/// How a deployment's rollout stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollout {
    InProgress,
    /// In progress, back to what the deployment with this id had brought out.
    RollingBack {
        to: String,
        because: Failure,
    },
    Completed,
    /// Launches no more tasks.
    Failed(Failure),
}

/// Why a deployment does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The circuit breaker counted too many failed tasks.
    CircuitBreaker,
    /// Somebody called `StopServiceDeployment`.
    Stopped,
}

/// One deployment as `DescribeServices` shows it. The first of a service is PRIMARY, the others ACTIVE.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// `ecs-svc/N`; the tasks it starts carry it as `startedBy`.
    pub id: String,
    /// ARN of the service revision that it brings out.
    pub revision: String,
    /// ARN of the service deployment that records it.
    pub record: String,
    pub task_definition: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub rollout: Rollout,
    /// Consecutive failed tasks; back to 0 when one runs healthily.
    pub failed_tasks: u32,
}

impl Deployment {
    pub fn in_progress(&self) -> bool {
        matches!(self.rollout, Rollout::InProgress | Rollout::RollingBack { .. })
    }

    pub fn failed(&self) -> bool {
        matches!(self.rollout, Rollout::Failed(_))
    }

    pub fn set(&mut self, rollout: Rollout, now: Timestamp) {
        self.rollout = rollout;
        self.updated_at = now;
    }

    /// `rolloutState`.
    pub fn state(&self) -> &'static str {
        match self.rollout {
            Rollout::InProgress | Rollout::RollingBack { .. } => "IN_PROGRESS",
            Rollout::Completed => "COMPLETED",
            Rollout::Failed(_) => "FAILED",
        }
    }

    /// `rolloutStateReason`, in AWS's words (reference §1.2).
    pub fn reason(&self) -> String {
        match &self.rollout {
            Rollout::InProgress | Rollout::RollingBack { because: Failure::Stopped, .. } => {
                format!("ECS deployment {} in progress.", self.id)
            }
            Rollout::RollingBack { to, because: Failure::CircuitBreaker } => {
                format!("ECS deployment circuit breaker: rolling back to deploymentId {to}.")
            }
            Rollout::Completed => format!("ECS deployment {} completed.", self.id),
            Rollout::Failed(Failure::CircuitBreaker) => {
                "ECS deployment circuit breaker: tasks failed to start.".to_owned()
            }
            Rollout::Failed(Failure::Stopped) => format!("ECS deployment {} stopped.", self.id),
        }
    }
}

/// `deploymentConfiguration` of a rolling service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    pub minimum_healthy_percent: u32,
    pub maximum_percent: u32,
    /// The circuit breaker, off where `None`.
    pub breaker: Option<Breaker>,
}

/// What the circuit breaker does when it has counted enough failed tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    pub rollback: bool,
}

impl Breaker {
    /// Failed tasks at which a deployment of `desired` tasks fails: half of them, between 3 and 200.
    pub fn threshold(desired: u32) -> u32 {
        desired.div_ceil(2).clamp(3, 200)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_opens_at_half_of_the_desired_count_within_bounds() {
        for (desired, threshold) in [(0, 3), (1, 3), (6, 3), (25, 13), (400, 200), (1000, 200)] {
            assert_eq!(Breaker::threshold(desired), threshold, "{desired}");
        }
    }
}
