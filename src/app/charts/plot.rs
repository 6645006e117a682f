//! A chart's content: lines with their gaps, thresholds, scale and window, ready to be drawn at any size.
//!
//! Invariant: what was not read is not drawn, and what is still incomplete is never joined to what is settled.

use jiff::{SignedDuration, Timestamp};

use super::{Chart, line_word, threshold, threshold::Threshold};
use crate::{
    app::App,
    domain::{
        estate::ScopeEstate,
        metric::{PUBLISHING_DELAY, Series},
    },
    metrics::{Measure, Measured, Unit},
    theme::Role,
};

/// A chart ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    pub unit: Unit,
    pub from: Timestamp,
    pub to: Timestamp,
    pub period: SignedDuration,
    /// The value at the upper end of the scale; the lower end is 0.
    pub top: f64,
    pub lines: Vec<Line>,
    /// Within the scale.
    pub thresholds: Vec<Threshold>,
    /// Far above it: naming them is enough.
    pub beyond: Vec<Threshold>,
    /// Whether every line has been read.
    pub is_read: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What tells it from the others; empty where it is alone.
    pub word: &'static str,
    pub role: Role,
    /// Points that belong together, oldest first; a gap lies between two of these.
    pub segments: Vec<Vec<(Timestamp, f64)>>,
    /// The newest point while its period is incomplete.
    pub partial: Option<(Timestamp, f64)>,
}

/// A threshold higher than so many times what was measured would flatten the lines.
const FAR: f64 = 4.0;

/// What `chart` shows in the window that is set.
pub fn plot(app: &App, chart: &Chart) -> Plot {
    let window = app.window;
    let period = SignedDuration::from_secs(i64::from(window.period()));
    let to = app.now;
    let from = to.saturating_sub(window.span()).unwrap_or(Timestamp::MIN);
    let known = app.estate.scope(&chart.subject.scope);
    let unit = chart.lines.first().map_or(Unit::Count, |it| it.measure.unit());
    let lines: Vec<Line> = chart.lines.iter().map(|it| line(known, it, window.period(), (from, to))).collect();
    let is_read =
        chart.lines.iter().all(|it| series(known, it, window.period()).is_some_and(|it| it.covered.is_some()));
    let most = lines.iter().flat_map(Line::points).map(|(_, value)| value).fold(0.0, f64::max);
    let (thresholds, beyond): (Vec<_>, Vec<_>) =
        threshold::of(app, chart).into_iter().partition(|it| most <= 0.0 || it.value <= most * FAR);
    // A threshold at the very top would not show what is above it.
    let highest = thresholds.iter().map(|it| it.value * 1.05).fold(most, f64::max);
    Plot { unit, from, to, period, top: scale(unit, highest), lines, thresholds, beyond, is_read }
}

fn series<'a>(known: Option<&'a ScopeEstate>, of: &Measured, period: u32) -> Option<&'a Series> {
    known?.series(&of.read(period))
}

fn line(known: Option<&ScopeEstate>, of: &Measured, period: u32, (from, to): (Timestamp, Timestamp)) -> Line {
    let mut line = Line { word: line_word(of.measure), role: role(of.measure), segments: Vec::new(), partial: None };
    let Some(series) = series(known, of, period) else { return line };
    let mut points = series.since(from).to_vec();
    if series.is_newest_partial(period, to) {
        line.partial = points.pop();
    }
    if of.measure.is_zero_where_absent() {
        points = with_zeros(&points, series, i64::from(period), from);
    }
    let reach = SignedDuration::from_secs(i64::from(period) * 3 / 2);
    for (at, value) in points {
        let point = (at, of.measure.shown(value, period));
        match line.segments.last_mut() {
            Some(segment) if segment.last().is_some_and(|(last, _)| at.duration_since(*last) <= reach) => {
                segment.push(point);
            }
            _ => line.segments.push(vec![point]),
        }
    }
    line.partial = line.partial.map(|(at, value)| (at, of.measure.shown(value, period)));
    line
}

