//! What things cost, as the console shows it: what is asked while somebody looks, and the board above the rows.

pub mod board;
mod budget;
pub mod headline;
mod tail;

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;

use super::App;
use crate::{
    command::ViewName,
    cost::{
        beside::BesideMonth,
        known::{StackMonth, account_of, scope_of},
    },
    domain::{
        cost::{CostFilter, month::Month, usage::Metered},
        id::{Kind, ResourceId, Scope},
        metric::MetricRead,
        query::{Query, Request},
    },
    metrics::Window,
    stack::model::Stack,
};

/// Days of the bill, with what is told of today, that say whether there is a NAT gateway.
const LATELY: i64 = 4;

/// The month that is looked at.
pub fn month(app: &App) -> Month {
    app.month.unwrap_or_else(|| Month::current(app.now))
}

/// The stack whose cost is looked at; `None` where it is that of all.
pub fn stack_in_view(app: &App) -> Option<&Stack> {
    app.place().stack().and_then(|name| app.stack(name))
}

/// The stacks whose cost is looked at.
pub fn stacks_in_view(app: &App) -> Vec<&Stack> {
    match app.place().stack() {
        Some(name) => app.stack(name).into_iter().collect(),
        None => app.stacks.iter().collect(),
    }
}

/// What is known of the looked-at month of a stack.
pub fn known<'a>(app: &'a App, stack: &'a Stack) -> Option<StackMonth<'a>> {
    StackMonth::of(stack, month(app), &app.estate)
}

/// What is asked while the cost view is on screen. Whether a question leaves is decided where it would.
pub fn requests(app: &App) -> Vec<Request> {
    if app.place().view != ViewName::Cost || app.settings.no_cost {
        return Vec::new();
    }
    let stacks = stacks_in_view(app);
    let mut requests: BTreeSet<Request> = stacks.iter().flat_map(|it| of_stack(app, it)).collect();
    if app.place().within.is_none() {
        requests.extend(beside(app).into_iter().map(|it| Request {
            scope: it.scope.clone(),
            query: Query::Allocation { key: it.key, month: month(app) },
        }));
    }
    requests.into_iter().collect()
}

fn of_stack(app: &App, stack: &Stack) -> Vec<Request> {
    let (Some(scope), Some(it)) = (scope_of(stack), known(app, stack)) else { return Vec::new() };
    let (filter, month) = (it.cost.filter.clone(), it.month);
    let mut queries = vec![Query::Bill { filter: filter.clone(), month }];
    // An account that tells nothing of the past tells nothing of the future either; and what is over is not forecast.
    if it.bill().is_some() && month == Month::current(app.now) {
        queries.push(Query::Forecast { filter, month });
    }
    // Which accounts there are explains an empty bill, and nothing else.
    let by_account = matches!(it.cost.filter, CostFilter::Account(_));
    if by_account && it.bill().is_some_and(|it| !it.has_lines()) {
        queries.push(Query::BilledAccounts { month });
    }
    let account = account_of(stack, &app.estate);
    if let (Some(account), Some(_)) = (account, &it.cost.budget) {
        queries.push(Query::Budgets { account: account.as_str().into() });
    }
    let mut requests: Vec<Request> = queries.into_iter().map(|query| Request { scope: scope.clone(), query }).collect();
    requests.extend(with_gateways(app, stack).map(|scope| Request { scope: scope.clone(), query: Query::NatGateways }));
    requests
}

/// The scopes of a stack in which it has lately been billed for NAT gateways.
fn with_gateways<'a>(app: &'a App, stack: &'a Stack) -> impl Iterator<Item = &'a Scope> {
    let bill = known(app, stack).filter(|it| it.month == Month::current(app.now)).and_then(|it| it.bill());
    let lately = bill.map(|it| it.lines(it.until.saturating_sub(LATELY.days()), it.until)).into_iter().flatten();
    // Of a long bill, most lines need not be understood.
    let hours = lately.map(|it| it.usage_type.as_str()).filter(|it| it.ends_with("NatGateway-Hours"));
    let regions: BTreeSet<&str> = hours.filter_map(|it| Metered::of(it).map(|(region, _)| region)).collect();
    stack.scopes.iter().map(|it| &it.scope).filter(move |it| regions.contains(&*it.region))
}

/// What passes the NAT gateways of the stacks that are looked at: told apart, for the bill has them in one line.
pub fn series(app: &App) -> BTreeMap<Scope, BTreeSet<MetricRead>> {
    let mut series: BTreeMap<Scope, BTreeSet<MetricRead>> = BTreeMap::new();
    for stack in stacks_in_view(app).into_iter().filter(|_| !app.settings.no_cost) {
        let Some(cost) = &stack.cost else { continue };
        for scope in with_gateways(app, stack) {
            let known = app.estate.scope(scope).and_then(|it| it.nat_gateways.value());
            let own = known.into_iter().flatten().filter(|it| it.is_in(&cost.filter));
            series.entry(scope.clone()).or_default().extend(own.map(|it| it.sent(Window::Day.period())));
        }
    }
    series
}

/// What is spent beside the stacks, by the tags that they are known by. Nothing where only some of them are watched.
pub fn beside(app: &App) -> Vec<BesideMonth<'_>> {
    if app.settings.narrowed { Vec::new() } else { BesideMonth::all(&app.stacks, month(app), &app.estate) }
}

/// The id of a row that tells of an item of a stack.
pub fn item_id(stack: &str, item: &str) -> ResourceId {
    ResourceId::new(Kind::Spend, &Scope::new("", ""), &format!("{stack}|{item}"))
}

/// The id of a row that tells of what an account spends beside its stacks: under another value of the tag, or none.
pub fn beside_id(scope: &Scope, key: &str, value: Option<&str>) -> ResourceId {
    let value = value.map_or_else(|| format!("no tag {key}"), |it| format!("{key}={it}"));
    ResourceId::new(Kind::Spend, scope, &format!("|{value}"))
}
