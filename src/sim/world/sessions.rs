//! Mainframe sessions on gateways: they arrive, stay for minutes to hours, belong to one gateway and die with it.
//!
//! Invariant: every open session is held by one gateway that runs, and has one item in its fleet's table. The items of a
//! gateway that failed stay for a while: nobody was left to delete them.

mod hosts;

use std::{collections::BTreeMap, ops::Range};

use jiff::{SignedDuration, Timestamp};

use self::hosts::Hosts;
use super::{Region, Tick, random::Random, users::USERS, wave::daily_wave};
use crate::sim::{
    cloudwatch,
    cloudwatch::{MetricKey, Sample},
    dynamodb::{self, Attribute, Item},
    ec2, logs,
};

/// How much more often sessions arrive when all of them are missing; in proportion when some are. The same people work
/// at the terminals all day and connect again within a minute or two, so that the total hardly strays from the usual.
const COMING_BACK: f64 = 120.0;

/// How long nobody has touched an item when it is swept out of the table.
const SWEPT: SignedDuration = SignedDuration::from_mins(20);

/// The session load of one region.
#[derive(Debug, Default)]
pub struct State {
    pub fleets: Vec<Fleet>,
    /// Open sessions of each group.
    open: BTreeMap<String, Gateways>,
    orphans: Vec<Orphan>,
}

/// The item of a session whose gateway failed.
#[derive(Debug)]
struct Orphan {
    table: String,
    id: String,
    since: Timestamp,
}

/// Open sessions by the instance id of their gateway.
type Gateways = BTreeMap<String, Vec<Session>>;

/// The sessions of one Auto Scaling group of gateways.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub group: String,
    /// `DynamoDB` table that holds one item per open session: `id`, `userId`, `gatewayId` (S), `startedAt` and
    /// `lastSeenAt` (N, epoch seconds).
    pub table: String,
    /// Namespace and name of the undimensioned metric that each gateway publishes every minute.
    pub metric: (String, String),
    /// The instance tag that gateways watch: one that has it, and not as `false`, takes no new sessions.
    pub drain_tag: String,
    /// Log group in which each gateway writes a stream of its own, named by its instance id.
    pub log_group: String,
    /// Sessions that one gateway takes (`MAX_SESSIONS`).
    pub limit: u32,
    /// Mean arrivals per hour over the day, their swing and peak hour (UTC).
    pub arrivals_per_hour: f64,
    pub swing: f64,
    pub peak_hour: f64,
    /// Median minutes that a session lasts, and the log-normal spread.
    pub median_minutes: f64,
    pub spread: f64,
    /// Multiplier of arrivals that scenarios set; 1 when calm.
    pub surge: f64,
    /// Whether the oldest session of each gateway does not end, as scenarios set; it does when this is over.
    pub endless: bool,
    /// Sessions turned away since the world began because every gateway was full.
    pub refused: u64,
    /// Sessions that ended because their gateway did.
    pub lost: u64,
}

/// One terminal session, held in a gateway's memory.
#[derive(Debug, Clone)]
struct Session {
    id: String,
    user: &'static str,
    started: Timestamp,
    ends: Timestamp,
}

/// Ends sessions, lets new ones arrive at the emptiest gateway that takes them, publishes the metric.
pub fn step(region: &mut Region, tick: &mut Tick<'_>) {
    let Region { sessions, autoscaling, ec2, elb, dynamodb, cloudwatch, logs, .. } = region;
    let State { fleets, open, orphans } = sessions;
    sweep(orphans, dynamodb, tick.now);
    for fleet in fleets {
        let Some(group) = autoscaling.groups.get(&fleet.group) else { continue };
        let hosts = Hosts { group, ec2, elb };
        let open = open.entry(fleet.group.clone()).or_default();
        orphans.extend(end(fleet, open, ec2, (dynamodb, logs), tick.now));
        let here = open.values().map(Vec::len).sum();
        for _ in 0..arrivals(fleet, here, tick) {
            arrive(fleet, hosts, open, (dynamodb, logs), 0.0, tick);
        }
        if tick.every(60) {
            publish(fleet, hosts, open, cloudwatch, dynamodb, tick);
        }
    }
}

