//! A wire-level AWS in one process: real protocols in, real protocols out, a virtual world behind.
//!
//! ```text
//! request ─▶ wire (protocol, place, caller) ─▶ route ─▶ ecs | autoscaling | ec2 | elb | cloudwatch | … ─▶ world
//! response ◀─ wire (the caller's dialect)   ◀──────── Value or ApiError ◀────────────────────────────────┘
//! ```
//!
//! Invariant: nothing here imports the rest of the console (the checked TOML reader apart), so that what
//! the demo shows has gone through the real SDK clients and adapters.

pub mod autoscaling;
pub mod billing;
pub mod budgets;
pub mod cloudwatch;
pub mod costexplorer;
pub mod dynamodb;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod edge;
pub mod elasticache;
pub mod elb;
pub mod estates;
pub mod iam;
pub mod listener;
pub mod logs;
pub mod pace;
pub mod rds;
pub mod route;
pub mod scaling;
pub mod scenario;
pub mod sts;
#[cfg(test)]
mod trials;
pub mod wire;
pub mod world;

use std::{sync::Mutex, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use self::{pace::Pace, world::World};

/// One simulated AWS, shared by every client of the process.
#[derive(Debug)]
pub struct Sim {
    world: Mutex<World>,
    pace: Pace,
}

impl Sim {
    /// A simulator over `world` whose time passes as `pace` says.
    pub fn new(world: World, pace: Pace) -> Self {
        Self { world: Mutex::new(world), pace }
    }

    /// Answers one AWS request, after the world has caught up with its pace.
    pub fn handle(&self, request: &http::Request<Bytes>) -> http::Response<Bytes> {
        let mut world = self.lock();
        if let Some(now) = self.pace.now() {
            world.advance_to(now);
        }
        route::answer(&mut world, request)
    }

    /// Lets `by` of virtual time pass; what a test steps.
    pub fn advance(&self, by: Duration) {
        let mut world = self.lock();
        let to = world.now.saturating_add(by).unwrap_or(Timestamp::MAX);
        world.advance_to(to);
    }

    /// Begins a shipped scenario now.
    pub fn begin(&self, scenario: &str) -> Result<(), scenario::UnknownScenario> {
        let mut world = self.lock();
        if let Some(now) = self.pace.now() {
            world.advance_to(now);
        }
        scenario::start(&mut world, scenario)
    }

    /// The virtual time: what the pace says, or where a test has stepped to.
    pub fn now(&self) -> Timestamp {
        self.pace.now().unwrap_or_else(|| self.lock().now)
    }

    /// Virtual seconds per real second.
    pub fn speed(&self) -> f64 {
        self.pace.speed()
    }

    /// Whether only a test moves the time.
    pub fn is_stepped(&self) -> bool {
        self.pace.now().is_none()
    }

    /// Looks at, or reaches into, the world: for scenarios, the simulator's own control calls and tests.
    pub fn with_world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
