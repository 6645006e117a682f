//! ECS tasks (ListTasks, DescribeTasks).

use jiff::Timestamp;

use super::{id::Arn, text::SafeText};

/// A task as DescribeTasks gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub arn: Arn,
    pub cluster: Arn,
    /// Name of the service whose group the task is in; `None` for standalone tasks.
    pub service: Option<SafeText>,
    pub task_definition: Arn,
    /// `lastStatus`: PROVISIONING … RUNNING … STOPPED.
    pub status: SafeText,
    /// RUNNING or STOPPED.
    pub desired_status: SafeText,
    /// HEALTHY, UNHEALTHY or UNKNOWN.
    pub health: SafeText,
    pub zone: SafeText,
    /// CPU units (1024 a vCPU) and MiB.
    pub cpu: u32,
    pub memory: u32,
    pub launch: SafeText,
    /// The deployment that started it, as `ecs-svc/…`.
    pub started_by: SafeText,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub stopped_at: Option<Timestamp>,
    pub stop_code: Option<SafeText>,
    pub stopped_reason: Option<SafeText>,
    pub containers: Vec<Container>,
    /// Private IPv4 address of its network interface.
    pub address: Option<SafeText>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    pub name: SafeText,
    pub image: SafeText,
    pub digest: Option<SafeText>,
    pub status: SafeText,
    pub health: SafeText,
    /// Absent while it runs or where it never started.
    pub exit_code: Option<i32>,
    pub reason: Option<SafeText>,
}

impl Task {
    pub fn is_running(&self) -> bool {
        self.status.as_str() == "RUNNING"
    }

    pub fn is_stopped(&self) -> bool {
        self.status.as_str() == "STOPPED"
    }
}
