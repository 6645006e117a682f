//! What a stack promises about the time to answer: kept, broken, and how fast its error budget burns.
//!
//! A minute is bad when its p95 is above what is promised. The objective is that 99 % of all minutes of 30 days are good:
//! the other 1 % is the error budget, and a burn rate of 1 uses it up in exactly 30 days. Rates are looked at over a long
//! window, so that a blip is no alarm, and over a short one within it, so that the alarm ends soon after the trouble
//! (Google's SRE workbook, chapter 5). The long windows are those of the series that the console reads anyway.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, Place, ServiceView},
    rule::Rule,
    series::{figures, points},
    words,
};
use crate::{
    domain::{service::Service, signal::Severity},
    metrics::Measure,
    stack::model::StackService,
};

pub const LATENCY_PROMISE_BROKEN: Rule = Rule {
    name: "latency-promise-broken",
    meaning: "a service answers more slowly than its stack promises",
    severity: "a warning; `error-budget-burning` says when it lasts",
    fires: "p95 of the targets' answers is above `promise_p95_ms` of the stack file in at least three of the last five \
            minutes, the newest among them; minutes with fewer than 20 requests do not count",
    evidence: "p95 of each of these minutes, the promise, requests, the target group",
    next: "compare with the other region, look at what was deployed or scaled just before, at CPU and at the cache",
    check: latency_promise_broken,
};

pub const ERROR_BUDGET_BURNING: Rule = Rule {
    name: "error-budget-burning",
    meaning: "a service breaks its latency promise so often that the month's error budget will not last",
    severity: "critical when 2 % of the month's budget would go within the hour, a warning when 3 % go within three hours",
    fires: "with an objective of 99 % of minutes inside the promise over 30 days: the budget burns at least 14.4 times too \
            fast over 1 hour and over 5 minutes, or 7.2 times over 3 hours and over 15 minutes; not before half of the \
            long window is known",
    evidence: "bad minutes and burn rate over each window, the promise, how long the budget lasts at that rate",
    next: "as for `latency-promise-broken`; roll back or shift traffic away rather than wait",
    check: error_budget_burning,
};

/// Share of minutes that may be bad.
const BUDGET: f64 = 0.01;

/// Over how many days the budget is reckoned.
const BUDGET_DAYS: f64 = 30.0;

/// A minute with fewer requests says nothing by its p95.
const COUNTED: f64 = 20.0;

/// How many of the minutes of a month may be bad.
const ALLOWED: u32 = (BUDGET_DAYS * 24.0 * 60.0 * BUDGET) as u32;

/// What a service has used of its error budget, as far as its minutes are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetUse {
    pub bad: usize,
    pub known: usize,
    /// Bad minutes that the budget of a month has.
    pub allowed: u32,
}

/// What a service for which something is promised has used of its error budget; `None` where no minute is known.
pub fn budget_used<'a>(place: Place<'a>, spec: &'a StackService, service: &'a Service) -> Option<BudgetUse> {
    let view = ServiceView::new(place, spec, service, Vec::new());
    let promise = Promise::of(&view)?;
    let bad = promise.minutes.iter().filter(|(_, p95, _)| *p95 > promise.promised).count();
    let known = promise.minutes.len();
    (known > 0).then_some(BudgetUse { bad, known, allowed: ALLOWED })
}

/// A pair of windows, in minutes, and the burn rate in both that is too fast.
struct Pace {
    long: u32,
    short: u32,
    rate: f64,
    severity: Severity,
}

const PACES: [Pace; 2] = [
    Pace { long: 60, short: 5, rate: 14.4, severity: Severity::Critical },
    Pace { long: 180, short: 15, rate: 7.2, severity: Severity::Warning },
];

/// The minutes of a service for which something is promised.
struct Promise<'v, 'a> {
    view: &'v ServiceView<'a>,
    /// In milliseconds.
    promised: f64,
    target_group: String,
    /// Start, p95 in milliseconds and requests of each minute that counts, oldest first.
    minutes: Vec<(Timestamp, f64, f64)>,
}

fn promises<'v, 'a>(context: &'v Context<'a>) -> impl Iterator<Item = Promise<'v, 'a>> {
    context.services.iter().filter_map(Promise::of)
}

impl<'v, 'a> Promise<'v, 'a> {
    fn of(view: &'v ServiceView<'a>) -> Option<Self> {
        let promised = view.spec.promise_p95_ms?;
        let groups = view.place.known.target_groups.value()?;
        let group = view.service.load_balancers.iter().find_map(|it| groups.get(&it.target_group))?;
        let found = figures(view.place, group);
        let latency = points(view.place, &found, Measure::LatencyP95)?;
        let requests = points(view.place, &found, Measure::Requests)?;
        let minutes = latency.iter().filter_map(|(at, seconds)| {
            let at_once = requests.binary_search_by_key(at, |(it, _)| *it).ok()?;
            let number = requests[at_once].1;
            (number >= COUNTED).then_some((*at, seconds * 1000.0, number))
        });
        Some(Self { view, promised, target_group: group.name.to_string(), minutes: minutes.collect() })
    }

