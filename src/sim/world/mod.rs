//! The simulated world: every account and region, moved by [`World::advance_to`].
//!
//! Invariant: the world has no clock and no randomness of its own. The same seed and the same calls
//! at the same virtual times give the same world.

mod place;
pub mod random;
pub mod sessions;
pub mod sleep;
pub mod traffic;
mod users;
pub mod wave;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use self::place::Place;
use self::random::Random;
use super::{
    autoscaling, billing, cloudwatch, dynamodb, ec2, ecr, ecs, edge::Edge, elasticache, elb, logs, rds, scaling,
    scenario::Course,
};

/// The resolution of virtual time.
const STEP: SignedDuration = SignedDuration::from_secs(1);

/// Everything that exists, in every account and region.
#[derive(Debug)]
pub struct World {
    pub now: Timestamp,
    pub random: Random,
    pub regions: BTreeMap<Place, Region>,
    /// The scenarios under way and what of them is still to come.
    pub course: Course,
    /// What the services' common front end remembers.
    pub edge: Edge,
}

/// What one account holds in one region.
#[derive(Debug, Default)]
pub struct Region {
    pub ecs: ecs::State,
    pub ecr: ecr::State,
    pub ec2: ec2::State,
    pub autoscaling: autoscaling::State,
    pub elb: elb::State,
    pub cloudwatch: cloudwatch::State,
    pub scaling: scaling::State,
    pub dynamodb: dynamodb::State,
    pub elasticache: elasticache::State,
    pub rds: rds::State,
    pub logs: logs::State,
    /// What of all this has been paid for.
    pub billing: billing::State,
    /// The requests that arrive at this region's services.
    pub traffic: traffic::State,
    /// The mainframe sessions that this region's gateways hold.
    pub sessions: sessions::State,
    /// Services that sleep until they are called.
    pub asleep: sleep::State,
}

impl World {
    /// An empty world at `now`.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self {
            now,
            random: Random::new(seed),
            regions: BTreeMap::new(),
            course: Course::default(),
            edge: Edge::new(seed),
        }
    }

    /// The region at `place`; an account has every region, most of them empty.
    pub fn region(&mut self, place: &Place) -> &mut Region {
        self.regions.entry(place.clone()).or_default()
    }

    /// The region at `place` with the tick of this moment: for changes that happen between the steps.
    pub fn enter<'a>(&'a mut self, place: &'a Place) -> (&'a mut Region, Tick<'a>) {
        let region = self.regions.entry(place.clone()).or_default();
        (region, Tick { now: self.now, place, random: &mut self.random })
    }

    /// Lets time pass, step by step, until `to`.
    pub fn advance_to(&mut self, to: Timestamp) {
        while to.duration_since(self.now) >= STEP {
            self.now = self.now.saturating_add(STEP).unwrap_or(Timestamp::MAX);
            self.step();
        }
    }

    /// One step: causes first (scenario, load), then machines, then what watches and steers them.
    fn step(&mut self) {
        Course::step(self);
        for (place, region) in &mut self.regions {
            let tick = &mut Tick { now: self.now, place, random: &mut self.random };
            traffic::step(region, tick);
            sleep::step(region, tick);
            ec2::step(region, tick);
            autoscaling::step(region, tick);
            sessions::step(region, tick);
            ecr::step(region, tick);
            ecs::step(region, tick);
            elb::step(region, tick);
            cloudwatch::step(region, tick);
            scaling::step(region, tick);
            logs::step(region, tick);
            billing::step(region, tick);
        }
    }
}

/// What every part of a region is told when time moves.
#[derive(Debug)]
pub struct Tick<'a> {
    pub now: Timestamp,
    pub place: &'a Place,
    pub random: &'a mut Random,
}

impl Tick<'_> {
    /// The moment `seconds` from now.
    pub fn after(&self, seconds: f64) -> Timestamp {
        self.now.saturating_add(SignedDuration::from_millis((seconds * 1000.0) as i64)).unwrap_or(Timestamp::MAX)
    }

    /// Whether `now` is a multiple of `seconds` since the epoch: for work done on a beat.
    pub fn every(&self, seconds: i64) -> bool {
        self.now.as_second() % seconds == 0
    }
}
