//! What is measured on the minute: services, load balancers, target groups, caches and databases.
//!
//! A meter knows its series by number, so that a minute of the whole world costs little.

use super::{
    MetricKey, Sample,
    series::{SeriesId, Store},
};
use crate::sim::billing::{self, Holding};
use crate::sim::world::{
    Region, Tick,
    random::Random,
    traffic::{self, Tally, Workload},
};

/// One resource that publishes metrics every minute.
#[derive(Debug)]
pub enum Meter {
    Service(ServiceMeter),
    Balancer(BalancerMeter),
    Targets(TargetsMeter),
    Backing(BackingMeter),
    Gateways(GatewaysMeter),
}

/// AWS/ECS, and ECS/ContainerInsights where the cluster has it on.
#[derive(Debug)]
pub struct ServiceMeter {
    pub service_arn: String,
    pub cpu: SeriesId,
    pub memory: SeriesId,
    /// Running, desired and pending tasks.
    pub insights: Option<[SeriesId; 3]>,
}

/// What `AWS/ApplicationELB` counts of requests, for a balancer or for one of its target groups.
#[derive(Debug)]
pub struct RequestSeries {
    pub requests: SeriesId,
    pub latency: SeriesId,
    pub answered_2xx: SeriesId,
    pub answered_4xx: SeriesId,
    pub answered_5xx: SeriesId,
}

/// `AWS/ApplicationELB` by `LoadBalancer`.
#[derive(Debug)]
pub struct BalancerMeter {
    /// The services behind it.
    pub services: Vec<String>,
    pub series: RequestSeries,
    /// Answered by the balancer itself: all 5xx, and 502, 503 and 504 among them.
    pub own_5xx: SeriesId,
    pub own: [SeriesId; 3],
}

/// `AWS/ApplicationELB` by `TargetGroup` and `LoadBalancer`.
#[derive(Debug)]
pub struct TargetsMeter {
    pub group_arn: String,
    pub service_arn: String,
    pub series: RequestSeries,
    pub per_target: SeriesId,
    pub healthy: SeriesId,
    pub unhealthy: SeriesId,
}

/// A cache or database: gauges that follow the requests of the services that use it.
#[derive(Debug)]
pub struct BackingMeter {
    pub users: Vec<String>,
    pub gauges: Vec<(SeriesId, Gauge)>,
}

/// AWS/NATGateway of the gateways of a stack: they share what passes them.
#[derive(Debug)]
pub struct GatewaysMeter {
    pub holding: Holding,
    pub region: String,
    /// Of each gateway: bytes from the VPC and out, and bytes in and to the VPC.
    pub series: Vec<[SeriesId; 4]>,
}

/// Requests go out through a gateway, and what comes back is four times as much.
const OUT: f64 = 0.2;

/// One figure of a cache or database.
#[derive(Debug, Clone, Copy)]
pub enum Gauge {
    /// `idle` without users, `mean` under their mean traffic.
    FollowsTraffic { idle: f64, mean: f64 },
    /// So many per running task of the users, and a few of its own.
    PerTask { each: f64, own: f64 },
    /// Falls from `full` by so much a day, and is full again every thirty days.
    FallsDaily { full: f64, per_day: f64 },
    /// Keys that go because the memory, which follows traffic from `idle` to `mean` percent, is nearly full.
    Evicts { idle: f64, mean: f64 },
}

/// The percentage of memory above which keys are evicted, and how many a minute for each percent more.
const EVICTING: f64 = 90.0;
const EVICTED_PER_PERCENT: f64 = 240.0;

/// Collects the minute that ends now. Callers have let the traffic's minute close.
pub fn minute(region: &mut Region, tick: &mut Tick<'_>) {
    let second = tick.now.as_second() - 60;
    let meters = std::mem::take(&mut region.cloudwatch.meters);
    let mut store = std::mem::take(&mut region.cloudwatch.store);
    let minute = &mut Minute { region, store: &mut store, second, random: tick.random };
    for meter in &meters {
        match meter {
            Meter::Service(meter) => minute.service(meter),
            Meter::Balancer(meter) => minute.balancer(meter),
            Meter::Targets(meter) => minute.targets(meter),
            Meter::Backing(meter) => minute.backing(meter),
            Meter::Gateways(meter) => minute.gateways(meter),
        }
    }
    region.cloudwatch.store = store;
    region.cloudwatch.meters = meters;
}