/// Opens the sessions that are there when the world begins, as many as arrive in the time that one lasts, and
/// publishes the metric for the last `minutes`. Call it once, when fleets and groups are seeded.
pub fn begin(region: &mut Region, tick: &mut Tick<'_>, minutes: i64) {
    let Region { sessions: State { fleets, open, .. }, autoscaling, ec2, elb, dynamodb, cloudwatch, logs, .. } = region;
    for fleet in fleets {
        let Some(group) = autoscaling.groups.get(&fleet.group) else { continue };
        let hosts = Hosts { group, ec2, elb };
        let open = open.entry(fleet.group.clone()).or_default();
        for _ in 0..fleet.expected(tick.now).round() as u32 {
            let lived = tick.random.unit();
            arrive(fleet, hosts, open, (dynamodb, logs), lived, tick);
        }
        let gateways = group.in_service().count().max(1) as f64;
        let key = MetricKey::new(&fleet.metric.0, &fleet.metric.1, &[]);
        for ago in (1..=minutes).rev() {
            let at = Tick { now: tick.after(-60.0 * ago as f64), place: tick.place, random: &mut *tick.random };
            for _ in 0..group.in_service().count() {
                let stray = 1.0 + 0.1 * at.random.normal();
                let held = (fleet.expected(at.now) / gateways * stray).round().clamp(0.0, f64::from(fleet.limit));
                cloudwatch.record(&key, Sample::one(held), &at);
            }
        }
    }
}

/// Publishes the metric of so many minutes before now, as if each gateway had held its share of what was usual then. It
/// draws no chance: the world is the same without it.
pub fn recall(region: &mut Region, tick: &mut Tick<'_>, minutes: Range<i64>) {
    let Region { sessions: State { fleets, .. }, autoscaling, cloudwatch, .. } = region;
    for fleet in fleets {
        let Some(group) = autoscaling.groups.get(&fleet.group) else { continue };
        let gateways = group.in_service().count().max(1);
        let key = MetricKey::new(&fleet.metric.0, &fleet.metric.1, &[]);
        for ago in minutes.clone().rev() {
            let at = Tick { now: tick.after(-60.0 * (ago + 1) as f64), place: tick.place, random: &mut *tick.random };
            // Up and down within two hours, as people come and go.
            let stray = 1.0 + 0.1 * (at.now.as_second() as f64 / 1100.0).sin();
            let held = (fleet.expected(at.now) / gateways as f64 * stray).round().clamp(0.0, f64::from(fleet.limit));
            for _ in 0..gateways {
                cloudwatch.record(&key, Sample::one(held), &at);
            }
        }
    }
}

impl State {
    /// Open sessions on the gateway with this instance id.
    pub fn held_by(&self, gateway: &str) -> usize {
        self.open.values().filter_map(|gateways| gateways.get(gateway)).map(Vec::len).sum()
    }

    /// The gateway of a group that holds the most sessions, where one holds any.
    pub fn fullest(&self, group: &str) -> Option<&str> {
        let gateways = self.open.get(group)?.iter().filter(|(_, sessions)| !sessions.is_empty());
        gateways.max_by_key(|(_, sessions)| sessions.len()).map(|(gateway, _)| gateway.as_str())
    }

    /// Open sessions on all gateways of the region.
    pub fn open(&self) -> usize {
        self.open.values().flat_map(BTreeMap::values).map(Vec::len).sum()
    }
}

impl Fleet {
    /// Arrivals per second on a calm day at `now`, with as many sessions open as usual.
    fn rate(&self, now: Timestamp) -> f64 {
        self.arrivals_per_hour / 3600.0 * daily_wave(now, self.swing, self.peak_hour)
    }

    /// Arrivals per second with `open` sessions: who has lost one comes back soon. What a surge adds are others, who
    /// come whoever is there.
    fn rate_at(&self, now: Timestamp, open: usize) -> f64 {
        let missing = 1.0 - open as f64 / self.expected(now).max(1.0);
        let usual = (1.0 + COMING_BACK * missing).max(0.0);
        self.rate(now) * (usual * self.surge.min(1.0) + (self.surge - 1.0).max(0.0))
    }

    /// Sessions that are usually open at `now`: rate × mean duration (Little's law).
    fn expected(&self, now: Timestamp) -> f64 {
        let mean_minutes = self.median_minutes * (self.spread * self.spread / 2.0).exp();
        self.rate(now) * mean_minutes * 60.0
    }

    /// Seconds that a session lasts.
    fn duration(&self, random: &mut Random) -> f64 {
        (random.log_normal(self.median_minutes, self.spread) * 60.0).max(30.0)
    }
}

/// How many sessions arrive in this second (Poisson, by inversion).
fn arrivals(fleet: &Fleet, open: usize, tick: &mut Tick<'_>) -> u32 {
    let rate = fleet.rate_at(tick.now, open);
    let (mut count, mut left) = (0, tick.random.unit());
    let mut probability = (-rate).exp();
    while left >= probability && count < 1000 {
        left -= probability;
        count += 1;
        probability *= rate / f64::from(count);
    }
    count
}

