//! What is billed: read from the simulator's estates, and from answers of every kind.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use quarterdeck::{
    aws::{
        Clients,
        clients::{Credentials, Patience},
        fetch,
    },
    domain::{
        cost::{
            CostFilter, Told, Why,
            bill::{Bill, first_unsettled},
            budget::{Bound, Spend},
            item::Item,
            month::Month,
        },
        fault::FaultKind,
        id::Scope,
        query::{Answer, Attempt, Outcome, Query, Request},
    },
    runtime::sim_connector::http_client,
    sim::{Sim, estates, pace::Pace, scenario, world::World},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::canned::{NOW, Said, access, ask, complete, failed, ok, partial, refusal};

/// An account of the simulator, seen from a region that Cost Explorer does not answer in.
struct Account {
    sim: Arc<Sim>,
    clients: Clients,
    attempts: Arc<Mutex<Vec<Attempt>>>,
}

fn scope() -> Scope {
    Scope::new("estate", "eu-west-2")
}

impl Account {
    async fn of(account: &str, world: World) -> Self {
        let sim = Arc::new(Sim::new(world, Pace::Stepped));
        let credentials = Credentials::Simulator { account: account.to_owned() };
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let reported = attempts.clone();
        let report = move |attempt| reported.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
        let access = access(credentials, http_client(sim.clone(), Duration::ZERO), Patience::default(), report);
        let clients = Clients::connect(&scope(), &access).await.unwrap();
        Self { sim, clients, attempts }
    }

    async fn of_the_estates(account: &str) -> Self {
        Self::of(account, estates::world(1, NOW)).await
    }

    async fn ends(&self, query: Query) -> Outcome {
        fetch(&self.clients, &Request { scope: scope(), query }, self.sim.now()).await
    }

    /// Attempts at operations of `prefix`, and the pages that were billed for them.
    fn asked(&self, prefix: &str) -> (usize, u32) {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it: Vec<_> = attempts.iter().filter(|it| it.operation.as_str().starts_with(prefix)).collect();
        (of_it.len(), of_it.iter().map(|it| it.pages).sum())
    }
}

fn tagged(value: &str) -> CostFilter {
    CostFilter::Tag { key: "Project".into(), value: value.into() }
}

fn this_month() -> Month {
    Month::current(NOW)
}

async fn bill(account: &Account, filter: CostFilter) -> Bill {
    match complete(account.ends(Query::Bill { filter, month: this_month() }).await) {
        Answer::Bill(told) => told.value().expect("a bill").clone(),
        other => panic!("{other:?}"),
    }
}

fn item(bill: &Bill, from: i64, until: i64, of: Item) -> Decimal {
    let day = |at: i64| this_month().first().saturating_add(jiff::Span::new().days(at));
    bill.lines(day(from), day(until)).filter(|it| it.item() == of).map(|it| it.cost).sum()
}

#[tokio::test]
async fn a_stacks_bill_is_read_to_its_last_page() {
    let shared = Account::of_the_estates("111122223333").await;
    let bill = bill(&shared, tagged("tsdevstack")).await;
    assert_eq!(
        (bill.from, bill.until),
        (this_month().previous().first(), quarterdeck::domain::cost::month::day_of(NOW) + jiff::Span::new().days(1))
    );
    assert_eq!(bill.days.len(), 45);
    // The first seven days of the month are complete: gateways are the largest of them.
    let nat = item(&bill, 0, 7, Item::Nat);
    assert!(nat > Decimal::from(18), "{nat}");
    for other in
        [Item::Fargate, Item::LoadBalancer, Item::Rds, Item::Elasticache, Item::SecretsManager, Item::Cloudfront]
    {
        assert!((Decimal::ONE / Decimal::TEN..nat).contains(&item(&bill, 0, 7, other)), "{other:?}");
    }
    let hours: Decimal = bill.days[&this_month().first()]
        .lines
        .iter()
        .filter(|it| it.usage_type.as_str() == "NatGateway-Hours" && it.unit.as_str() == "Hrs")
        .map(|it| it.quantity)
        .sum();
    assert_eq!(hours, Decimal::from(48));
    assert!(bill.days.iter().all(|(day, it)| it.estimated == (*day >= this_month().first())));
    let settled: Vec<_> = bill.days.range(..first_unsettled(NOW)).collect();
    assert!(settled.iter().all(|(_, day)| day.cost() > Decimal::from(6)), "a settled day is whole");
    assert_eq!(shared.asked("ce:"), (bill.pages as usize, bill.pages));
}