struct Minute<'a> {
    region: &'a Region,
    store: &'a mut Store,
    second: i64,
    random: &'a mut Random,
}

impl Minute<'_> {
    fn add(&mut self, id: SeriesId, sample: Sample) {
        self.store.add(id, self.second, sample);
    }

    /// Publishes a count only where something was counted, as load balancers do.
    fn count(&mut self, id: SeriesId, count: f64) {
        if count > 0.0 {
            self.add(id, Sample::events(count));
        }
    }

    fn workload(&self, service: &str) -> Option<&Workload> {
        self.region.traffic.workloads.get(service)
    }

    /// One sample per task; nothing where no task has run.
    fn service(&mut self, meter: &ServiceMeter) {
        let ecs = &self.region.ecs;
        let (running, desired) = (ecs.running_tasks(&meter.service_arn), ecs.desired_count(&meter.service_arn));
        if let Some(series) = meter.insights {
            let desired = desired.unwrap_or_default() as usize;
            let counts = [running, desired, desired.saturating_sub(running)];
            for (id, count) in series.into_iter().zip(counts) {
                self.add(id, Sample::one(count as f64));
            }
        }
        let Some(tally) = self.workload(&meter.service_arn).map(|workload| workload.minute) else { return };
        if tally.running > 0.0 {
            let tasks = tally.running.ceil();
            for (id, percent) in [(meter.cpu, tally.cpu), (meter.memory, tally.memory)] {
                let apart = 0.06 * percent * self.random.unit();
                let (min, max) = ((percent - apart).max(0.0), (percent + apart).min(100.0));
                self.add(id, Sample { count: tasks, sum: percent * tasks, min, max, spread: None });
            }
        }
    }

    fn requests(&mut self, series: &RequestSeries, tally: &Tally, spread: f64) {
        self.count(series.requests, tally.answered());
        self.count(series.answered_2xx, tally.answered_2xx);
        self.count(series.answered_4xx, tally.answered_4xx);
        self.count(series.answered_5xx, tally.answered_5xx);
        let answered = tally.answered();
        if answered > 0.0 && tally.latency > 0.0 {
            self.add(series.latency, Sample::log_normal(answered, tally.latency, spread));
        }
    }

    fn balancer(&mut self, meter: &BalancerMeter) {
        let mut sum = Tally::default();
        let (mut weighted_latency, mut weighted_spread) = (0.0, 0.0);
        for workload in meter.services.iter().filter_map(|service| self.workload(service)) {
            let tally = workload.minute;
            let answered = tally.answered();
            weighted_latency += tally.latency * answered;
            weighted_spread += workload.spread * answered;
            sum.requests += tally.requests;
            sum.unserved += tally.unserved;
            sum.refused += tally.refused;
            sum.timed_out += tally.timed_out;
            sum.answered_2xx += tally.answered_2xx;
            sum.answered_4xx += tally.answered_4xx;
            sum.answered_5xx += tally.answered_5xx;
        }
        let answered = sum.answered().max(1.0);
        sum.latency = weighted_latency / answered;
        self.requests(&meter.series, &sum, weighted_spread / answered);
        // Here the requests that no target got count too.
        let own = [sum.refused, sum.unserved, sum.timed_out];
        self.count(meter.series.requests, own.iter().sum());
        self.count(meter.own_5xx, own.iter().sum());
        for (series, count) in meter.own.into_iter().zip(own) {
            self.count(series, count);
        }
    }

    fn targets(&mut self, meter: &TargetsMeter) {
        let (healthy, unhealthy) = self.region.elb.host_counts(&meter.group_arn);
        self.add(meter.healthy, Sample::one(healthy as f64));
        self.add(meter.unhealthy, Sample::one(unhealthy as f64));
        let Some(workload) = self.workload(&meter.service_arn) else { return };
        let (tally, spread) = (workload.minute, workload.spread);
        self.requests(&meter.series, &tally, spread);
        let answered = tally.answered();
        let carriers = if tally.serving > 0.0 { tally.serving } else { tally.running };
        if answered > 0.0 && carriers > 0.0 {
            let each = answered / carriers;
            self.add(meter.per_target, Sample { count: answered, sum: each, min: 1.0, max: 1.0, spread: None });
        }
    }

    /// A gateway publishes nothing passed as a zero.
    fn gateways(&mut self, meter: &GatewaysMeter) {
        let passed = billing::through_gateways(self.region, &meter.holding, &meter.region, self.second) as f64;
        let each = passed / meter.series.len().max(1) as f64;
        for series in &meter.series {
            let ways = [OUT, OUT, 1.0 - OUT, 1.0 - OUT];
            for (id, part) in series.iter().zip(ways) {
                self.add(*id, Sample::one(each * part));
            }
        }
    }

    fn backing(&mut self, meter: &BackingMeter) {
        let (mut traffic, mut tasks) = (0.0, 0.0);
        for workload in meter.users.iter().filter_map(|service| self.workload(service)) {
            traffic += workload.minute.requests / (60.0 * workload.requests_per_second).max(1.0);
            tasks += workload.minute.running;
        }
        traffic /= meter.users.len().max(1) as f64;
        for (id, gauge) in &meter.gauges {
            if let Gauge::Evicts { .. } = gauge {
                // A count: zero is a value here, and nothing strays around it.
                self.add(*id, Sample::one(gauge.read(traffic, tasks, self.second)));
                continue;
            }
            let noise = 1.0 + 0.02 * self.random.normal();
            let value = gauge.read(traffic, tasks, self.second);
            let value = if gauge.is_noisy() { value * noise } else { value };
            self.add(*id, Sample::one(value.max(0.0)));
        }
    }
}

