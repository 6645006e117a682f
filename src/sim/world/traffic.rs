//! The requests that arrive at services: a daily wave with noise, shared by the tasks that serve.
//!
//! From requests per second and serving tasks follow CPU, memory, latency and errors of the minute.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Region, Tick, random::Random, wave::daily_wave};
use crate::sim::ecs::{Burden, Mute};

/// How often the load is worked out anew, in seconds.
const BEAT: u32 = 10;
/// How much of the noise of one beat is left in the next one, and its deviation around 1.
const NOISE_KEPT: f64 = 0.95;
const NOISE: f64 = 0.06;
/// The share of requests that clients get wrong: 4xx, sent by the target.
const CLIENT_FAULTS: f64 = 0.012;
/// Percent of a task's memory that a fully used CPU brings along.
const MEMORY_UNDER_LOAD: f64 = 12.0;

/// The traffic of one region's services, by service ARN.
#[derive(Debug, Default)]
pub struct State {
    pub workloads: BTreeMap<String, Workload>,
}

/// What arrives at one service, and what a request costs there.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Mean requests per second over the day.
    pub requests_per_second: f64,
    /// How far the daily wave swings around the mean, 0 to 1; it peaks at `peak_hour` UTC.
    pub swing: f64,
    pub peak_hour: f64,
    /// Percent of one task's CPU that one request per second takes.
    pub cpu_per_request: f64,
    /// Percent of CPU and memory that an idle task takes.
    pub idle_cpu: f64,
    pub idle_memory: f64,
    /// Median seconds to answer when not loaded, and the log-normal spread.
    pub latency: f64,
    pub spread: f64,
    /// Multipliers that scenarios set; 1 when calm.
    pub surge: f64,
    pub slowdown: f64,
    /// Share of requests that targets answer with 5xx; near 0 when calm.
    pub error_share: f64,
    /// Nobody calls.
    pub quiet: bool,
    pub load: Load,
    /// What has happened since the minute began, and in the minute before.
    pub running: Tally,
    pub minute: Tally,
    /// The slowly wandering share that noise adds or takes.
    pub noise: f64,
}

/// A service that nobody calls.
impl Default for Workload {
    fn default() -> Self {
        Self {
            requests_per_second: 0.0,
            swing: 0.4,
            peak_hour: 14.0,
            cpu_per_request: 1.0,
            idle_cpu: 3.0,
            idle_memory: 35.0,
            latency: 0.05,
            spread: 0.5,
            surge: 1.0,
            slowdown: 1.0,
            error_share: 0.0,
            quiet: false,
            load: Load::default(),
            running: Tally::default(),
            minute: Tally::default(),
            noise: 0.0,
        }
    }
}

/// What a service carries at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    pub requests_per_second: f64,
    /// Percent of what its tasks reserve.
    pub cpu: f64,
    pub memory: f64,
    /// Median seconds to answer.
    pub latency: f64,
}

/// What adds up over a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    pub requests: f64,
    /// Answered by targets, by class of status.
    pub answered_2xx: f64,
    pub answered_4xx: f64,
    pub answered_5xx: f64,
    /// Answered by the load balancer: no task runs (503), none listens yet (502), none can be reached (504).
    pub unserved: f64,
    pub refused: f64,
    pub timed_out: f64,
    /// Percent; means over the beats in which tasks ran.
    pub cpu: f64,
    pub memory: f64,
    /// Median seconds, the mean over the beats in which tasks ran.
    pub latency: f64,
    /// Tasks that ran and served, and the beats that the means are over.
    pub running: f64,
    pub serving: f64,
    beats: f64,
}

/// Recomputes each service's load from the time of day, the noise and the tasks that serve.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    if tick.every(BEAT.into()) {
        pass(region, tick, f64::from(BEAT));
    }
    if tick.every(60) {
        close_minute(&mut region.traffic);
    }
}