/// The points with a 0 for each period that was read, must have been published, and has none.
fn with_zeros(points: &[(Timestamp, f64)], series: &Series, period: i64, from: Timestamp) -> Vec<(Timestamp, f64)> {
    let Some(covered) = series.covered else { return points.to_vec() };
    let published = covered.to.as_second() - PUBLISHING_DELAY.as_secs() - period;
    let first = from.max(covered.from).as_second();
    let first = first + (-first).rem_euclid(period);
    let mut known = points.iter().peekable();
    let mut filled = Vec::with_capacity(points.len());
    let mut second = first;
    while second <= published {
        if let Some(point) = known.next_if(|(at, _)| at.as_second() <= second) {
            filled.push(*point);
            second += if point.0.as_second() == second { period } else { 0 };
        } else {
            filled.extend(Timestamp::from_second(second).ok().map(|at| (at, 0.0)));
            second += period;
        }
    }
    filled.extend(known);
    filled
}

fn role(measure: Measure) -> Role {
    match measure {
        Measure::LatencyP50 => Role::Muted,
        Measure::LatencyP99 => Role::Text,
        Measure::Target5xx | Measure::UnhealthyHosts => Role::Critical,
        Measure::Balancer5xx => Role::Warning,
        Measure::HealthyHosts => Role::Ok,
        _ => Role::MeterFull,
    }
}

/// The end of a scale on which `highest` can be read: 1, 2, 2.5 or 5 times a power of ten (of 1024 for bytes).
fn scale(unit: Unit, highest: f64) -> f64 {
    if unit == Unit::Percent && highest > 50.0 {
        return if highest > 100.0 { highest } else { 100.0 };
    }
    if highest <= 0.0 {
        return 1.0;
    }
    let mut factor = 1.0;
    if unit == Unit::Bytes {
        while highest / factor >= 1024.0 {
            factor *= 1024.0;
        }
    }
    let power = 10_f64.powf((highest / factor).log10().floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|it| it * power * factor >= highest * 0.999).unwrap_or(10.0);
    step * power * factor
}

impl Line {
    /// Every point, the partial one too.
    pub fn points(&self) -> impl Iterator<Item = (Timestamp, f64)> {
        self.segments.iter().flatten().copied().chain(self.partial)
    }

    /// The newest settled point.
    pub fn last(&self) -> Option<(Timestamp, f64)> {
        self.segments.last()?.last().copied()
    }

    /// The least and the most of what is settled.
    pub fn range(&self) -> Option<(f64, f64)> {
        let values = self.segments.iter().flatten().map(|(_, value)| *value);
        values.fold(None, |range, value| match range {
            None => Some((value, value)),
            Some((least, most)) => Some((f64::min(least, value), f64::max(most, value))),
        })
    }

    /// The value of the period that holds `at`, and whether it is incomplete.
    pub fn value_at(&self, at: Timestamp, period: SignedDuration) -> Option<(f64, bool)> {
        let holds = |start: Timestamp| start <= at && at.duration_since(start) < period;
        let partial = self.partial.filter(|(start, _)| holds(*start)).map(|(_, value)| (value, true));
        let settled = self.segments.iter().flatten().find(|(start, _)| holds(*start)).map(|(_, value)| (*value, false));
        settled.or(partial)
    }
}

impl Plot {
    /// When the newest settled value of any line began.
    pub fn newest(&self) -> Option<Timestamp> {
        self.lines.iter().filter_map(Line::last).map(|(at, _)| at).max()
    }

    /// The line by which the chart is judged: what is promised is the p95.
    pub fn main(&self) -> Option<&Line> {
        self.lines.iter().find(|it| it.word == "p95").or(self.lines.first())
    }

    pub fn has_points(&self) -> bool {
        self.lines.iter().any(|it| it.points().next().is_some())
    }
}
