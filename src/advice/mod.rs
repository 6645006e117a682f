//! The capacity advisor: what the sessions of a stack need by its capacity plan, now, at the day's peak and in the next
//! hours, against what there is.

mod document;
pub mod forecast;

use jiff::{SignedDuration, Timestamp, civil::Date};

pub use self::document::{AdviceDocument, document};
use self::forecast::Forecast;
use crate::{
    cost::known::StackMonth,
    domain::{
        cost::{bill::Line, month::Month, usage::Metered},
        estate::Estate,
        group::Group,
        id::Scope,
        metric::{MetricName, MetricRead, PUBLISHING_DELAY},
        text::SafeText,
    },
    metrics::window::LONG,
    stack::{
        capacity::{Capacity, Span, Tier},
        model::{Stack, StackGroup},
    },
    triage::{
        sessions::{self, Count},
        words,
    },
};

/// What is advised for a stack's gateways in one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice<'a> {
    pub stack: &'a Stack,
    pub scope: &'a Scope,
    pub plan: &'a Capacity,
    /// Sessions open now; `None` where no source tells.
    pub sessions: Option<Count>,
    /// The most of the past day, and when.
    pub peak: Option<(Timestamp, f64)>,
    pub forecast: Option<Forecast>,
    /// Why there is none.
    pub no_forecast: Option<&'static str>,
    /// What there is.
    pub tasks: Option<u32>,
    pub gateways: Option<u32>,
    /// The group's bounds.
    pub bounds: Option<(u32, u32)>,
    /// Sessions that one of its gateways takes; the least where they differ.
    pub each: Option<u32>,
    /// Types of the cache nodes there, and the day of the bill that says so: nothing else that is read does.
    pub nodes: Option<(SafeText, Date)>,
    /// Where plan, group and limits contradict each other.
    pub contradictions: Vec<String>,
}

/// For when something is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Now,
    Peak,
    Next,
}

/// What so many sessions need.
#[derive(Debug, Clone, PartialEq)]
pub struct Need<'a> {
    pub when: When,
    pub sessions: u32,
    /// `None` where the plan ends below them.
    pub tier: Option<&'a Tier>,
    /// Gateways that take so many by their limits.
    pub by_limits: Option<u32>,
}

impl When {
    pub fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Peak => "day's peak",
            Self::Next => "next hours",
        }
    }
}

/// The history that forecasts rest on, of a plan's group: sums of the session metric that gateways publish without
/// dimensions. `None` where they publish none.
pub fn history_read(spec: &StackGroup) -> Option<MetricRead> {
    let metric = spec.sessions.as_ref()?.metric.as_ref().filter(|it| it.dimension.is_none())?;
    let metric = MetricName::new(metric.namespace.as_str(), metric.name.as_str(), &[]);
    Some(MetricRead { metric, statistic: "Sum".into(), period_seconds: LONG })
}

/// The group of gateways that a stack's plan is about.
pub fn group_of(stack: &Stack) -> Option<(&Capacity, &StackGroup)> {
    let plan = stack.capacity.as_ref()?;
    Some((plan, stack.groups.iter().find(|it| it.name == plan.group)?))
}

/// The advice for a stack, one for each scope that its gateways run in; none where it has no plan.
pub fn advice<'a>(stack: &'a Stack, estate: &Estate, now: Timestamp) -> Vec<Advice<'a>> {
    let Some((plan, spec)) = group_of(stack) else { return Vec::new() };
    spec.scopes.iter().map(|scope| of_scope(stack, (plan, spec), scope, estate, now)).collect()
}

