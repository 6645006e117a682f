//! A target group: its health check, its attributes and its targets.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::world::Tick,
    Probe,
    target::{Health, Target, Thresholds},
};

/// Seconds that a registration takes before the first check can come.
const REGISTRATION: f64 = 4.0;

/// A target group of an application load balancer.
#[derive(Debug)]
pub struct Group {
    pub arn: String,
    pub name: String,
    pub port: u16,
    /// `ip` or `instance`.
    pub target_type: &'static str,
    pub vpc: String,
    pub path: String,
    /// Seconds between checks and until one times out.
    pub interval: u32,
    pub timeout: u32,
    pub thresholds: Thresholds,
    /// Seconds.
    pub deregistration_delay: u32,
    /// `lb_cookie` stickiness in seconds.
    pub stickiness: Option<u32>,
    /// The balancer whose listeners forward here; `None` leaves every target `unused`.
    pub balancer: Option<String>,
    pub targets: Vec<Target>,
    /// What every check sees, where a scenario says so.
    pub forced: Option<Probe>,
    pub tags: Vec<(String, String)>,
}

impl Group {
    pub fn find(&self, id: &str, port: u16) -> Option<&Target> {
        self.targets.iter().find(|target| target.id == id && target.port == port)
    }

    /// Healthy targets, and unhealthy ones.
    pub fn host_counts(&self) -> (usize, usize) {
        let count = |wanted: fn(&Health) -> bool| self.targets.iter().filter(|target| wanted(&target.health)).count();
        (count(|health| *health == Health::Healthy), count(|health| matches!(health, Health::Unhealthy(_))))
    }

    /// Adds a target, or takes back one that drains. Checks of different targets do not fall together.
    pub fn register(&mut self, id: &str, port: u16, zone: &str, tick: &mut Tick<'_>) {
        self.targets.retain(|target| target.id != id || target.port != port);
        let first = REGISTRATION + tick.random.between(0.0, f64::from(self.interval));
        self.targets.push(Target::new(id, port, zone, self.target_type == "ip", tick.after(first)));
    }

    pub fn deregister(&mut self, id: &str, port: u16, tick: &Tick<'_>) {
        let until = tick.after(self.deregistration_delay.into());
        let found = self.targets.iter_mut().find(|target| target.id == id && target.port == port);
        if let Some(target) = found.filter(|target| !target.draining()) {
            target.health = Health::Draining;
            target.due = until;
        }
    }

    /// Does what is due by `now`; returns how many targets changed their state or went away.
    pub fn step(&mut self, now: Timestamp, see: impl Fn(&Target, Option<Probe>) -> Probe) -> u64 {
        let mut changes = 0;
        let seconds = |count: u32| SignedDuration::from_secs(i64::from(count.max(1)));
        for target in self.targets.iter_mut().filter(|target| target.due <= now && !target.draining()) {
            let hung = std::mem::take(&mut target.hanging);
            let probe = if hung { Probe::Timeout } else { see(target, self.forced) };
            if probe == Probe::Timeout && !hung {
                // The verdict comes when the time is up.
                (target.hanging, target.due) = (true, now + seconds(self.timeout));
                continue;
            }
            let began = if hung { now - seconds(self.timeout) } else { now };
            target.due = began + seconds(self.interval);
            changes += u64::from(target.observe(probe, self.thresholds));
        }
        let before = self.targets.len();
        self.targets.retain(|target| !target.draining() || target.due > now);
        changes + (before - self.targets.len()) as u64
    }

    /// When the next check or the end of a drain comes.
    pub fn due(&self) -> Timestamp {
        self.targets.iter().map(|target| target.due).min().unwrap_or(Timestamp::MAX)
    }

    pub fn settle(&mut self) {
        for target in self.targets.iter_mut().filter(|target| !target.draining()) {
            target.health = Health::Healthy;
        }
    }
}