/// One whole minute in one go: for the history of a world that begins.
pub fn pass_minute(region: &mut Region, tick: &mut Tick<'_>) {
    pass(region, tick, 60.0);
    close_minute(&mut region.traffic);
}

/// What has arrived in the first seconds of a minute, up to now, as the beats in them would have had it: the rest comes
/// with those that follow.
pub fn pass_begun(region: &mut Region, tick: &mut Tick<'_>, seconds: i64) {
    let beats = seconds / i64::from(BEAT);
    if beats > 0 {
        pass(region, tick, (beats * i64::from(BEAT)) as f64);
    }
}

fn pass(region: &mut Region, tick: &mut Tick<'_>, seconds: f64) {
    for (service, workload) in &mut region.traffic.workloads {
        let ecs = &region.ecs;
        let (running, serving) = (ecs.running_tasks(service), ecs.serving_tasks(service));
        let tasks = Tasks { running, serving, mute: ecs.mute_tasks(service), burden: ecs.burden(service) };
        workload.pass(tasks, tick.now, seconds, tick.random);
    }
}

fn close_minute(state: &mut State) {
    for workload in state.workloads.values_mut() {
        workload.minute = std::mem::take(&mut workload.running);
    }
}

/// The tasks of a service that run, those of them that serve, those that answer nothing, and what their images make of
/// them.
#[derive(Debug, Clone, Copy)]
struct Tasks {
    running: usize,
    serving: usize,
    mute: Mute,
    burden: Burden,
}

impl Workload {
    fn pass(&mut self, tasks: Tasks, now: Timestamp, seconds: f64, random: &mut Random) {
        let fresh = NOISE * (1.0 - NOISE_KEPT * NOISE_KEPT).sqrt();
        self.noise = NOISE_KEPT * self.noise + fresh * random.normal();
        let called = if self.quiet { 0.0 } else { self.surge };
        let wave = daily_wave(now, self.swing, self.peak_hour);
        let rate = self.requests_per_second * wave * (1.0 + self.noise).max(0.1) * called;
        // With no healthy target the balancer fails open: the sick ones get the requests.
        let carriers = if tasks.serving > 0 { tasks.serving } else { tasks.running };
        self.load = self.loaded(rate, carriers).burdened(tasks.burden);
        let requests = whole(rate * seconds, random);
        let tally = &mut self.running;
        tally.requests += requests;
        if tasks.running == 0 {
            tally.unserved += requests;
            return;
        }
        if tasks.serving == 0 && tasks.mute.booting == tasks.running {
            tally.refused += requests;
            return;
        }
        // Until its checks have failed, a target that cannot be reached gets its part of the requests.
        let lost = (requests * tasks.mute.unreachable as f64 / tasks.running as f64).round();
        tally.timed_out += lost;
        let requests = requests - lost;
        let share = if tasks.serving == 0 { 1.0 } else { self.error_share.clamp(0.0, 1.0) };
        let failed = whole(requests * share, random).min(requests);
        let refused = whole((requests - failed) * CLIENT_FAULTS, random).min(requests - failed);
        tally.answered_5xx += failed;
        tally.answered_4xx += refused;
        tally.answered_2xx += requests - failed - refused;
        tally.note(&self.load, tasks);
    }

    /// CPU, memory and latency where `rate` requests per second are shared by that many tasks.
    pub fn loaded(&self, rate: f64, tasks: usize) -> Load {
        if tasks == 0 {
            return Load { requests_per_second: rate, ..Load::default() };
        }
        let wanted = self.idle_cpu + self.cpu_per_request * rate / tasks as f64;
        let cpu = wanted.min(100.0);
        let used = (wanted / 100.0).min(0.98);
        // Requests queue as the CPU fills up; beyond that they wait for others to be dropped.
        let queueing = 1.0 + 0.5 * used * used / (1.0 - used);
        let overload = (wanted / 100.0).max(1.0);
        Load {
            requests_per_second: rate,
            cpu,
            memory: (self.idle_memory + MEMORY_UNDER_LOAD * cpu / 100.0).min(100.0),
            latency: self.latency * self.slowdown * queueing * overload,
        }
    }
}

