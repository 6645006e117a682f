//! The time series: one-minute samples of the last day, five-minute ones for the days before.
//!
//! Invariant: points are sorted by time, one per minute; the store never grows beyond its retention.

use std::collections::{BTreeMap, VecDeque};

use super::{MetricKey, Sample};

/// Seconds covered by one point of the fine and of the coarse tier.
const MINUTE: i64 = 60;
const COARSE: i64 = 300;
/// Points kept: a day of minutes, then three days of five minutes.
const FINE_POINTS: usize = 24 * 60;
const COARSE_POINTS: usize = 3 * 24 * 12;
/// How long a point that has just appeared is still incomplete, in seconds.
const REVISED_FOR: i64 = 60;
/// The share of a fresh point's samples that has arrived.
const ARRIVED: f64 = 0.6;

/// A series' number, for whoever records it every minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesId(usize);

/// Every metric of one region.
#[derive(Debug, Default)]
pub struct Store {
    ids: BTreeMap<MetricKey, SeriesId>,
    series: Vec<Series>,
}

impl Store {
    /// The number of the series of `key`, which is created if need be.
    pub fn id(&mut self, key: &MetricKey) -> SeriesId {
        if let Some(id) = self.ids.get(key) {
            return *id;
        }
        let id = SeriesId(self.series.len());
        self.series.push(Series::new(key));
        self.ids.insert(key.clone(), id);
        id
    }

    /// Adds what was measured at `second` (since the epoch) to that minute.
    pub fn add(&mut self, id: SeriesId, second: i64, sample: Sample) {
        if let Some(series) = self.series.get_mut(id.0) {
            series.add(second, sample);
        }
    }

    pub fn find(&self, key: &MetricKey) -> Option<&Series> {
        self.series.get(self.ids.get(key)?.0)
    }

    /// Every metric that has data, in order of its key.
    pub fn iter(&self) -> impl Iterator<Item = (&MetricKey, &Series)> {
        let with_series = |(key, id): (_, &SeriesId)| Some((key, self.series.get(id.0)?));
        self.ids.iter().filter_map(with_series).filter(|(_, series)| series.newest().is_some())
    }
}

/// One metric's samples.
#[derive(Debug)]
pub struct Series {
    arrival: Arrival,
    minutes: VecDeque<Point>,
    coarse: VecDeque<Point>,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    /// Start of what it covers, in seconds since the epoch.
    at: i64,
    sample: Sample,
}

/// When a metric's points can be read (CloudWatch: AWS's own metrics appear one to three minutes late).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Custom metrics: as soon as they are put.
    AtOnce,
    /// AWS metrics: this many seconds after their minute has ended, incomplete at first.
    Late(i64),
}

impl Arrival {
    /// The same for every point of a metric, different between metrics.
    pub fn of(key: &MetricKey) -> Self {
        if !key.namespace.starts_with("AWS/") && key.namespace != "ECS/ContainerInsights" {
            return Self::AtOnce;
        }
        let texts = key.dimensions.iter().map(|(_, value)| value.as_str()).chain([key.name.as_str()]);
        let hash = texts.flat_map(str::bytes).fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        Self::Late(30 + 30 * i64::from(hash % 4))
    }

    /// Whether the minute that starts at `at` can be read at `now`.
    fn visible(self, at: i64, now: i64) -> bool {
        match self {
            Self::AtOnce => at <= now,
            Self::Late(seconds) => at + MINUTE + seconds <= now,
        }
    }

    /// The end of the newest minute that is complete at `now`: what alarms look at.
    pub fn settled_until(self, now: i64) -> i64 {
        let end = match self {
            Self::AtOnce => now,
            Self::Late(seconds) => now - seconds - REVISED_FOR,
        };
        end - end.rem_euclid(MINUTE)
    }

    fn complete(self, at: i64, now: i64) -> bool {
        at + MINUTE <= self.settled_until(now)
    }
}

impl Series {
    fn new(key: &MetricKey) -> Self {
        Self { arrival: Arrival::of(key), minutes: VecDeque::new(), coarse: VecDeque::new() }
    }

    fn add(&mut self, second: i64, sample: Sample) {
        insert(&mut self.minutes, second - second.rem_euclid(MINUTE), sample);
        while self.minutes.len() > FINE_POINTS {
            let Some(oldest) = self.minutes.pop_front() else { break };
            insert(&mut self.coarse, oldest.at - oldest.at.rem_euclid(COARSE), oldest.sample);
        }
        while self.coarse.len() > COARSE_POINTS {
            self.coarse.pop_front();
        }
    }

    /// The start of the newest point, in seconds since the epoch.
    pub fn newest(&self) -> Option<i64> {
        self.minutes.back().map(|point| point.at)
    }

