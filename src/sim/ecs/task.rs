//! One task: its states, its containers and its times.

use jiff::{SignedDuration, Timestamp};

use super::super::ec2::Subnet;
use super::{
    definition::HealthCheck,
    images::{Behaviour, Images},
};

/// `lastStatus`, with what a state needs to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Provisioning,
    Pending,
    Activating,
    Running,
    /// On FARGATE_SPOT, told that AWS will take it back.
    Noticed,
    /// Waiting to be taken out of the target group, then for the drain to end.
    Deactivating {
        draining: bool,
    },
    Stopping,
    Deprovisioning,
    Stopped,
}

impl Phase {
    pub fn wire(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            // It goes on working until its time is up.
            Self::Running | Self::Noticed => "RUNNING",
            Self::Deactivating { .. } => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// Why a task stops: `stopCode` and `stoppedReason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub code: &'static str,
    pub reason: String,
}

/// What a task's target group says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetHealth {
    /// Not registered, or not checked often enough.
    Unknown,
    Healthy,
    /// With the reason's text.
    Unhealthy(String),
}

/// Where a task lives in the network.
#[derive(Debug, Clone)]
pub struct Address {
    pub ip: String,
    pub zone: String,
    pub subnet: Subnet,
    /// Ids of the network interface and of its attachment.
    pub interface: String,
    pub attachment: String,
}

/// When a task did what.
#[derive(Debug, Clone, Default)]
pub struct Times {
    pub created: Timestamp,
    pub pull_started: Option<Timestamp>,
    pub pull_stopped: Option<Timestamp>,
    pub started: Option<Timestamp>,
    pub stopping: Option<Timestamp>,
    pub execution_stopped: Option<Timestamp>,
    pub stopped: Option<Timestamp>,
}

/// A container health check's course.
#[derive(Debug, Clone)]
pub struct Check {
    pub rule: HealthCheck,
    pub next: Timestamp,
    pub failures: u32,
    /// `None` until it is known.
    pub healthy: Option<bool>,
}

/// A container of a task.
#[derive(Debug, Clone)]
pub struct Container {
    pub id: String,
    pub name: String,
    pub image: String,
    /// Known once it is pulled.
    pub digest: Option<String>,
    pub runtime_id: String,
    pub port: Option<u16>,
    pub stop_timeout: f64,
    pub check: Option<Check>,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
}

/// What the scheduler has taken note of in a task, so that it does so once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noted {
    /// It has counted as healthy at some time.
    pub healthy: bool,
    /// Its health checks failed.
    pub unhealthy: bool,
    /// It has ended, or is ending.
    pub end: bool,
}

/// The end that a container is on its way to, by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fate {
    pub at: Timestamp,
    /// Since when it has been on its way.
    pub since: Timestamp,
    /// Its number among the task's.
    pub container: usize,
}

/// A task that a service started.
#[derive(Debug, Clone)]
pub struct Task {
    /// 32 hexadecimal digits.
    pub id: String,
    /// `ecs-svc/N` of the deployment that started it, and the ARN of the revision it runs.
    pub deployment: String,
    pub revision: String,
    /// ARN of its task definition.
    pub definition: String,
    pub cpu: String,
    pub memory: String,
    pub capacity_provider: Option<String>,
    pub execute_command: bool,
    pub address: Address,
    pub containers: Vec<Container>,
    pub phase: Phase,
    /// When the phase ends, or something happens within it.
    pub due: Timestamp,
    pub times: Times,
    pub stop: Option<Stop>,
    pub target: TargetHealth,
    /// Seconds from RUNNING until it answers health checks.
    pub boot_seconds: f64,
    pub noted: Noted,
    /// How a running container will exit by itself.
    pub fate: Option<Fate>,
    pub version: u32,
}

impl Task {
    /// `desiredStatus` is RUNNING: pending or running, and nobody wants it stopped.
    pub fn alive(&self) -> bool {
        self.stop.is_none()
    }

    /// RUNNING, be it with notice.
    pub fn running(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Noticed)
    }

    /// Between its creation and RUNNING.
    pub fn pending(&self) -> bool {
        self.alive() && matches!(self.phase, Phase::Provisioning | Phase::Pending | Phase::Activating)
    }

    pub fn stopped(&self) -> bool {
        self.phase == Phase::Stopped
    }

    /// Moves to `phase`, which ends at `due`.
    pub fn enter(&mut self, phase: Phase, due: Timestamp) {
        self.phase = phase;
        self.due = due;
        self.version += 1;
    }

    /// The container health checks together: `None` without any, or while one is not known.
    pub fn container_health(&self) -> Option<bool> {
        let checks: Vec<_> = self.containers.iter().filter_map(|container| container.check.as_ref()).collect();
        if checks.iter().any(|check| check.healthy == Some(false)) {
            return Some(false);
        }
        (!checks.is_empty() && checks.iter().all(|check| check.healthy == Some(true))).then_some(true)
    }

    /// `healthStatus`.
    pub fn health_status(&self) -> &'static str {
        match self.container_health() {
            Some(true) => "HEALTHY",
            Some(false) => "UNHEALTHY",
            None => "UNKNOWN",
        }
    }

    pub fn has_check(&self) -> bool {
        self.containers.iter().any(|container| container.check.is_some())
    }

    /// Running, and passing the checks that it has (`targeted`: its target group's among them).
    pub fn serving(&self, targeted: bool) -> bool {
        let target = !targeted || self.target == TargetHealth::Healthy;
        self.running() && target && (!self.has_check() || self.container_health() == Some(true))
    }

    /// Whether its containers have finished booting.
    pub fn booted(&self, now: Timestamp) -> bool {
        let boot = SignedDuration::from_millis((self.boot_seconds * 1000.0) as i64);
        self.running() && self.times.started.is_some_and(|started| now >= started + boot)
    }

    /// Running, and not yet [`booted`](Self::booted).
    pub fn booting(&self, now: Timestamp) -> bool {
        self.times.started.is_some_and(|started| started <= now) && !self.booted(now)
    }

    /// When a running container exits by itself, as its image behaves; counted from `since`.
    pub fn foresee(&mut self, images: &Images, since: Timestamp) {
        self.fate = self
            .containers
            .iter()
            .enumerate()
            .filter_map(|(number, container)| {
                let seconds = match images.behaviour(container.digest.as_deref()?) {
                    Behaviour::Crash { after_seconds, .. } => after_seconds,
                    Behaviour::OutOfMemory { after_seconds } => after_seconds * self.appetite(),
                    _ => return None,
                };
                let after = SignedDuration::from_millis((seconds * 1000.0) as i64);
                let at = since.saturating_add(after).unwrap_or(Timestamp::MAX);
                Some(Fate { at, since, container: number })
            })
            .min();
    }

    /// How long its memory lasts compared to others': tasks that leak do not all die at the same moment.
    fn appetite(&self) -> f64 {
        let digit = self.id.chars().next().and_then(|it| it.to_digit(16)).unwrap_or(8);
        0.75 + 0.5 * f64::from(digit) / 15.0
    }

    /// What is due next while it runs.
    pub fn next_while_running(&self) -> Timestamp {
        let checks = self.containers.iter().filter_map(|container| container.check.as_ref()).map(|check| check.next);
        checks.chain(self.fate.map(|fate| fate.at)).min().unwrap_or(Timestamp::MAX)
    }
}