impl Load {
    fn burdened(self, burden: Burden) -> Self {
        let memory = self.memory + (100.0 - self.memory) * burden.leaked;
        Self { memory, latency: self.latency * burden.slowdown, ..self }
    }
}

impl Tally {
    /// Requests that reached a target.
    pub fn answered(&self) -> f64 {
        self.requests - self.unserved - self.refused - self.timed_out
    }

    fn note(&mut self, load: &Load, tasks: Tasks) {
        let mean = |old: &mut f64, new: f64| *old = (*old * self.beats + new) / (self.beats + 1.0);
        mean(&mut self.cpu, load.cpu);
        mean(&mut self.memory, load.memory);
        mean(&mut self.latency, load.latency);
        mean(&mut self.running, tasks.running as f64);
        mean(&mut self.serving, tasks.serving as f64);
        self.beats += 1.0;
    }
}

/// A whole number that is `expected` on average.
fn whole(expected: f64, random: &mut Random) -> f64 {
    let floor = expected.floor();
    floor + f64::from(u8::from(random.chance(expected - floor)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "counts and copied values are exact")]

    use super::*;

    fn minute(workload: &mut Workload, running: usize, serving: usize, at: &str) -> Tally {
        workload.running = Tally::default();
        let mut random = Random::new(1);
        for _ in 0..6 {
            let tasks = Tasks { running, serving, mute: Mute::default(), burden: Burden::NONE };
            workload.pass(tasks, at.parse().unwrap(), 10.0, &mut random);
        }
        workload.running
    }

    fn api() -> Workload {
        Workload { requests_per_second: 40.0, ..Workload::default() }
    }

    #[test]
    fn twice_the_tasks_halve_the_cpu_and_answer_faster() {
        let noon = "2026-01-02T12:00:00Z";
        let (two, four) = (minute(&mut api(), 2, 2, noon), minute(&mut api(), 4, 4, noon));
        assert!((two.cpu - 3.0) / (four.cpu - 3.0) > 1.9, "{} and {}", two.cpu, four.cpu);
        assert!(two.latency > four.latency);
        assert_eq!(two.requests, four.requests, "the same seed and time bring the same requests");
    }

    #[test]
    fn the_wave_peaks_at_its_hour() {
        let day = minute(&mut api(), 2, 2, "2026-01-02T14:00:00Z");
        let night = minute(&mut api(), 2, 2, "2026-01-02T02:00:00Z");
        assert!(day.requests > 2.0 * night.requests, "{} and {}", day.requests, night.requests);
    }

    #[test]
    fn every_request_is_answered_once_whoever_answers_it() {
        for (running, serving, error_share) in [(2, 2, 0.0), (2, 2, 0.3), (2, 0, 0.0), (0, 0, 0.0)] {
            let mut workload = Workload { error_share, ..api() };
            let tally = minute(&mut workload, running, serving, "2026-01-02T12:00:00Z");
            let answers = tally.answered_2xx + tally.answered_4xx + tally.answered_5xx + tally.unserved;
            assert_eq!(tally.requests, answers);
            match (running, serving) {
                (0, _) => assert_eq!(tally.unserved, tally.requests, "nobody runs: the balancer answers 503"),
                (_, 0) => assert_eq!(tally.answered_5xx, tally.requests, "fail open onto sick targets"),
                _ => assert!((tally.answered_5xx / tally.requests - error_share).abs() < 0.01),
            }
        }
    }

    #[test]
    fn a_surge_beyond_the_cpu_slows_everything_down() {
        let mut surged = Workload { surge: 10.0, ..api() };
        let tally = minute(&mut surged, 2, 2, "2026-01-02T12:00:00Z");
        assert_eq!(tally.cpu, 100.0);
        assert!(tally.latency > 10.0 * surged.latency);
    }
}