    /// What can be read at `now` of `start..end`, summed up over buckets of `period` seconds counted from
    /// `start`: pairs of the bucket's start and its sample, oldest first, empty buckets left out.
    ///
    /// Asked for a period finer than what is kept of a time, there is nothing, as in CloudWatch.
    pub fn buckets(&self, start: i64, end: i64, period: i64, now: i64) -> Vec<(i64, Sample)> {
        let mut buckets: Vec<(i64, Sample)> = Vec::new();
        let coarse = if period < COARSE { None } else { Some(&self.coarse) };
        for points in coarse.into_iter().chain([&self.minutes]) {
            let from = points.partition_point(|point| point.at < start);
            for point in points.range(from..).take_while(|point| point.at < end) {
                if !self.arrival.visible(point.at, now) {
                    continue;
                }
                let complete = self.arrival.complete(point.at, now) || self.arrival == Arrival::AtOnce;
                let sample = if complete { point.sample } else { point.sample.share(ARRIVED) };
                let bucket = point.at - (point.at - start).rem_euclid(period);
                match buckets.last_mut().filter(|(at, _)| *at == bucket) {
                    Some((_, sum)) => *sum = sum.plus(&sample),
                    None => buckets.push((bucket, sample)),
                }
            }
        }
        buckets
    }
}

/// Adds `sample` to the point at `at`; points nearly always come in order.
fn insert(points: &mut VecDeque<Point>, at: i64, sample: Sample) {
    let position = match points.back() {
        Some(last) if last.at >= at => points.partition_point(|point| point.at < at),
        _ => points.len(),
    };
    match points.get_mut(position).filter(|point| point.at == at) {
        Some(point) => point.sample = point.sample.plus(&sample),
        None => points.insert(position, Point { at, sample }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_with(namespace: &str, samples: &[(i64, f64)]) -> (Store, MetricKey) {
        let key = MetricKey::new(namespace, "Metric", &[("Name", "one")]);
        let mut store = Store::default();
        let id = store.id(&key);
        for (second, value) in samples {
            store.add(id, *second, Sample::one(*value));
        }
        (store, key)
    }

    #[test]
    fn samples_of_a_minute_add_up_and_late_ones_find_their_place() {
        let (store, key) = store_with("Custom", &[(0, 1.0), (120, 5.0), (59, 3.0), (60, 9.0)]);
        let buckets = store.find(&key).unwrap().buckets(0, 180, 60, 600);
        let sums: Vec<_> = buckets.iter().map(|(at, sample)| (*at, sample.count, sample.sum)).collect();
        assert_eq!(sums, [(0, 2.0, 4.0), (60, 1.0, 9.0), (120, 1.0, 5.0)]);
    }

    #[test]
    fn the_start_counts_and_the_end_does_not() {
        let (store, key) = store_with("Custom", &[(0, 1.0), (60, 2.0), (120, 3.0)]);
        let series = store.find(&key).unwrap();
        let starts = |start, end, period| -> Vec<i64> {
            series.buckets(start, end, period, 600).iter().map(|(at, _)| *at).collect()
        };
        assert_eq!(starts(60, 120, 60), [60]);
        assert_eq!(starts(0, 180, 120), [0, 120]);
        assert_eq!(starts(60, 240, 120), [60], "buckets are counted from the start that was asked for");
    }

    #[test]
    fn aws_metrics_come_late_and_incomplete_custom_ones_at_once() {
        let (store, key) = store_with("AWS/ECS", &[]);
        let Arrival::Late(late) = Arrival::of(&key) else { panic!("AWS metrics are late") };
        assert!((30..=120).contains(&late));
        let mut store = store;
        let id = store.id(&key);
        store.add(id, 0, Sample { count: 10.0, sum: 100.0, min: 10.0, max: 10.0, spread: None });
        let series = store.find(&key).unwrap();
        assert!(series.buckets(0, 60, 60, 59 + late).is_empty());
        let [(_, fresh)] = series.buckets(0, 60, 60, 60 + late)[..] else { panic!("one bucket") };
        assert_eq!((fresh.count, fresh.sum), (6.0, 60.0));
        let [(_, whole)] = series.buckets(0, 60, 60, 180 + late)[..] else { panic!("one bucket") };
        assert_eq!((whole.count, whole.sum), (10.0, 100.0));

        let (store, key) = store_with("Custom", &[(0, 1.0)]);
        assert_eq!(store.find(&key).unwrap().buckets(0, 60, 60, 0).len(), 1);
    }

    #[test]
    fn older_than_a_day_only_the_coarse_periods_have_data() {
        let minutes: Vec<_> = (0..26 * 60).map(|minute| (minute * 60, 1.0)).collect();
        let (store, key) = store_with("Custom", &minutes);
        let series = store.find(&key).unwrap();
        let now = 26 * 3600;
        assert!(series.buckets(0, 3600, 60, now).is_empty());
        let sums: Vec<_> = series.buckets(0, 3600, 300, now).iter().map(|(_, sample)| sample.sum).collect();
        assert_eq!(sums, [5.0; 12]);
        assert_eq!(series.buckets(0, now, 3600, now).len(), 26);
    }
}
