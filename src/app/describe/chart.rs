//! A chart: what is read for it, and how it stands.

use super::sheet::Sheet;
use crate::{
    app::{
        charts::{self, plot::plot},
        joins::Joins,
        words,
    },
    domain::id::ResourceId,
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let app = joins.app;
    let chart = charts::find(app, subject)?;
    let plot = plot(app, &chart);
    sheet.section("chart");
    sheet.field("of", format!("{} {}", chart.subject.kind.word(), chart.name(app)));
    sheet.maybe("stack", app.stacks.get(chart.stack).map(|it| it.name.clone()));
    sheet.field("scope", subject.scope.to_string());
    sheet.field("window", format!("the last {}, {} a point", app.window.word(), words::period(app.window.period())));
    for threshold in plot.thresholds.iter().chain(&plot.beyond) {
        sheet.told(&threshold.name, threshold.role, words::figure(plot.unit, threshold.value));
    }
    for (line, measured) in plot.lines.iter().zip(&chart.lines) {
        sheet.section(if line.word.is_empty() { chart.kind.word() } else { line.word });
        let last =
            line.last().map(|(at, value)| format!("{} ({})", words::figure(plot.unit, value), words::ago(app.now, at)));
        sheet.maybe("last", last);
        let range = line
            .range()
            .map(|(least, most)| format!("{} to {}", words::figure(plot.unit, least), words::figure(plot.unit, most)));
        sheet.maybe("range", range);
        sheet.field("metric", format!("{} {}", measured.metric.namespace, measured.metric.name));
        sheet.field("statistic", measured.measure.statistic());
        for (name, value) in &measured.metric.dimensions {
            sheet.field(name.as_str(), value.clone());
        }
        let kept = if measured.watched { "all the time: triage rests on it" } else { "while it is on screen" };
        sheet.told("read", Role::Muted, kept);
    }
    Some(())
}
