//! A scope: who the credentials belong to, and how each of its reads stands. Also one of the console's calls.

use super::sheet::Sheet;
use crate::{
    app::{joins::Joins, words},
    domain::id::ResourceId,
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    if let Some(known) = joins.app.estate.scope(&subject.scope) {
        sheet.signals(super::about(joins.app, subject));
        sheet.section("identity");
        sheet.maybe("account", known.identity.value().map(|it| it.account.clone()));
        sheet.maybe("as", known.identity.value().map(|it| it.arn.clone()));
        sheet.section("reads");
        for read in known.reads() {
            let Some(fault) = read.fault else {
                let age = read.fetched_at.map(|at| format!("read {}", words::ago(joins.app.now, at)));
                sheet.maybe(&read.what, age);
                continue;
            };
            let text = format!("{}: {} {}: {}", fault.operation, fault.kind.word(), fault.code, fault.message);
            sheet.told(&read.what, Role::Faulted, text);
            sheet.maybe("  request id", fault.request_id.clone());
        }
        return Some(());
    }
    let (name, usage) = joins.app.meter.by_operation().iter().find(|(name, _)| name.as_str() == &*subject.key)?;
    sheet.section("use of AWS");
    sheet.field("last minute", words::count(joins.app.meter.last_minute(name.as_str()), "call"));
    sheet.field("calls", usage.calls.to_string());
    sheet.field("throttles", usage.throttles.to_string());
    sheet.field("retries", usage.retries.to_string());
    sheet.field("failures", usage.failures.to_string());
    sheet.field("slowest", words::milliseconds(f64::from(usage.slowest)));
    Some(())
}