#[tokio::test]
async fn an_account_is_a_filter_too_and_pages_are_counted_and_paid() {
    let cma = Account::of_the_estates("444455556666").await;
    let (by_tag, by_account) =
        (bill(&cma, tagged("cma")).await, bill(&cma, CostFilter::Account("444455556666".into())).await);
    assert_eq!(
        by_tag.days.values().map(|it| it.lines.len()).sum::<usize>(),
        by_account.days.values().map(|it| it.lines.len()).sum::<usize>()
    );
    assert_eq!(by_tag.cost(by_tag.from, by_tag.until), by_account.cost(by_account.from, by_account.until));
    let shared = Account::of_the_estates("111122223333").await;
    let whole = bill(&shared, CostFilter::Account("111122223333".into())).await;
    assert!(whole.pages > 1, "{} pages", whole.pages);
    assert_eq!(shared.asked("ce:GetCostAndUsage"), (whole.pages as usize, whole.pages));
    let stacks = ["terminal", "tsdevstack", "mint-server", "reactive-notebook"];
    let mut sum = Decimal::ZERO;
    for stack in stacks {
        let bill = bill(&shared, tagged(stack)).await;
        sum += bill.cost(bill.from, bill.until);
    }
    let total = whole.cost(whole.from, whole.until);
    assert!(sum < total && sum > total * Decimal::new(9, 1), "{sum} of {total}");
}

#[tokio::test]
async fn shares_of_a_month_tell_what_is_untagged() {
    let shared = Account::of_the_estates("111122223333").await;
    let query = Query::Allocation { key: "Project".into(), month: this_month() };
    let Answer::Allocation(told) = complete(shared.ends(query).await) else { panic!() };
    let allocation = told.value().expect("shares");
    let untagged = allocation.untagged();
    assert!(untagged > Decimal::ONE && untagged < allocation.total() * Decimal::new(5, 2), "{untagged}");
    assert!(allocation.shares.iter().any(|it| it.value.as_ref().is_some_and(|it| it.as_str() == "mint-server")));
    assert_eq!(shared.asked("ce:"), (1, 1));
}

#[tokio::test]
async fn the_rest_of_the_month_is_forecast_between_two_figures() {
    let cma = Account::of_the_estates("444455556666").await;
    let query = Query::Forecast { filter: tagged("cma"), month: this_month() };
    let Answer::Forecast(told) = complete(cma.ends(query).await) else { panic!() };
    let forecast = told.value().expect("a forecast");
    assert!(forecast.least < forecast.mean && forecast.mean < forecast.most, "{forecast:?}");
    assert!((Decimal::from(400)..Decimal::from(800)).contains(&forecast.mean), "seventeen days: {forecast:?}");
    assert_eq!(cma.asked("ce:GetCostForecast"), (1, 1));
}

#[tokio::test]
async fn budgets_come_with_their_thresholds_and_cost_nothing() {
    let cma = Account::of_the_estates("444455556666").await;
    let Answer::Budgets(told) = complete(cma.ends(Query::Budgets { account: "444455556666".into() }).await) else {
        panic!()
    };
    let [budget] = told.value().expect("budgets").as_slice() else { panic!("{told:?}") };
    assert_eq!(
        (budget.name.as_str(), budget.limit, budget.period.as_str()),
        ("cma-monthly", Decimal::from(1500), "MONTHLY")
    );
    assert!(budget.actual > Decimal::from(300) && budget.forecast > Some(budget.actual), "{budget:?}");
    let thresholds: Vec<_> = budget.thresholds.iter().map(|it| (it.of, it.bound, it.passed)).collect();
    let percent = |of: i64| Bound::Percent(Decimal::from(of));
    assert_eq!(thresholds, [(Spend::Actual, percent(80), false), (Spend::Forecast, percent(100), false)]);
    assert!(budget.updated_at.is_some_and(|at| at < NOW));
    assert_eq!((cma.asked("ce:").0, cma.asked("budgets:")), (0, (2, 0)));
}