    /// The minutes that began within the last so many; metrics come minutes late, and the newest that came counts as now.
    fn last(&self, minutes: u32) -> &[(Timestamp, f64, f64)] {
        let Some((newest, ..)) = self.minutes.last() else { return &[] };
        let from = *newest - SignedDuration::from_mins(i64::from(minutes) - 1);
        &self.minutes[self.minutes.partition_point(|(at, ..)| *at < from)..]
    }

    /// How many of the last so many minutes are bad, how many count, and how fast that burns the budget.
    fn burn(&self, minutes: u32) -> (usize, usize, f64) {
        let last = self.last(minutes);
        let bad = last.iter().filter(|(_, p95, _)| *p95 > self.promised).count();
        (bad, last.len(), bad as f64 / last.len().max(1) as f64 / BUDGET)
    }

    /// Whether the newest minute is of now.
    fn is_current(&self) -> bool {
        self.minutes.last().is_some_and(|(at, ..)| self.view.age(*at) <= SignedDuration::from_mins(10))
    }

    /// When the newest row of bad minutes began, single good ones between them let pass.
    fn began(&self) -> Option<Timestamp> {
        let mut began = None;
        let mut good = 0;
        for (at, p95, _) in self.minutes.iter().rev() {
            if *p95 > self.promised {
                (began, good) = (Some(*at), 0);
            } else {
                good += 1;
            }
            if good > 1 && began.is_some() {
                break;
            }
        }
        began
    }
}

fn latency_promise_broken(context: &Context<'_>) -> Vec<Finding> {
    promises(context).filter_map(|it| broken(&it)).collect()
}

fn broken(promise: &Promise<'_, '_>) -> Option<Finding> {
    let last = promise.last(5);
    let (bad, ..) = promise.burn(5);
    let (_, newest, _) = last.last()?;
    if bad < 3 || *newest <= promise.promised || !promise.is_current() {
        return None;
    }
    let (view, promised) = (promise.view, promise.promised);
    let told = |(at, p95, requests): &(Timestamp, f64, f64)| {
        format!("{} {p95:.0} ms of {requests:.0} requests", at.strftime("%H:%M"))
    };
    let told: Vec<String> = last.iter().map(told).collect();
    Some(Finding {
        summary: format!("{} answers at p95 {newest:.0} ms, {promised} ms are promised", view.name()),
        evidence: vec![
            format!("p95 above {promised} ms in {bad} of the last {} minutes", last.len()),
            format!("p95 of {} (UTC): {}", promise.target_group, told.join("; ")),
        ],
        advice:
            "see what changed just before, its CPU and its cache; compare with where it runs beside, and move traffic \
                 there if that is well"
                .to_owned(),
        ..view.finding(Severity::Warning, promise.began())
    })
}

fn error_budget_burning(context: &Context<'_>) -> Vec<Finding> {
    promises(context).filter_map(|it| burning(&it)).collect()
}

fn burning(promise: &Promise<'_, '_>) -> Option<Finding> {
    let too_fast = |pace: &&Pace| {
        let (_, known, long) = promise.burn(pace.long);
        let (.., short) = promise.burn(pace.short);
        known * 2 >= pace.long as usize && long >= pace.rate && short >= pace.rate
    };
    let pace = PACES.iter().find(too_fast).filter(|_| promise.is_current())?;
    let (view, promised) = (promise.view, promise.promised);
    let (_, _, rate) = promise.burn(pace.long);
    let lasts = SignedDuration::from_secs((BUDGET_DAYS * 86_400.0 / rate) as i64);
    let window = |minutes: u32| {
        let (bad, known, rate) = promise.burn(minutes);
        let span = words::span(SignedDuration::from_mins(i64::from(minutes)));
        format!("{span}: {bad} of {known} minutes above {promised} ms, {rate:.1} × the rate that 30 days allow")
    };
    Some(Finding {
        summary: format!(
            "{} burns its error budget {rate:.0} × too fast: p95 above {promised} ms in {} of {} minutes",
            view.name(),
            promise.burn(pace.long).0,
            promise.burn(pace.long).1
        ),
        evidence: vec![
            window(pace.long),
            window(pace.short),
            format!("at that rate the budget of 30 days (1 % of its minutes) is gone in {}", words::span(lasts)),
        ],
        advice: "roll back what changed just before, add tasks, or move traffic to where the promise is kept"
            .to_owned(),
        ..view.finding(pace.severity, promise.began())
    })
}
