//! What money is spent on: an item of a stack by usage type, with the price of a unit.

use super::sheet::Sheet;
use crate::{
    app::{costs, joins::Joins},
    cost::{
        beside::Beside,
        gap::{self, Driver},
        moves::{Over, moves},
        prices::{PriceBasis, Prices},
        summary::Summary,
    },
    domain::{
        cost::{bill::Bill, item::ITEMS, usage::Metered},
        id::ResourceId,
        text::SafeText,
    },
    theme::Role,
};

pub fn describe(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let app = joins.app;
    let (stack, word) = subject.key.split_once('|')?;
    if stack.is_empty() {
        return beside(joins, subject, sheet);
    }
    let (item, _, name) = ITEMS.iter().find(|(_, it, _)| *it == word)?;
    let it = costs::known(app, app.stack(stack)?)?;
    let (bill, summary) = (it.bill()?, it.summary()?);
    let (_, figures) = summary.items.iter().find(|(known, _)| known == item)?;
    let money = |amount| summary.money(amount).to_string();
    sheet.section(&format!("{name} of {stack}"));
    sheet.field("month to date", format!("{} actual", money(figures.to_date)));
    let before = figures.before.zip(figures.whole_before);
    let before = before.map(|(same, all)| format!("{} to the same day, {} in all, actual", money(same), money(all)));
    sheet.maybe("last month", before);
    sheet.maybe("run-rate", figures.run_rate.map(|it| format!("{} a month, by the last complete days", money(it))));
    sheet.maybe(
        "estimate",
        figures.estimate.map(|it| {
            let range =
                if it.least == it.most { money(it.most) } else { format!("{} to {}", money(it.least), money(it.most)) };
            format!("{range} a month")
        }),
    );
    sheet.moment("as of", Some(summary.fetched_at));
    let because = gap::why(bill, &summary, *item);
    if let Some(because) = because {
        sheet.line(Role::Text, because);
    }
    sheet.section("by usage type, at the run-rate");
    for driver in gap::drivers(bill, &summary, *item) {
        usage(bill, &driver, sheet);
    }
    moved(bill, &summary, *item, sheet);
    Some(())
}

/// What an account spends under one value of a tag that no stack here has, or under none.
fn beside(joins: &Joins<'_>, subject: &ResourceId, sheet: &mut Sheet) -> Option<()> {
    let months = costs::beside(joins.app);
    let found = months.iter().find_map(|it| {
        let is_it = |share: &Beside| {
            costs::beside_id(it.scope, &it.key, share.value.as_ref().map(SafeText::as_str)) == *subject
        };
        Some((it, it.shares()?.into_iter().find(is_it)?))
    });
    let (month, share) = found?;
    sheet.section(&format!("{}: spent beside the stacks", share.name(&month.key)));
    sheet.field("month to date", format!("{} actual", share.total));
    sheet.field(
        "asked with",
        if month.scope.profile.is_empty() { "the default credentials" } else { &month.scope.profile },
    );
    sheet.moment("as of", month.fetched_at());
    sheet.section("by service, actual");
    for (service, cost) in &share.services {
        sheet.line(Role::Text, format!("{:>14}  {service}", cost.to_string()));
    }
    Some(())
}

fn usage(bill: &Bill, driver: &Driver, sheet: &mut Sheet) {
    let a_day = driver.a_day.round_dp(2).normalize();
    let unit = if driver.unit.is_empty() { "units" } else { driver.unit.as_str() };
    sheet.field(driver.usage_type.as_str(), format!("{} a month: {a_day} {unit} a day", driver.a_month));
    let listed = Metered::of(driver.usage_type.as_str()).and_then(|(region, metered)| {
        Prices::of(None).price(region, &metered).filter(|it| it.each.currency == bill.currency)
    });
    if let Some(each) = driver.each {
        let listed =
            listed.map_or_else(String::new, |it| format!(" ({} {})", it.each.price(), PriceBasis::List.words()));
        sheet.field("  each", format!("{} as billed{listed}", each.price()));
    }
}

fn moved(bill: &Bill, summary: &Summary, item: crate::domain::cost::item::Item, sheet: &mut Sheet) {
    sheet.section("moved, actual");
    for over in [Over::Day, Over::Week] {
        let own = moves(bill, summary.unsettled_from, over).into_iter().filter(|it| it.item == item);
        for it in own {
            let change = summary.money(it.change());
            let (before, after) = (summary.money(it.before).figure(), summary.money(it.after).figure());
            sheet.field(
                &over.compared(summary.unsettled_from.min(bill.until)),
                format!("{}{change} {} ({before} → {after})", change.plus(), it.usage_type),
            );
        }
    }
}