fn of_scope<'a>(
    stack: &'a Stack,
    (plan, spec): (&'a Capacity, &'a StackGroup),
    scope: &'a Scope,
    estate: &Estate,
    now: Timestamp,
) -> Advice<'a> {
    let known = estate.scope(scope);
    let group = known.and_then(|it| it.stack_group(spec));
    let source = spec.sessions.as_ref();
    let load = known.zip(group).zip(source).map(|((known, group), source)| sessions::load(known, group, source, now));
    let sessions = load.as_ref().and_then(|it| it.sessions);
    let each = load.as_ref().and_then(|it| it.gateways.iter().filter_map(|it| it.limit).min());
    let read = history_read(spec);
    let series = read.as_ref().and_then(|read| known?.series(read));
    let history = series.map(|it| settled(&it.points, now)).unwrap_or_default();
    let open = sessions.map(|it| f64::from(it.value));
    let forecast = open.and_then(|open| forecast::forecast(history, now, open));
    let no_forecast = match (&forecast, &read, open) {
        (Some(_), ..) => None,
        (None, None, _) => Some("gateways publish their sessions one by one: there is no history of all of them"),
        (None, _, None) => Some("how many sessions are open is not known"),
        (None, ..) => Some("what was yesterday at this time is not known"),
    };
    let named = |name: &str| stack.services.iter().find(|it| &*it.name == name && it.scopes.contains(scope));
    let service = plan.service.as_ref().and_then(|it| known?.stack_service(named(it)?));
    Advice {
        stack,
        scope,
        plan,
        sessions,
        peak: open.and_then(|open| forecast::peak(history, now, open)),
        forecast,
        no_forecast,
        tasks: service.map(|it| it.desired),
        gateways: group.map(|it| u32::try_from(it.in_service().count()).unwrap_or(u32::MAX)),
        bounds: group.map(|it| (it.min, it.max)),
        each,
        nodes: plan.cache.as_ref().and_then(|_| billed_nodes(stack, scope, estate, now)),
        contradictions: contradictions(plan, group, each),
    }
}

/// The types of cache nodes on the newest day of the stack's bill that has any, in the region of `scope`.
fn billed_nodes(stack: &Stack, scope: &Scope, estate: &Estate, now: Timestamp) -> Option<(SafeText, Date)> {
    let of_line = |line: &Line| match Metered::of(line.usage_type.as_str()) {
        Some((region, Metered::CacheNode(kind))) if *region == *scope.region => Some(kind),
        _ => None,
    };
    let this = Month::current(now);
    [this, this.previous()].into_iter().find_map(|month| {
        let days = StackMonth::of(stack, month, estate)?.bill()?.days.iter().rev();
        days.into_iter().find_map(|(date, day)| {
            let mut kinds: Vec<String> = day.lines.iter().filter_map(of_line).collect();
            kinds.sort_unstable();
            kinds.dedup();
            (!kinds.is_empty()).then(|| (kinds.join(", ").into(), *date))
        })
    })
}

/// The periods that are over and will not be revised.
fn settled(points: &[(Timestamp, f64)], now: Timestamp) -> &[(Timestamp, f64)] {
    let whole = SignedDuration::from_secs(i64::from(LONG)) + PUBLISHING_DELAY;
    &points[..points.partition_point(|(at, _)| now.duration_since(*at) >= whole)]
}

impl<'a> Advice<'a> {
    /// What is needed now, was at the day's peak, and will be in the next hours at the most; as far as each is known.
    pub fn needs(&self) -> Vec<Need<'a>> {
        let expected = self.forecast.as_ref().and_then(Forecast::most);
        let of = |when, sessions: Option<f64>| {
            let sessions = sessions?.round().max(0.0) as u32;
            let by_limits = self.each.filter(|it| *it > 0).map(|each| sessions.div_ceil(each));
            Some(Need { when, sessions, tier: self.plan.tier(sessions), by_limits })
        };
        [
            of(When::Now, self.sessions.map(|it| f64::from(it.value))),
            of(When::Peak, self.peak.map(|it| it.1)),
            of(When::Next, expected.map(|it| it.1)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// What a plan, the group's maximum and the limits of its gateways do not agree on.
fn contradictions(plan: &Capacity, group: Option<&Group>, each: Option<u32>) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 1;
    for tier in &plan.tiers {
        let sessions = match tier.sessions {
            Some(most) => format!("for {from} to {most} sessions"),
            None => format!("from {from} sessions on"),
        };
        from = tier.sessions.map_or(from, |it| it + 1);
        let Some(Span { least, most }) = tier.gateways else { continue };
        let gateways = tier.gateways.map(|it| it.to_string()).unwrap_or_default();
        if let Some(group) = group.filter(|it| most > it.max) {
            let reach = if least > group.max { "none of them" } else { "not all of them" };
            found.push(format!(
                "{sessions} the plan asks for {gateways} gateways, and the maximum of {} is {}: {reach} can be had",
                group.name, group.max
            ));
        }
        if let Some((each, wanted)) =
            each.zip(tier.sessions).filter(|(each, wanted)| each.saturating_mul(most) < *wanted)
        {
            found.push(format!(
                "{sessions} the plan asks for {gateways} gateways, which take {} at {each} each, not {wanted}: larger \
                 instances, or {} of these",
                each.saturating_mul(most),
                words::count(wanted.div_ceil(each) as usize, "gateway")
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests;
