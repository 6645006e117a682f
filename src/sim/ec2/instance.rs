//! An instance from launch to termination.
//!
//! Invariant: a phase is only ever followed by a later one, and a terminated instance has no address any more.

use jiff::Timestamp;

use super::{super::world::Tick, Subnet, spot::SpotRequest};

/// Seconds that booting, first status checks and shutting down take, at least and at most.
const BOOT: (f64, f64) = (12.0, 25.0);
const CHECKS: (f64, f64) = (90.0, 150.0);
const SHUT_DOWN: (f64, f64) = (25.0, 50.0);

/// What to start.
#[derive(Debug, Clone)]
pub struct Launch {
    pub instance_type: String,
    pub image_id: String,
    pub subnet: Subnet,
    /// Their ids.
    pub security_groups: Vec<String>,
    pub template_id: String,
    pub template_version: u32,
    pub tags: Vec<(String, String)>,
    /// On Spot capacity.
    pub spot: bool,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Pending {
        until: Timestamp,
    },
    /// Running; status checks are initializing until `checked`.
    Running {
        checked: Timestamp,
    },
    ShuttingDown {
        until: Timestamp,
    },
    Terminated {
        at: Timestamp,
    },
}

impl Phase {
    /// Code and name of `InstanceState`.
    pub fn wire(self) -> (i64, &'static str) {
        match self {
            Self::Pending { .. } => (0, "pending"),
            Self::Running { .. } => (16, "running"),
            Self::ShuttingDown { .. } => (32, "shutting-down"),
            Self::Terminated { .. } => (48, "terminated"),
        }
    }
}

/// A virtual machine.
#[derive(Debug, Clone)]
pub struct Instance {
    pub id: String,
    pub reservation: String,
    pub launch: Launch,
    pub launched: Timestamp,
    pub private_ip: String,
    pub phase: Phase,
    /// Since when the system status check fails.
    pub impaired: Option<Timestamp>,
    /// The request that it fulfils, where it runs on Spot capacity.
    pub spot: Option<SpotRequest>,
    /// Why it went: the code, and the text of the transition.
    pub reason: Option<(String, String)>,
}

impl Instance {
    /// A pending instance with this address of its subnet.
    pub fn launch(launch: Launch, private_ip: String, tick: &mut Tick<'_>) -> Self {
        Self {
            id: format!("i-0{}", tick.random.hex(16)),
            reservation: format!("r-0{}", tick.random.hex(16)),
            private_ip,
            spot: launch.spot.then(|| SpotRequest::new(tick)),
            launch,
            launched: tick.now,
            phase: Phase::Pending { until: after(BOOT, tick) },
            impaired: None,
            reason: None,
        }
    }

    /// Goes on to the next phase when its time has come; true where that ends it.
    pub fn step(&mut self, tick: &mut Tick<'_>) -> bool {
        match self.phase {
            Phase::Pending { until } if until <= tick.now => {
                self.phase = Phase::Running { checked: after(CHECKS, tick) };
            }
            Phase::ShuttingDown { until } if until <= tick.now => {
                self.phase = Phase::Terminated { at: tick.now };
                return true;
            }
            _ => {}
        }
        false
    }

    /// Starts shutting down with the reason's code and text; false where it is already going.
    pub fn shut_down(&mut self, code: &str, text: &str, tick: &mut Tick<'_>) -> bool {
        if !self.alive() {
            return false;
        }
        self.phase = Phase::ShuttingDown { until: after(SHUT_DOWN, tick) };
        self.reason = Some((code.to_owned(), text.to_owned()));
        true
    }

    /// Pending or running.
    pub fn alive(&self) -> bool {
        matches!(self.phase, Phase::Pending { .. } | Phase::Running { .. })
    }

    pub fn running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.launch.tags.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// vCPUs of an instance type, as the limits of EC2 count them.
pub fn vcpus(instance_type: &str) -> u32 {
    let size = instance_type.rsplit('.').next().unwrap_or_default();
    match size.strip_suffix("xlarge") {
        Some("") => 4,
        Some(times) => 4 * times.parse::<u32>().unwrap_or(1),
        None => 2,
    }
}

/// A moment that lies between `low` and `high` seconds ahead.
fn after((low, high): (f64, f64), tick: &mut Tick<'_>) -> Timestamp {
    let seconds = tick.random.between(low, high);
    tick.after(seconds)
}
