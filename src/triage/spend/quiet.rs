//! Since when nobody has asked anything of target groups.

use jiff::{SignedDuration, Timestamp};

use super::super::{context::Context, series::figures};
use crate::{
    domain::id::{Arn, Scope},
    metrics::{
        Measure, Window,
        window::{FINE, LONG},
    },
};

/// A quiet hour is no news.
pub const QUIET: SignedDuration = SignedDuration::from_hours(2);
/// A series that ends earlier says nothing of now.
pub const CURRENT: SignedDuration = SignedDuration::from_mins(10);

/// Since when none of these target groups of a scope has had a request: the beginning of what is known, at most. `None` where
/// there is none of them, or one of them is not known.
pub fn since<'a>(context: &Context<'_>, scope: &Scope, groups: impl Iterator<Item = &'a Arn>) -> Option<Timestamp> {
    let mut since = None;
    for group in groups {
        since = since.max(Some(of_group(context, scope, group)?));
    }
    since
}

/// By the series that reaches back farthest, whatever it was read for.
fn of_group(context: &Context<'_>, scope: &Scope, group: &Arn) -> Option<Timestamp> {
    let view = context.target_groups.iter().find(|it| it.group.arn == *group && it.place.scope == scope)?;
    let found = figures(view.place, view.group);
    let requests = found.iter().find(|it| it.measure == Measure::Requests)?;
    let periods = [FINE, Window::Day.period(), LONG];
    let known = periods.into_iter().filter_map(|period| {
        let series = view.place.known.series(&requests.read(period))?;
        let covered = series.covered.filter(|it| context.now.duration_since(it.to) <= CURRENT)?;
        let last = series.points.iter().rev().find(|(_, number)| *number > 0.0).map(|(at, _)| *at);
        Some((last, covered.from))
    });
    // What one series knows of a request, another that begins later does not.
    let (last, from) = known.reduce(|(last, from), (other, earlier)| (last.max(other), from.min(earlier)))?;
    Some(last.unwrap_or(from))
}