fn why(outcome: Outcome) -> (Why, String) {
    let silence = match complete(outcome) {
        Answer::Bill(told) => told.silence().cloned(),
        Answer::Forecast(told) => told.silence().cloned(),
        Answer::Budgets(told) => told.silence().cloned(),
        other => panic!("{other:?}"),
    };
    let silence = silence.expect("nothing is told");
    (silence.why, silence.message.to_string())
}

#[tokio::test]
async fn an_account_that_tells_nothing_is_no_fault() {
    let query = || Query::Bill { filter: tagged("cma"), month: this_month() };
    let off = "User not enabled for cost explorer access";
    let nobodys = Account::of_the_estates("777788889999").await;
    assert_eq!(why(nobodys.ends(query()).await), (Why::Off, off.to_owned()));
    assert_eq!(nobodys.asked("ce:"), (1, 0), "a refusal is not billed");
    let cma = Account::of_the_estates("444455556666").await;
    cma.sim.with_world(|world| scenario::start(world, "cost-explorer-off").unwrap());
    cma.sim.advance(Duration::from_secs(2));
    assert_eq!(why(cma.ends(query()).await).0, Why::Off);
    let budgets = complete(cma.ends(Query::Budgets { account: "444455556666".into() }).await);
    assert!(matches!(budgets, Answer::Budgets(Told::Value(budgets)) if budgets.len() == 1));
    let new = Account::of("111122223333", World::new(1, NOW)).await;
    assert_eq!(why(new.ends(query()).await).0, Why::TooLittle);
    let other = Account::of_the_estates("444455556666").await;
    assert_eq!(why(other.ends(Query::Budgets { account: "111122223333".into() }).await).0, Why::Denied);
    let forecast = Query::Forecast { filter: tagged("nobody"), month: this_month() };
    assert_eq!(why(other.ends(forecast).await).0, Why::TooLittle);
}

#[tokio::test]
async fn a_month_that_has_not_begun_or_is_not_kept_any_more_is_not_asked_about() {
    let cma = Account::of_the_estates("444455556666").await;
    let old = (0..14).fold(this_month(), |month, _| month.previous());
    for query in [Query::Bill { filter: tagged("cma"), month: old }, Query::BilledAccounts { month: old }] {
        assert!(failed(cma.ends(query).await).message.as_str().contains("is not kept any more"));
    }
    let ahead = Query::Bill { filter: tagged("cma"), month: this_month().next() };
    assert_eq!(failed(cma.ends(ahead).await).kind, FaultKind::Rejected);
    let over = Query::Forecast { filter: tagged("cma"), month: this_month().previous() };
    assert_eq!(failed(cma.ends(over).await).kind, FaultKind::Rejected);
    assert_eq!(cma.asked("ce:"), (0, 0));
}

fn group(usage_type: &str, cost: &str) -> Value {
    json!({ "Keys": ["EC2 - Other", usage_type], "Metrics": {
        "UnblendedCost": { "Amount": cost, "Unit": "USD" }, "UsageQuantity": { "Amount": "1", "Unit": "GB" } } })
}

fn day(day: &str, groups: &[Value]) -> Value {
    json!({ "TimePeriod": { "Start": day, "End": day }, "Total": {}, "Groups": groups, "Estimated": true })
}

fn billed() -> Query {
    Query::Bill { filter: tagged("cma"), month: this_month() }
}

