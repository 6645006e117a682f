//! One target and its health.

use jiff::Timestamp;

use super::Probe;

/// Consecutive checks that turn a target around.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    pub healthy: u32,
    pub unhealthy: u32,
}

/// Where a target stands with its balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Registered, not yet checked.
    Registering,
    /// Checked, and neither passed once nor failed often enough.
    Checking,
    Healthy,
    /// The last failure seen.
    Unhealthy(Probe),
    Draining,
}

/// An address or instance of a target group.
#[derive(Debug)]
pub struct Target {
    pub id: String,
    pub port: u16,
    /// The zone's name, as `us-east-1a`.
    pub zone: String,
    by_address: bool,
    pub health: Health,
    /// Consecutive checks that contradict the present state.
    contrary: u32,
    /// A check is under way that has not been answered.
    pub hanging: bool,
    /// The next check; while draining, the end of the drain.
    pub due: Timestamp,
}

/// A target's health as the API words it.
#[derive(Debug, PartialEq, Eq)]
pub struct WireHealth {
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub description: Option<String>,
}

impl Target {
    pub fn new(id: &str, port: u16, zone: &str, by_address: bool, first_check: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            port,
            zone: zone.to_owned(),
            by_address,
            health: Health::Registering,
            contrary: 0,
            hanging: false,
            due: first_check,
        }
    }

    /// The address; `None` where the target is an instance.
    pub fn ip(&self) -> Option<&str> {
        self.by_address.then_some(self.id.as_str())
    }

    pub fn draining(&self) -> bool {
        self.health == Health::Draining
    }

    /// Takes in one check; true where the state on the wire changed. A new target needs one success only.
    pub fn observe(&mut self, probe: Probe, thresholds: Thresholds) -> bool {
        let before = self.health;
        self.health = match (before, probe) {
            (Health::Draining, _) => Health::Draining,
            (Health::Registering | Health::Checking, Probe::Success) => Health::Healthy,
            (Health::Healthy, Probe::Success) => {
                self.contrary = 0;
                Health::Healthy
            }
            (Health::Unhealthy(last), Probe::Success) => {
                self.turn(thresholds.healthy).map_or(Health::Unhealthy(last), |()| Health::Healthy)
            }
            (Health::Unhealthy(_), failure) => {
                self.contrary = 0;
                Health::Unhealthy(failure)
            }
            (Health::Healthy, failure) => {
                self.turn(thresholds.unhealthy).map_or(Health::Healthy, |()| Health::Unhealthy(failure))
            }
            (Health::Registering | Health::Checking, failure) => {
                self.turn(thresholds.unhealthy).map_or(Health::Checking, |()| Health::Unhealthy(failure))
            }
        };
        if before != self.health && !matches!((before, self.health), (Health::Registering, Health::Checking)) {
            self.contrary = 0;
        }
        before != self.health
    }

    /// Counts a check against the present state; `Some` when the threshold is reached.
    fn turn(&mut self, threshold: u32) -> Option<()> {
        self.contrary += 1;
        (self.contrary >= threshold).then_some(())
    }

    /// The state, reason code and description (reference §4.1); `used` where a balancer routes to the group.
    pub fn wire(&self, used: bool) -> WireHealth {
        let health = |state, reason, description: &str| WireHealth {
            state,
            reason: Some(reason),
            description: Some(description.to_owned()),
        };
        match self.health {
            Health::Draining => {
                health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
            }
            _ if !used => health(
                "unused",
                "Target.NotInUse",
                "Target group is not configured to receive traffic from the load balancer",
            ),
            Health::Registering => {
                health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
            }
            Health::Checking => health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress"),
            Health::Healthy => WireHealth { state: "healthy", reason: None, description: None },
            Health::Unhealthy(Probe::Status(code)) => health(
                "unhealthy",
                "Target.ResponseCodeMismatch",
                &format!("Health checks failed with these codes: [{code}]"),
            ),
            Health::Unhealthy(Probe::Timeout) => health("unhealthy", "Target.Timeout", "Request timed out"),
            Health::Unhealthy(Probe::Refused | Probe::Success) => {
                health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { healthy: 5, unhealthy: 2 };

    fn target() -> Target {
        Target::new("10.0.10.4", 80, "us-east-1a", true, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_new_target_is_healthy_after_one_success() {
        let mut target = target();
        assert_eq!(target.wire(true).reason, Some("Elb.RegistrationInProgress"));
        assert!(target.observe(Probe::Refused, THRESHOLDS));
        assert_eq!(target.wire(true).reason, Some("Elb.InitialHealthChecking"));
        assert!(target.observe(Probe::Success, THRESHOLDS));
        assert_eq!(target.wire(true), WireHealth { state: "healthy", reason: None, description: None });
    }

    #[test]
    fn a_healthy_target_fails_at_the_threshold_and_recovers_at_the_other() {
        let mut target = target();
        target.observe(Probe::Success, THRESHOLDS);
        assert!(!target.observe(Probe::Status(503), THRESHOLDS));
        assert!(target.observe(Probe::Status(503), THRESHOLDS));
        let health = target.wire(true);
        assert_eq!((health.state, health.reason), ("unhealthy", Some("Target.ResponseCodeMismatch")));
        assert_eq!(health.description.as_deref(), Some("Health checks failed with these codes: [503]"));
        for _ in 0..4 {
            assert!(!target.observe(Probe::Success, THRESHOLDS));
        }
        assert!(target.observe(Probe::Success, THRESHOLDS));
        assert_eq!(target.health, Health::Healthy);
    }

    #[test]
    fn one_failure_between_successes_changes_nothing() {
        let mut target = target();
        target.observe(Probe::Success, THRESHOLDS);
        for probe in [Probe::Timeout, Probe::Success, Probe::Timeout, Probe::Success] {
            assert!(!target.observe(probe, THRESHOLDS));
        }
        assert_eq!(target.health, Health::Healthy);
    }

    #[test]
    fn a_group_that_no_listener_uses_leaves_targets_unused() {
        assert_eq!(target().wire(false).reason, Some("Target.NotInUse"));
    }
}
