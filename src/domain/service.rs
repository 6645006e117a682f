//! ECS clusters and services (DescribeClusters, DescribeServices).

use jiff::Timestamp;

use super::{id::Arn, text::SafeText, write::ProviderShare};

/// A cluster as DescribeClusters gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    pub arn: Arn,
    pub name: SafeText,
    pub status: SafeText,
    pub running_tasks: u32,
    pub pending_tasks: u32,
    pub active_services: u32,
}

/// A service as DescribeServices gives it. Counts are of tasks, over all deployments.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    pub arn: Arn,
    pub name: SafeText,
    pub cluster: Arn,
    /// ACTIVE, DRAINING or INACTIVE.
    pub status: SafeText,
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    pub task_definition: Arn,
    /// `FARGATE`, `EC2`, or the capacity providers with their weights.
    pub launch: SafeText,
    pub rolling: Rolling,
    /// Newest first; the first is PRIMARY.
    pub deployments: Vec<Rollout>,
    pub load_balancers: Vec<ServiceTarget>,
    /// Ids of the subnets that its tasks may be placed in; none where they share their host's network.
    pub subnets: Vec<SafeText>,
    /// Newest first, at most 100.
    pub events: Vec<ServiceEvent>,
    /// Seconds after a task's start during which health checks do not count.
    pub grace_seconds: u32,
    pub execute_command: bool,
    pub control: Control,
    pub created_at: Option<Timestamp>,
}

/// Who steers a service's tasks and where they run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Control {
    pub controller: Controller,
    /// One task for each instance; there is no desired count.
    pub daemon: bool,
    /// The capacity provider strategy; empty where the service has a launch type.
    pub providers: Vec<ProviderShare>,
    /// Names of the alarms that end a deployment, where they are watched.
    pub alarms: Vec<SafeText>,
    /// How long ECS keeps a completed deployment under watch.
    pub bake_minutes: u32,
}

/// `deploymentController.type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Controller {
    #[default]
    Ecs,
    CodeDeploy,
    External,
}

/// How a service replaces its tasks (deploymentConfiguration).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rolling {
    pub minimum_percent: u32,
    pub maximum_percent: u32,
    pub circuit_breaker: bool,
    pub rollback: bool,
}

impl Rolling {
    /// Tasks that must stay healthy while rolling: `ceil(desired × minimum %)`.
    pub fn floor(&self, desired: u32) -> u32 {
        (desired * self.minimum_percent).div_ceil(100)
    }

    /// Tasks that may run or be pending while rolling: `floor(desired × maximum %)`.
    pub fn ceiling(&self, desired: u32) -> u32 {
        desired * self.maximum_percent / 100
    }

    /// Whether a deployment can neither stop an old task nor start a new one.
    pub fn is_stuck(&self, desired: u32) -> bool {
        desired > 0 && self.floor(desired) >= desired && self.ceiling(desired) <= desired
    }
}

/// One entry of a service's `deployments`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    /// `ecs-svc/…`; tasks carry it in `startedBy`.
    pub id: SafeText,
    /// PRIMARY (newest), ACTIVE (being replaced) or INACTIVE.
    pub status: SafeText,
    pub task_definition: Arn,
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    /// Consecutive failures; back to 0 once a task runs healthily.
    pub failed: u32,
    /// Absent behind a Classic load balancer or another deployment controller.
    pub state: Option<RolloutState>,
    pub reason: SafeText,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// `rolloutState` of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolloutState {
    InProgress,
    Completed,
    Failed,
}

/// Where a service registers its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTarget {
    pub target_group: Arn,
    pub container: SafeText,
    pub port: u16,
}

/// One of a service's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEvent {
    pub id: SafeText,
    pub at: Timestamp,
    pub message: SafeText,
}

impl ServiceEvent {
    /// Whether it only says that all is as it should be: most events do.
    pub fn is_steady(&self) -> bool {
        self.message.as_str().ends_with("has reached a steady state.")
    }

    /// The message without the service's name, which all of them begin with.
    pub fn short(&self) -> &str {
        let message = self.message.as_str();
        let rest = message.strip_prefix("(service ").and_then(|rest| rest.split_once(") "));
        rest.map_or(message, |(_, said)| said)
    }
}

/// Events in a row that say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated<'a> {
    pub newest: &'a ServiceEvent,
    pub oldest: &'a ServiceEvent,
    pub times: usize,
    /// Nothing else has been said since.
    pub is_last: bool,
}

/// A service's events, newest first, with those that follow each other and say the same taken together.
pub fn repeated(events: &[ServiceEvent]) -> Vec<Repeated<'_>> {
    let runs = events.chunk_by(|newer, older| newer.short() == older.short());
    let said = runs.enumerate().filter_map(|(index, run)| {
        let (newest, oldest) = (run.first()?, run.last()?);
        Some(Repeated { newest, oldest, times: run.len(), is_last: index == 0 })
    });
    said.collect()
}

impl Service {
    /// The newest deployment.
    pub fn primary(&self) -> Option<&Rollout> {
        self.deployments.iter().find(|it| it.status.as_str() == "PRIMARY")
    }

    /// Whether a deployment is under way.
    pub fn is_deploying(&self) -> bool {
        self.primary().is_some_and(|it| it.state == Some(RolloutState::InProgress))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Rolling, ServiceEvent, repeated};

    #[test]
    fn what_is_said_again_and_again_is_said_once() {
        let event = |second: i64, message: &str| ServiceEvent {
            id: second.to_string().into(),
            at: Timestamp::from_second(second).expect("a time"),
            message: format!("(service api) {message}").into(),
        };
        let steady = "has reached a steady state.";
        let events =
            [event(90, steady), event(80, steady), event(70, "has started 1 tasks: (task a)."), event(60, steady)];
        let told: Vec<_> = repeated(&events)
            .iter()
            .map(|it| (it.newest.at.as_second(), it.oldest.at.as_second(), it.times, it.is_last))
            .collect();
        assert_eq!(told, [(90, 80, 2, true), (70, 70, 1, false), (60, 60, 1, false)]);
        assert_eq!(events[0].short(), steady);
        assert_eq!(repeated(&[]), []);
    }

    fn rolling(minimum_percent: u32, maximum_percent: u32) -> Rolling {
        Rolling { minimum_percent, maximum_percent, circuit_breaker: false, rollback: false }
    }

    /// The table of the rolling arithmetic: desired, min %, max %, may drop to, may rise to, stuck.
    const TABLE: [(u32, u32, u32, u32, u32, bool); 11] = [
        (1, 100, 200, 1, 2, false),
        (1, 0, 100, 0, 1, false),
        (1, 50, 100, 1, 1, true),
        (1, 100, 150, 1, 1, true),
        (2, 50, 100, 1, 2, false),
        (2, 75, 100, 2, 2, true),
        (3, 100, 125, 3, 3, true),
        (3, 100, 150, 3, 4, false),
        (4, 50, 100, 2, 4, false),
        (4, 100, 200, 4, 8, false),
        (10, 90, 110, 9, 11, false),
    ];

    #[test]
    fn the_arithmetic_matches_every_row_of_the_table() {
        for (desired, minimum, maximum, floor, ceiling, stuck) in TABLE {
            let rolling = rolling(minimum, maximum);
            let found = (rolling.floor(desired), rolling.ceiling(desired), rolling.is_stuck(desired));
            assert_eq!(found, (floor, ceiling, stuck), "{desired} tasks at {minimum}–{maximum} %");
        }
    }
}