/// One session arrives at the gateway that takes some and holds the fewest, or is turned away. It has already lived
/// the share `lived` of its time.
fn arrive(
    fleet: &mut Fleet,
    hosts: Hosts<'_>,
    open: &mut Gateways,
    (dynamodb, logs): (&mut dynamodb::State, &mut logs::State),
    lived: f64,
    tick: &mut Tick<'_>,
) {
    let held = |gateway: &str| open.get(gateway).map_or(0, Vec::len);
    let emptiest = hosts
        .taking(&fleet.drain_tag)
        .filter(|gateway| held(gateway) < fleet.limit as usize)
        .min_by_key(|gateway| held(gateway));
    let Some(gateway) = emptiest else {
        fleet.refused += 1;
        return;
    };
    let duration = fleet.duration(tick.random);
    let session = Session {
        id: tick.random.uuid(),
        user: USERS[tick.random.below(USERS.len())],
        started: tick.after(-duration * lived),
        ends: tick.after(duration * (1.0 - lived)),
    };
    if let Some(table) = dynamodb.tables.get_mut(&fleet.table) {
        table.items.insert(session.id.clone(), session.item(gateway, tick.now));
    }
    let (user, held) = (session.user, held(gateway) + 1);
    let line = format!("session {} opened by {user}, {held} of {} held", session.id, fleet.limit);
    logs.write(&fleet.log_group, gateway, session.started, line);
    open.entry(gateway.to_owned()).or_default().push(session);
}

/// Closes what has ended by itself or with its gateway; returns the items that a gateway could not delete.
/// A gateway that is gone writes nothing any more.
fn end(
    fleet: &mut Fleet,
    open: &mut Gateways,
    ec2: &ec2::State,
    (dynamodb, logs): (&mut dynamodb::State, &mut logs::State),
    now: Timestamp,
) -> Vec<Orphan> {
    let mut table = dynamodb.tables.get_mut(&fleet.table);
    let mut orphans = Vec::new();
    open.retain(|gateway, sessions| {
        let (alive, failed) = (ec2.reaches(gateway), ec2.failed(gateway));
        let oldest = sessions.iter().map(|session| session.started).min();
        sessions.retain(|session| {
            let stays = fleet.endless && Some(session.started) == oldest;
            let over = session.ends <= now && !stays;
            if over || !alive {
                fleet.lost += u64::from(!over);
                if alive {
                    let minutes = now.duration_since(session.started).as_mins();
                    let line = format!("session {} closed by {} after {minutes} min", session.id, session.user);
                    logs.write(&fleet.log_group, gateway, now, line);
                }
                if failed {
                    orphans.push(Orphan { table: fleet.table.clone(), id: session.id.clone(), since: now });
                } else if let Some(table) = &mut table {
                    table.items.remove(&session.id);
                }
            }
            alive && !over
        });
        alive
    });
    orphans
}

/// Deletes the items that nobody has touched for long enough.
fn sweep(orphans: &mut Vec<Orphan>, dynamodb: &mut dynamodb::State, now: Timestamp) {
    for old in orphans.extract_if(.., |it| now.duration_since(it.since) >= SWEPT) {
        if let Some(table) = dynamodb.tables.get_mut(&old.table) {
            table.items.remove(&old.id);
        }
    }
}

/// Each gateway tells how many sessions it holds, and touches their items.
fn publish(
    fleet: &Fleet,
    hosts: Hosts<'_>,
    open: &Gateways,
    cloudwatch: &mut cloudwatch::State,
    dynamodb: &mut dynamodb::State,
    tick: &Tick<'_>,
) {
    let key = MetricKey::new(&fleet.metric.0, &fleet.metric.1, &[]);
    for gateway in hosts.running(open) {
        let sessions = open.get(gateway).map_or(&[][..], Vec::as_slice);
        cloudwatch.record(&key, Sample::one(sessions.len() as f64), tick);
        if let Some(table) = dynamodb.tables.get_mut(&fleet.table) {
            for session in sessions {
                table.items.insert(session.id.clone(), session.item(gateway, tick.now));
            }
        }
    }
}

impl Session {
    /// The session as its gateway stores it.
    fn item(&self, gateway: &str, seen: Timestamp) -> Item {
        let text = |text: &str| Attribute::S(text.to_owned());
        let time = |time: Timestamp| Attribute::N(time.as_second().to_string());
        let attributes = [
            ("id", text(&self.id)),
            ("userId", text(self.user)),
            ("gatewayId", text(gateway)),
            ("startedAt", time(self.started)),
            ("lastSeenAt", time(seen)),
        ];
        attributes.into_iter().map(|(name, attribute)| (name.to_owned(), attribute)).collect()
    }
}

#[cfg(test)]
mod tests;
