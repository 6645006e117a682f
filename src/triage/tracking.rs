//! What a target tracking policy does next, from what it sees: its metric, its alarms, the group's bounds; and which
//! instances a group would end.
//!
//! Source: `aws-reference.md` §2.2 and §2.5. Its high alarm takes three minutes above the target, its low one fifteen below
//! nine tenths of it; it adds in proportion and at once, takes away at most a tenth, and not while instances warm up.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    alarm::{Alarm, AlarmState, Wants},
    estate::ScopeEstate,
    group::{Group, Instance, Policy},
    text::SafeText,
};

/// What a policy sees, and what it will do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The newest value of its metric; `None` where it has not been read.
    pub value: Option<f64>,
    /// The value that it is kept at.
    pub target: f64,
    pub next: Next,
}

/// What a policy does next if its metric stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// The metric is inside its bounds.
    Inside,
    /// It is below them, but on one instance fewer it would be above the target.
    Enough,
    Add(Change),
    Remove(Change),
    /// It would add (`more`) or take away, but for something.
    Held {
        more: bool,
        by: Hold,
    },
    /// Neither metric nor alarms tell.
    Unknown,
}

/// Another desired capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub to: u32,
    /// By how many it differs; `None` where the metric is not known, only its alarm.
    pub by: Option<u32>,
    pub within: SignedDuration,
}

/// What holds a policy back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    AtMaximum(u32),
    AtMinimum(u32),
    /// A process of the group is suspended.
    Suspended(&'static str),
    PolicyDisabled,
    ScaleInDisabled,
    /// The newest instances do not count yet; what they take over is waited for.
    WarmingUp,
    /// Every instance is protected from scale-in.
    AllProtected,
}

/// How often target tracking looks, at the least.
const LOOK: SignedDuration = SignedDuration::from_mins(1);
/// A metric whose newest value is older says nothing of now.
const LATEST: SignedDuration = SignedDuration::from_mins(10);
/// Share of the target below which the low alarm goes off, where the alarm itself has not been read.
const LOW: f64 = 0.9;
/// Minutes for which the high and the low alarm must see it, likewise.
const MINUTES: (u32, u32) = (3, 15);

/// What `policy` of `group` does next; `None` where it tracks no target.
pub fn outlook(known: &ScopeEstate, group: &Group, policy: &Policy, now: Timestamp) -> Option<Outlook> {
    let tracked = policy.target.as_ref()?;
    let series = tracked.read().and_then(|read| known.series(&read));
    let recent = |(at, _): &(Timestamp, f64)| now.duration_since(*at) <= LATEST;
    let points = series.map(|it| it.points.as_slice()).filter(|it| it.last().is_some_and(recent));
    let alarms = known.alarms.value().into_iter().flat_map(|it| it.values());
    let own: Vec<&Alarm> = alarms.filter(|it| policy.alarms.contains(&it.name)).collect();
    let activities = known.activities.get(group.name.as_str()).and_then(|it| it.value());
    let scaled_at = activities.into_iter().flatten().map(|it| it.started_at).max();
    let sight = Sight { group, policy, points: points.unwrap_or_default(), alarms: own, scaled_at, now };
    let value = sight.points.last().map(|(_, value)| *value);
    Some(Outlook { value, target: tracked.value, next: sight.next(tracked.value, tracked.scales_in) })
}

/// The outlooks of all policies that track a target.
pub fn outlooks<'a>(known: &ScopeEstate, group: &'a Group, now: Timestamp) -> Vec<(&'a Policy, Outlook)> {
    group.policies.iter().filter_map(|policy| Some((policy, outlook(known, group, policy, now)?))).collect()
}

/// Everything that decides.
struct Sight<'a> {
    group: &'a Group,
    policy: &'a Policy,
    /// The metric minute by minute, oldest first; empty where it is not known of now.
    points: &'a [(Timestamp, f64)],
    alarms: Vec<&'a Alarm>,
    /// When the group last began to launch or end something.
    scaled_at: Option<Timestamp>,
    now: Timestamp,
}

