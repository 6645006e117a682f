//! When series are read: not by request, as everything else, but by series, because the tail that is missing differs.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::{SignedDuration, Timestamp};

use super::{App, GIVE_UP, Load, Schedule, Urgency, after, doubled, locked_out, send};
use crate::{
    app::{effect::Effect, series},
    domain::{
        id::Scope,
        metric::MetricRead,
        query::{Outcome, Query, Request},
    },
    metrics::window::minutes_kept,
};

/// How reads of series have failed in one scope.
#[derive(Debug, Clone, Copy)]
pub struct Failing {
    /// In a row.
    times: u32,
    ended: Timestamp,
}

/// How long a scope whose reads fail is left alone at first.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// How long the series of what a scope happens to hold wait for what names more of them: a first look asks for all in as
/// few calls as they fit in.
const NAMED_WITHIN: SignedDuration = SignedDuration::from_secs(3);

/// The reads of series that are due now, marked as sent: in each scope one for the tails, and one for each period of what
/// is not known at all.
pub fn due(app: &mut App, load: &mut Load) -> Vec<Effect> {
    // Which series there are costs as much to find as there are resources; they fall due by the minute.
    if app.schedule.series_looked_at.replace(app.now.as_second()) == Some(app.now.as_second()) {
        return Vec::new();
    }
    let needed = series::needed(app);
    let between = series::minutes_between(&needed) * 60;
    let mut effects = Vec::new();
    for (scope, reads) in needed {
        if app.discovery.as_ref() == Some(&scope) && app.schedule.are_named_soon(&scope, app.now) {
            continue;
        }
        for query in queries(app, &scope, &reads, between) {
            let request = Request { scope: scope.clone(), query };
            if !locked_out(app, &request)
                && app.schedule.may_read(&scope, app.now)
                && load.takes(app, &request, Urgency::InTurn)
            {
                effects.push(send(app, request));
            }
        }
    }
    effects
}

/// Whether each series that is needed has been asked for once; failing counts as an answer.
pub fn has_answered(app: &App) -> bool {
    series::needed(app).iter().all(|(scope, reads)| {
        let known = app.estate.scope(scope);
        let failed = known.is_some_and(|it| it.metrics.fault().is_some());
        let answered = |read| known.and_then(|it| it.series(read)).is_some_and(|it| it.covered.is_some());
        failed || reads.keys().all(answered) || locked_out_of(app, scope)
    })
}

fn locked_out_of(app: &App, scope: &Scope) -> bool {
    let query = Query::Metrics { reads: Vec::new(), minutes: 0 };
    locked_out(app, &Request { scope: scope.clone(), query })
}

/// The due series of a scope: those of which a tail is missing, and those that are missing altogether.
fn queries(app: &App, scope: &Scope, reads: &BTreeMap<MetricRead, bool>, between: i64) -> Vec<Query> {
    let known = app.estate.scope(scope);
    let under_way = app.schedule.series_under_way(scope, app.now);
    let offset = offset(scope);
    // What is missing altogether is asked for by period: coarse series go back for days, fine ones for hours.
    let mut by_kind: BTreeMap<Option<u32>, (Vec<MetricRead>, u32)> = BTreeMap::new();
    for (read, near) in reads {
        let held = known.and_then(|it| it.series(read));
        let every = i64::from(read.period_seconds.max(60)).max(if *near { 0 } else { between });
        if under_way.contains(read) || !series::is_due(held, every, offset, app.now) {
            continue;
        }
        let missing = series::minutes_missing(read, held, app.now);
        let whole = (missing >= minutes_kept(read.period_seconds)).then_some(read.period_seconds);
        let (reads, minutes) = by_kind.entry(whole).or_default();
        reads.push(read.clone());
        *minutes = missing.max(*minutes);
    }
    by_kind.into_values().map(|(reads, minutes)| Query::Metrics { reads, minutes }).collect()
}

fn names_series(query: &Query) -> bool {
    matches!(query, Query::Clusters | Query::Services { .. } | Query::Groups { .. } | Query::TargetGroups)
}

/// Up to a minute, by the scope: scopes need not be asked all at once.
fn offset(scope: &Scope) -> i64 {
    let mut hasher = DefaultHasher::new();
    scope.hash(&mut hasher);
    (hasher.finish() % 60).cast_signed()
}

impl Schedule {
    /// Other reads may be needed now: something was found, or one looks at something else.
    pub fn look_again(&mut self) {
        (self.looked_at, self.series_looked_at) = (None, None);
    }

    /// Whether reads are under way for the first time that name series of this scope, and need not be long.
    fn are_named_soon(&self, scope: &Scope, now: Timestamp) -> bool {
        self.slots.iter().any(|(request, slot)| {
            let sent = slot.under_way.filter(|_| slot.ended.is_none()).map(|(_, sent)| sent);
            request.scope == *scope
                && names_series(&request.query)
                && sent.is_some_and(|sent| now.duration_since(sent) < NAMED_WITHIN)
        })
    }

    /// The series of a scope that have been asked for and not been answered yet.
    fn series_under_way(&self, scope: &Scope, now: Timestamp) -> BTreeSet<&MetricRead> {
        let waiting = self.slots.iter().filter(|(request, slot)| {
            let sent = slot.under_way.map(|(_, sent)| sent);
            request.scope == *scope && sent.is_some_and(|sent| now.duration_since(sent) < GIVE_UP)
        });
        let reads = waiting.filter_map(|(request, _)| match &request.query {
            Query::Metrics { reads, .. } => Some(reads),
            _ => None,
        });
        reads.flatten().collect()
    }

    /// Whether the scope's series may be read: not while CloudWatch throttles, and not soon after a failure.
    fn may_read(&self, scope: &Scope, now: Timestamp) -> bool {
        let paused = self.paused.get(&(scope.clone(), "cloudwatch:")).is_some_and(|until| now < *until);
        let waits = self.failing.get(scope).is_some_and(|it| now < after(it.ended, doubled(FIRST_WAIT, it.times - 1)));
        !paused && !waits
    }

    /// Notes how a read of series ended.
    pub(super) fn note_series(&mut self, scope: &Scope, outcome: &Outcome, at: Timestamp) {
        if let Outcome::Failed(_) = outcome {
            let times = self.failing.get(scope).map_or(1, |it| it.times + 1);
            self.failing.insert(scope.clone(), Failing { times, ended: at });
        } else {
            self.failing.remove(scope);
        }
    }
}
