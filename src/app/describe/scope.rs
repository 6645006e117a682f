//! A scope: who the credentials belong to, and how each of its reads stands. Also one of the console's calls.

use super::sheet::Sheet;
use crate::{
    app::{joins::Joins, words},
    domain::{id::ResourceId, text::SafeText},
    theme::Role,
    triage::ALL_CALLS,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    if let Some(known) = joins.app.estate.scope(&subject.scope) {
        sheet.signals(super::about(joins.app, subject));
        sheet.section("identity");
        sheet.maybe("account", known.identity.value().map(|it| it.account.clone()));
        sheet.maybe("as", known.identity.value().map(|it| it.arn.clone()));
        let ends = known.identity.value().and_then(|it| it.expires_at);
        sheet.maybe("credentials end", ends.map(|at| words::moment_ahead(joins.app.now, at)));
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
    let meter = &joins.app.meter;
    let all = (*subject.key == *ALL_CALLS).then(|| meter.all());
    let service = || meter.by_service().remove(subject.key.strip_suffix(':')?);
    let operation = || meter.by_operation().get(&SafeText::new(&subject.key)).cloned();
    let prefix = if all.is_some() { "" } else { &*subject.key };
    let usage = all.or_else(service).or_else(operation)?;
    sheet.signals(super::about(joins.app, subject));
    sheet.section("use of AWS");
    sheet.field("last minute", words::count(meter.last_minute(prefix), "call"));
    sheet.field("calls", usage.calls.to_string());
    sheet.field("throttles", usage.throttles.to_string());
    sheet.field("retries", usage.retries.to_string());
    sheet.field("failures", usage.failures.to_string());
    for (label, percent) in [("p50", 50), ("p99", 99), ("slowest lately", 100)] {
        sheet.maybe(label, usage.percentile(percent).map(|it| words::milliseconds(f64::from(it))));
    }
    sheet.field("bytes", words::bytes(usage.bytes as f64));
    if usage.metrics > 0 {
        sheet.field("metrics", format!("{} requested, each billed", usage.metrics));
        sheet.field("an hour", format!("{} as it goes now", meter.metric_price_per_hour(joins.app.now).per_hour()));
    }
    if usage.pages > 0 {
        sheet.field("pages", format!("{} of Cost Explorer, each billed", usage.pages));
    }
    if let Some(price) = usage.price() {
        // Pages are billed by the cent, metrics by its thousandths.
        let price = if usage.metrics > 0 { price.price() } else { price.to_string() };
        sheet.field("price", format!("{price} since the console began"));
    }
    Some(())
}
