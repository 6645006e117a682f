//! What Fargate charges for.

use super::{
    State,
    task::{Phase, Task},
};

/// A task as it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Billed {
    /// 1024 are one vCPU.
    pub cpu_units: u32,
    pub mebibytes: u32,
    /// On FARGATE_SPOT.
    pub spot: bool,
}

impl State {
    /// The tasks of a cluster that are paid for at the moment: from the pull of their images until their containers have
    /// ended.
    pub fn billed_tasks(&self, cluster: &str) -> impl Iterator<Item = Billed> {
        let services = self.services.values().filter(move |service| service.cluster == cluster);
        services.flat_map(|service| &service.tasks).filter(|task| is_paid_for(task)).map(|task| Billed {
            cpu_units: task.cpu.parse().unwrap_or_default(),
            mebibytes: task.memory.parse().unwrap_or_default(),
            spot: task.capacity_provider.as_deref() == Some("FARGATE_SPOT"),
        })
    }

    /// The ARNs of a cluster's services, and whether each stands behind a load balancer.
    pub fn services_of(&self, cluster: &str) -> impl Iterator<Item = (&str, bool)> {
        let services = self.services.values().filter(move |service| service.cluster == cluster);
        services.map(|service| (service.arn.as_str(), service.binding.is_some()))
    }
}

fn is_paid_for(task: &Task) -> bool {
    !matches!(task.phase, Phase::Provisioning | Phase::Deprovisioning | Phase::Stopped)
}
