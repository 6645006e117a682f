//! A cache or database: its figures.

use super::sheet::Sheet;
use crate::{
    app::{joins::Joins, words},
    domain::id::{Kind, ResourceId},
    metrics::{self, window::FINE},
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let stack = joins.stack_of(subject)?;
    let known = joins.app.estate.scope(&subject.scope);
    sheet.signals(super::about(joins.app, subject));
    sheet.section(subject.kind.word());
    sheet.field("stack", stack.name.clone());
    sheet.field("scope", subject.scope.to_string());
    if subject.kind == Kind::Database {
        let spec = stack.databases.iter().find(|it| *it.name == *subject.key);
        sheet.maybe("replica of", spec.and_then(|it| it.replica_of.as_deref()));
    }
    sheet.section("figures");
    let own = metrics::of_stack(stack, &subject.scope, known).into_iter().filter(|it| it.subject == *subject);
    for measured in own {
        let series = known.and_then(|it| it.series(&measured.read(FINE)));
        let label = measured.metric.name.as_str();
        match series.and_then(|it| it.settled(FINE, joins.app.now)) {
            Some((at, value)) => {
                let figure = words::figure(measured.measure.unit(), measured.measure.shown(value, FINE));
                sheet.field(label, format!("{figure} ({})", words::ago(joins.app.now, at)));
            }
            None if series.is_some() => sheet.told(label, Role::Muted, "no data"),
            None => sheet.told(label, Role::Muted, "not read yet"),
        }
    }
    Some(())
}
