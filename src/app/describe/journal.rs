//! The journal itself: where it lies, and whether it is as it was written.

use super::sheet::{Sheet, joined};
use crate::{
    app::{joins::Joins, words},
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, sheet: &mut Sheet) -> Option<()> {
    let records = &joins.app.records;
    let look = records.look.as_ref()?;
    let report = &look.report;
    sheet.field("lies at", look.place.clone());
    sheet.field("holds", format!("{}, {}", words::count(report.lines, "line"), words::bytes(look.bytes as f64)));
    sheet.field("operations", look.operations.len().to_string());
    sheet.section("chain of sums");
    if let Some(fault) = &records.fault {
        sheet.told("now", Role::Critical, fault.clone());
    }
    match &report.broken {
        None => sheet.told("verified", Role::Ok, "✓ each line is as it was written, and follows the one before"),
        Some(broken) => {
            sheet.told("broken", Role::Critical, format!("✗ line {}: {}", broken.number, broken.why));
            sheet.line(Role::Text, "What stands behind it is shown all the same; what the line told may be missing.");
        }
    }
    if let Some(newer) = &report.newer {
        sheet.told("newer", Role::Warning, format!("! line {}: {}", newer.number, newer.why));
    }
    if !report.torn.is_empty() {
        let torn: Vec<String> = report.torn.iter().map(ToString::to_string).collect();
        sheet.field("cut by a crash", joined(torn.iter().map(String::as_str)));
    }
    sheet.section("outside the console");
    sheet.field("verify it", "quarterdeck journal verify");
    sheet.field("pass it on", "quarterdeck journal export --format markdown|json");
    Some(())
}