impl Sight<'_> {
    fn next(&self, target: f64, scales_in: bool) -> Next {
        if self.points.is_empty() && self.alarms.is_empty() {
            return Next::Unknown;
        }
        if let Some(within) = self.until_alarm(Wants::More, target) {
            return self.add(target, within);
        }
        match self.until_alarm(Wants::Less, target) {
            Some(_) if !scales_in => Next::Held { more: false, by: Hold::ScaleInDisabled },
            Some(within) => self.remove(target, within),
            None => Next::Inside,
        }
    }

    /// How long until the alarm of this side fires if the metric stays as it is; `None` where it does not.
    fn until_alarm(&self, side: Wants, target: f64) -> Option<SignedDuration> {
        let alarm = self.alarms.iter().find(|it| it.wants() == side);
        let Some((_, newest)) = self.points.last() else {
            return alarm.filter(|it| it.state == AlarmState::Alarm).map(|_| LOOK);
        };
        let usual = if side == Wants::More { (target, MINUTES.0) } else { (target * LOW, MINUTES.1) };
        let bound = alarm.and_then(|it| it.threshold).unwrap_or(usual.0);
        let needed = alarm.map_or(usual.1, |it| it.evaluation_periods.max(1));
        let breaches = |value: f64| if side == Wants::More { value > bound } else { value < bound };
        if !breaches(*newest) {
            return None;
        }
        let seen = self.points.iter().rev().take_while(|(_, value)| breaches(*value)).count();
        let left = needed.saturating_sub(u32::try_from(seen).unwrap_or(u32::MAX));
        let period = alarm.map_or(60, |it| it.period_seconds.max(60));
        Some((SignedDuration::from_secs(i64::from(period)) * i32::try_from(left).unwrap_or(i32::MAX)).max(LOOK))
    }

    fn add(&self, target: f64, within: SignedDuration) -> Next {
        let group = self.group;
        let held = |by| Next::Held { more: true, by };
        if let Some(process) = ["AlarmNotification", "Launch"].into_iter().find(|it| group.suspends(it)) {
            return held(Hold::Suspended(process));
        }
        if !self.policy.enabled {
            return held(Hold::PolicyDisabled);
        }
        if group.desired >= group.max {
            return held(Hold::AtMaximum(group.max));
        }
        let Some((_, value)) = self.points.last() else {
            return Next::Add(Change { to: group.desired.saturating_add(1), by: None, within });
        };
        let wanted = wanted(self.warm(), *value, target);
        if wanted <= group.desired {
            return held(Hold::WarmingUp);
        }
        let to = wanted.min(group.max);
        Next::Add(Change { to, by: Some(to - group.desired), within })
    }

    fn remove(&self, target: f64, within: SignedDuration) -> Next {
        let group = self.group;
        let held = |by| Next::Held { more: false, by };
        if let Some(process) = ["AlarmNotification", "Terminate"].into_iter().find(|it| group.suspends(it)) {
            return held(Hold::Suspended(process));
        }
        if !self.policy.enabled {
            return held(Hold::PolicyDisabled);
        }
        if group.desired <= group.min {
            return held(Hold::AtMinimum(group.min));
        }
        let in_service = group.in_service().count();
        let most = (group.desired / 10).max(1);
        let lowest = group.min.max(group.desired - most);
        let (to, by) = match self.points.last() {
            None => (lowest, None),
            Some((_, value)) => {
                let to = wanted(in_service, *value, target).max(lowest);
                if to >= group.desired {
                    return Next::Enough;
                }
                (to, Some(group.desired - to))
            }
        };
        if group.in_service().all(|it| it.protected) {
            return held(Hold::AllProtected);
        }
        if self.warm() < group.instances.iter().filter(|it| it.counts()).count() {
            return held(Hold::WarmingUp);
        }
        let cooldown = SignedDuration::from_secs(i64::from(group.cooldown_seconds));
        let cooling = self.scaled_at.map_or(SignedDuration::ZERO, |at| cooldown - self.now.duration_since(at));
        Next::Remove(Change { to, by, within: within.max(cooling) })
    }

    /// Instances that have been in service for so long that they count.
    fn warm(&self) -> usize {
        let old = |it: &&Instance| it.launched_at.is_none_or(|at| self.now.duration_since(at) >= self.group.warmup());
        self.group.in_service().filter(old).count()
    }
}