impl Gauge {
    fn read(self, traffic: f64, tasks: f64, second: i64) -> f64 {
        match self {
            Self::FollowsTraffic { idle, mean } => idle + (mean - idle) * traffic,
            Self::Evicts { idle, mean } => {
                let percent = idle + (mean - idle) * traffic;
                ((percent - EVICTING).max(0.0) * EVICTED_PER_PERCENT).round()
            }
            Self::PerTask { each, own } => (own + each * tasks).round(),
            Self::FallsDaily { full, per_day } => full - per_day * second.rem_euclid(30 * 86_400) as f64 / 86_400.0,
        }
    }

    fn is_noisy(self) -> bool {
        matches!(self, Self::FollowsTraffic { .. })
    }
}

impl RequestSeries {
    pub fn new(store: &mut Store, dimensions: &[(&str, &str)]) -> Self {
        let mut id = |name| store.id(&MetricKey::new("AWS/ApplicationELB", name, dimensions));
        Self {
            requests: id("RequestCount"),
            latency: id("TargetResponseTime"),
            answered_2xx: id("HTTPCode_Target_2XX_Count"),
            answered_4xx: id("HTTPCode_Target_4XX_Count"),
            answered_5xx: id("HTTPCode_Target_5XX_Count"),
        }
    }
}

/// The metrics of the past: every minute of `minutes` before now, with the tasks that run now; and what has arrived of the
/// minute that is under way.
pub fn past(region: &mut Region, tick: &mut Tick<'_>, minutes: i64) {
    let now = tick.now.as_second();
    let this_minute = now - now.rem_euclid(60);
    for ago in (0..minutes).rev() {
        let Ok(at) = jiff::Timestamp::from_second(this_minute - 60 * ago) else { continue };
        let tick = &mut Tick { now: at, place: tick.place, random: tick.random };
        traffic::pass_minute(region, tick);
        minute(region, tick);
    }
    traffic::pass_begun(region, tick, now - this_minute);
}