/// Cost Explorer with so many pages, each of which goes on with the same day.
fn paged(pages: usize, answered: usize) -> impl Fn(&super::canned::Asked) -> Said + Send + Sync + 'static {
    let asked = AtomicUsize::new(0);
    move |_| {
        let page = asked.fetch_add(1, Ordering::Relaxed);
        if page >= answered {
            return refusal(400, "LimitExceededException", "Rate exceeded");
        }
        let results = json!([day("2023-11-02", &[group(&format!("type-{page}"), "0.1")])]);
        let next = (page + 1 < pages).then(|| format!("token-{page}"));
        ok(json!({ "ResultsByTime": results, "NextPageToken": next }).to_string())
    }
}

#[tokio::test]
async fn a_day_that_goes_on_over_pages_is_one_day() {
    for pages in [1, 2, 10, 11] {
        let Answer::Bill(told) = complete(ask(billed(), paged(pages, pages)).await) else { panic!() };
        let bill = told.value().expect("a bill");
        assert_eq!((bill.days.len(), bill.pages as usize), (1, pages));
        let cost = bill.cost(bill.from, bill.until);
        assert_eq!(cost, Decimal::new(i64::try_from(pages).unwrap(), 1), "{pages} pages");
    }
}

#[tokio::test]
async fn what_was_paid_for_before_a_page_failed_is_kept() {
    let (answer, fault) = partial(ask(billed(), paged(5, 3)).await);
    let Answer::Bill(told) = answer else { panic!("{answer:?}") };
    assert_eq!(told.value().map(|it| (it.pages, it.days.len())), Some((3, 1)));
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Throttled, "LimitExceededException"));
    let fault = failed(ask(billed(), paged(5, 0)).await);
    assert_eq!(fault.kind, FaultKind::Throttled);
}

#[tokio::test]
async fn what_is_no_amount_and_no_day_is_garbled() {
    for (when, cost) in [("2023-11-02", "12,5"), ("2023-11-02", ""), ("yesterday", "1")] {
        let results = json!({ "ResultsByTime": [day(when, &[group("x", cost)])] }).to_string();
        let fault = failed(ask(billed(), move |_| ok(results.clone())).await);
        assert_eq!(fault.kind, FaultKind::Garbled, "{when} {cost}: {fault:?}");
    }
    for empty in [json!({}), json!({ "ResultsByTime": [] }), json!({ "ResultsByTime": [day("2023-11-02", &[])] })] {
        let body = empty.to_string();
        let answer = complete(ask(billed(), move |_| ok(body.clone())).await);
        assert!(
            matches!(answer, Answer::Bill(told) if told.value().is_some_and(|it| it.cost(it.from, it.until).is_zero()))
        );
    }
}

#[tokio::test]
async fn a_budget_whose_thresholds_are_denied_is_told_without_them() {
    let budget = |name: &str, kind: &str| {
        json!({ "BudgetName": name, "BudgetType": kind, "TimeUnit": "MONTHLY",
            "BudgetLimit": { "Amount": "100.0", "Unit": "EUR" },
            "CalculatedSpend": { "ActualSpend": { "Amount": "12.5", "Unit": "EUR" } } })
    };
    let budgets = json!({ "Budgets": [budget("spend", "COST"), budget("hours", "USAGE")] }).to_string();
    let query = Query::Budgets { account: "111122223333".into() };
    let (answer, fault) = partial(
        ask(query, move |asked| match asked.operation.as_str() {
            "DescribeBudgets" => ok(budgets.clone()),
            _ => refusal(400, "AccessDeniedException", "no"),
        })
        .await,
    );
    let Answer::Budgets(Told::Value(budgets)) = answer else { panic!("{answer:?}") };
    let [budget] = budgets.as_slice() else { panic!("{budgets:?}") };
    assert_eq!((budget.currency.code(), budget.forecast, budget.thresholds.len()), ("EUR", None, 0));
    assert_eq!(fault.operation.as_str(), "budgets:DescribeNotificationsForBudget");
}

#[tokio::test]
async fn calls_are_signed_for_the_home_of_billing() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    let _outcome = ask(billed(), move |asked| {
        noted.lock().unwrap_or_else(PoisonError::into_inner).push(asked.authorization.clone());
        ok("{}")
    })
    .await;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(seen.iter().all(|it| it.contains("/us-east-1/ce/aws4_request")) && !seen.is_empty(), "{seen:?}");
}