/// The capacity at which the metric, shared by so many instances now, would be back at the target.
fn wanted(instances: usize, value: f64, target: f64) -> u32 {
    (instances as f64 * value / target).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

impl Outlook {
    /// What it sees against what it wants: `9.1 against 8`.
    pub fn sight(&self) -> String {
        let value = self.value.map_or("–".to_owned(), |it| format!("{it:.1}"));
        format!("{value} against {}", self.target)
    }

    /// What it does next, in words.
    pub fn words(&self) -> String {
        match &self.next {
            Next::Inside => "nothing: inside bounds".to_owned(),
            Next::Enough => "nothing: on one fewer it would be above the target".to_owned(),
            Next::Add(change) => format!("adds {} within {}", change.number(), super::words::span(change.within)),
            Next::Remove(change) => format!("ends {} within {}", change.number(), super::words::span(change.within)),
            Next::Held { more, by } => {
                format!("would {}, but {}", if *more { "add" } else { "take away" }, by.words())
            }
            Next::Unknown => "not known: neither its metric nor its alarms are read".to_owned(),
        }
    }
}

impl Outlook {
    /// Both in a few characters: `9.1 of 8: +1 in 2 m`.
    pub fn short(&self) -> String {
        let next = match &self.next {
            Next::Inside | Next::Enough => "steady".to_owned(),
            Next::Add(change) => format!("+{} in {}", change.number(), super::words::span(change.within)),
            Next::Remove(change) => format!("-{} in {}", change.number(), super::words::span(change.within)),
            Next::Held { by: Hold::AtMaximum(max), .. } => format!("at max {max}"),
            Next::Held { by: Hold::AtMinimum(min), .. } => format!("at min {min}"),
            Next::Held { by: Hold::Suspended(process), .. } => format!("{process} suspended"),
            Next::Held { by: Hold::PolicyDisabled, .. } => "policy disabled".to_owned(),
            Next::Held { by: Hold::ScaleInDisabled, .. } => "scales out only".to_owned(),
            Next::Held { by: Hold::WarmingUp, .. } => "warming up".to_owned(),
            Next::Held { by: Hold::AllProtected, .. } => "all protected".to_owned(),
            Next::Unknown => "not known".to_owned(),
        };
        let value = self.value.map_or("–".to_owned(), |it| format!("{it:.1}"));
        format!("{value} of {}: {next}", self.target)
    }
}

impl Change {
    fn number(&self) -> String {
        self.by.map_or("some".to_owned(), |it| it.to_string())
    }
}

impl Hold {
    fn words(self) -> String {
        match self {
            Self::AtMaximum(max) => format!("the group is at its maximum of {max}"),
            Self::AtMinimum(min) => format!("the group is at its minimum of {min}"),
            Self::Suspended(process) => format!("{process} is suspended"),
            Self::PolicyDisabled => "the policy is disabled".to_owned(),
            Self::ScaleInDisabled => "its scale-in is disabled".to_owned(),
            Self::WarmingUp => "new instances are still warming up".to_owned(),
            Self::AllProtected => "all are protected from scale-in".to_owned(),
        }
    }
}

/// The instances among which a scale-in chooses, by the default termination policy: those in the fullest zones that are
/// not protected, there those of the oldest launch template version. Empty where all are protected.
pub fn next_to_go(group: &Group) -> Vec<&Instance> {
    let open = || group.instances.iter().filter(|it| it.counts() && !it.protected);
    let zones = group.by_zone();
    let in_zone = |zone: &SafeText| zones.iter().find(|(it, _)| *it == zone).map_or(0, |(_, number)| *number);
    let fullest = open().map(|it| in_zone(&it.zone)).max().unwrap_or_default();
    let there = || open().filter(|it| in_zone(&it.zone) == fullest);
    let version = |it: &Instance| it.template_version.as_str().parse::<u64>().unwrap_or_default();
    let oldest = there().map(version).min().unwrap_or_default();
    there().filter(|it| version(it) == oldest).collect()
}

/// The zone from which the group is about to move an instance, to the one that has at least two fewer; `None` where its
/// zones are even or it does not balance them.
pub fn rebalances(group: &Group) -> Option<(&SafeText, &SafeText)> {
    let stopped = ["AZRebalance", "Launch", "Terminate"].iter().any(|it| group.suspends(it));
    let settled = group.instances.iter().all(|it| it.is_in_service() || it.lifecycle.as_str() == "Standby");
    let zones = group.by_zone();
    let (few, least) = zones.iter().min_by_key(|(_, number)| *number)?;
    let (full, most) = zones.iter().max_by_key(|(_, number)| *number)?;
    (!stopped && settled && *most >= least + 2).then_some((*full, *few))
}

#[cfg(test)]
mod tests;
