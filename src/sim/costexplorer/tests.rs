use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use crate::sim::{Sim, estates, pace::Pace, route, scenario, world::World};

const SHARED: &str = "111122223333";
const CMA: &str = "444455556666";

fn sim() -> Sim {
    Sim::new(estates::world(7, "2026-03-18T09:30:00Z".parse().unwrap()), Pace::Stepped)
}

/// What a service says to a client of the account: the status and the body.
fn ask_at(world: &mut World, target: &str, (account, region): (&str, &str), input: &Json) -> (u16, Json) {
    let scope = format!("AWS4-HMAC-SHA256 Credential=SIM{account}/20260318/{region}/ce/aws4_request, Signature=0");
    let request = http::Request::post("/").header("x-amz-target", target).header("authorization", scope);
    let request = request.header("content-type", "application/x-amz-json-1.1");
    let answer = route::answer(world, &request.body(input.to_string().into()).unwrap());
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

fn ce(sim: &Sim, account: &str, operation: &str, input: &Json) -> (u16, Json) {
    let target = format!("AWSInsightsIndexService.{operation}");
    sim.with_world(|world| ask_at(world, &target, (account, "us-east-1"), input))
}

#[track_caller]
fn told(sim: &Sim, account: &str, operation: &str, input: &Json) -> Json {
    let (status, answer) = ce(sim, account, operation, input);
    assert_eq!(status, 200, "{answer}");
    answer
}

#[track_caller]
fn refused(sim: &Sim, account: &str, operation: &str, input: &Json, code: &str, part: &str) {
    let (status, answer) = ce(sim, account, operation, input);
    assert_eq!((status, answer["__type"].as_str()), (400, Some(code)), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains(part), "{answer}");
}

fn usage(from: &str, to: &str, granularity: &str, more: &Json) -> Json {
    let mut input = json!({
        "TimePeriod": { "Start": from, "End": to },
        "Granularity": granularity,
        "Metrics": ["UnblendedCost"],
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn amount(of: &Json) -> Decimal {
    of["Amount"].as_str().unwrap().parse().unwrap()
}

/// The cost of every stretch, by its start, with the groups where it has any; pages put together.
fn costs(sim: &Sim, account: &str, input: &Json) -> (BTreeMap<String, Decimal>, usize) {
    let (mut costs, mut input, mut pages) = (BTreeMap::new(), input.clone(), 0);
    loop {
        let answer = told(sim, account, "GetCostAndUsage", &input);
        pages += 1;
        for result in answer["ResultsByTime"].as_array().unwrap() {
            let start = result["TimePeriod"]["Start"].as_str().unwrap().to_owned();
            let cost: &mut Decimal = costs.entry(start).or_default();
            if let Some(total) = result["Total"].get("UnblendedCost") {
                *cost += amount(total);
            }
            for group in result["Groups"].as_array().unwrap() {
                *cost += amount(&group["Metrics"]["UnblendedCost"]);
            }
        }
        match answer.get("NextPageToken") {
            Some(token) => input["NextPageToken"] = token.clone(),
            None => return (costs, pages),
        }
    }
}

#[test]
fn a_month_has_a_total_as_aws_writes_it() {
    let input = usage("2026-02-01", "2026-04-01", "MONTHLY", &json!({ "Metrics": ["BlendedCost", "UsageQuantity"] }));
    let answer = told(&sim(), SHARED, "GetCostAndUsage", &input);
    let results = answer["ResultsByTime"].as_array().unwrap();
    let periods: Vec<_> = results.iter().map(|it| (&it["TimePeriod"], &it["Estimated"])).collect();
    let period = |from: &str, to: &str| json!({ "Start": from, "End": to });
    let (february, march) = (period("2026-02-01", "2026-03-01"), period("2026-03-01", "2026-04-01"));
    assert_eq!(periods, [(&february, &json!(false)), (&march, &json!(true))]);
    let blended = &results[0]["Total"]["BlendedCost"];
    assert_eq!(blended["Unit"], "USD");
    assert!((Decimal::from(700)..Decimal::from(1_100)).contains(&amount(blended)), "{blended}");
    let decimals = blended["Amount"].as_str().unwrap().split_once('.').unwrap().1.len();
    assert!((3..=10).contains(&decimals), "{blended}");
    assert_eq!(results[0]["Total"]["UsageQuantity"]["Unit"], "N/A", "hours and gigabytes do not add up");
    assert_eq!((answer.get("GroupDefinitions"), results[0]["Groups"].as_array().unwrap().len()), (None, 0));
}

#[test]
fn groups_are_keyed_by_dimension_and_by_tag() {
    let more = json!({ "GroupBy": [{"Type": "TAG", "Key": "Project"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
        "Metrics": ["UsageQuantity", "UnblendedCost"] });
    let answer = told(&sim(), SHARED, "GetCostAndUsage", &usage("2026-03-10", "2026-03-11", "DAILY", &more));
    assert_eq!(answer["GroupDefinitions"], more["GroupBy"]);
    let result = &answer["ResultsByTime"][0];
    assert_eq!(result["Total"], json!({}));
    let groups = result["Groups"].as_array().unwrap();
    let of = |keys: [&str; 2]| &groups.iter().find(|it| it["Keys"] == json!(keys)).unwrap()["Metrics"];
    let gateways = of(["Project$tsdevstack", "NatGateway-Hours"]);
    assert_eq!(gateways["UsageQuantity"], json!({ "Amount": "48", "Unit": "Hrs" }));
    assert_eq!(gateways["UnblendedCost"], json!({ "Amount": "2.16", "Unit": "USD" }));
    assert_eq!(of(["Project$", "USE1-PublicIPv4:IdleAddress"])["UsageQuantity"]["Amount"], "24");
    let accounts = json!({ "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}] });
    let answer = told(&sim(), CMA, "GetCostAndUsage", &usage("2026-03-10", "2026-03-11", "DAILY", &accounts));
    let described = json!([{ "Value": CMA, "Attributes": { "description": "cma" } }]);
    assert_eq!(answer["DimensionValueAttributes"], described);
}

#[test]
fn days_to_come_and_days_before_anything_are_there_and_empty() {
    let (days, _) = costs(&sim(), CMA, &usage("2026-03-10", "2026-03-25", "DAILY", &json!({})));
    assert_eq!(days.len(), 15);
    assert!(days["2026-03-16"] > Decimal::from(20), "{days:?}");
    assert!(days["2026-03-17"] < days["2026-03-16"], "yesterday is not complete");
    assert_eq!((days["2026-03-18"], days["2026-03-24"]), (Decimal::ZERO, Decimal::ZERO));
    let more = json!({ "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}] });
    let answer = told(&sim(), CMA, "GetCostAndUsage", &usage("2025-03-01", "2025-03-03", "DAILY", &more));
    assert_eq!(answer["ResultsByTime"].as_array().unwrap().len(), 2);
    assert_eq!(answer["ResultsByTime"][1]["Groups"], json!([]));
}

#[test]
fn hours_have_times_and_two_weeks_at_most() {
    let sim = sim();
    let input = usage("2026-03-17T05:00:00Z", "2026-03-17T08:00:00Z", "HOURLY", &json!({}));
    let (hours, _) = costs(&sim, CMA, &input);
    assert_eq!(
        hours.keys().collect::<Vec<_>>(),
        ["2026-03-17T05:00:00Z", "2026-03-17T06:00:00Z", "2026-03-17T07:00:00Z"]
    );
    let old = usage("2026-03-01T05:00:00Z", "2026-03-17T08:00:00Z", "HOURLY", &json!({}));
    refused(&sim, CMA, "GetCostAndUsage", &old, "ValidationException", "more than 14 days ago for hourly granularity");
}

#[test]
fn periods_and_words_that_make_no_sense_are_refused() {
    let sim = sim();
    let cases = [
        (usage("2026-03-10", "2026-03-10", "DAILY", &json!({})), "should be before end date"),
        (usage("2026-3-10", "2026-03-11", "DAILY", &json!({})), "Valid format is: yyyy-MM-dd."),
        (usage("2026-03-10T00:00:00Z", "2026-03-11", "DAILY", &json!({})), "Valid format is: yyyy-MM-dd."),
        (usage("2025-01-01", "2026-03-11", "MONTHLY", &json!({})), "beyond 14 months"),
        (usage("2026-03-10", "2026-04-02", "DAILY", &json!({})), "end date past the beginning of next month"),
        (usage("2026-03-10", "2026-03-11", "WEEKLY", &json!({})), "granularity"),
        (usage("2026-03-10", "2026-03-11", "DAILY", &json!({ "Metrics": [] })), "metrics"),
        (usage("2026-03-10", "2026-03-11", "DAILY", &json!({ "Metrics": ["Money"] })), "Money"),
        (
            usage(
                "2026-03-10",
                "2026-03-11",
                "DAILY",
                &json!({ "GroupBy": [
                {"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "REGION"},
                {"Type": "TAG", "Key": "Project"}] }),
            ),
            "Maximum number of groups",
        ),
        (usage("2026-03-10", "2026-03-11", "DAILY", &json!({ "Filter": {} })), "exactly one"),
        (
            usage(
                "2026-03-10",
                "2026-03-11",
                "DAILY",
                &json!({ "Filter": { "And": [
                {"Dimensions": {"Key": "SERVICE", "Values": ["x"]}}] } }),
            ),
            "at least 2",
        ),
        (
            usage(
                "2026-03-10",
                "2026-03-11",
                "DAILY",
                &json!({ "Filter": {
                "Dimensions": {"Key": "SERVICE", "Values": ["x"], "MatchOptions": ["ABSENT"]} } }),
            ),
            "ABSENT",
        ),
    ];
    for (input, part) in cases {
        refused(&sim, CMA, "GetCostAndUsage", &input, "ValidationException", part);
    }
}

#[test]
fn who_cannot_be_answered_is_told_why() {
    let sim = sim();
    let input = usage("2026-03-10", "2026-03-11", "DAILY", &json!({}));
    let off = "User not enabled for cost explorer access";
    refused(&sim, "777788889999", "GetCostAndUsage", &input, "AccessDeniedException", off);
    sim.with_world(|world| scenario::start(world, "cost-explorer-off").unwrap());
    sim.advance(std::time::Duration::from_secs(2));
    refused(&sim, CMA, "GetCostAndUsage", &input, "AccessDeniedException", off);
    let new = Sim::new(World::new(1, "2026-03-18T09:30:00Z".parse().unwrap()), Pace::Stepped);
    refused(&new, SHARED, "GetCostAndUsage", &input, "DataUnavailableException", "Data is not available");
    let target = "AWSInsightsIndexService.GetCostAndUsage";
    let (_, answer) = sim.with_world(|world| ask_at(world, target, (SHARED, "eu-west-2"), &input));
    assert_eq!(answer["__type"], "InvalidSignatureException");
}

/// A year of days by usage type: many pages.
fn long() -> Json {
    let groups = json!([{"Type": "DIMENSION", "Key": "USAGE_TYPE"}, {"Type": "TAG", "Key": "Project"}]);
    usage("2025-10-01", "2026-03-19", "DAILY", &json!({ "GroupBy": groups }))
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let sim = sim();
    let whole: BTreeMap<String, Decimal> =
        costs(&sim, SHARED, &usage("2025-10-01", "2026-03-19", "DAILY", &json!({}))).0;
    let (paged, pages) = costs(&sim, SHARED, &long());
    assert!(pages > 5, "{pages} pages");
    assert_eq!(paged.len(), whole.len());
    for (day, cost) in whole {
        assert!((paged[&day] - cost).abs() < Decimal::new(1, 6), "{day}: {} and {cost}", paged[&day]);
    }
}

#[test]
fn a_token_belongs_to_its_request_and_to_the_bill_of_its_time() {
    let sim = sim();
    let mut input = long();
    input["NextPageToken"] = told(&sim, SHARED, "GetCostAndUsage", &input)["NextPageToken"].clone();
    let mut other = input.clone();
    other["Granularity"] = json!("MONTHLY");
    refused(&sim, SHARED, "GetCostAndUsage", &other, "RequestChangedException", "changed between pages");
    let mut forged = input.clone();
    forged["NextPageToken"] = json!("AAAA");
    refused(&sim, SHARED, "GetCostAndUsage", &forged, "InvalidNextTokenException", "not valid");
    sim.advance(std::time::Duration::from_hours(1));
    refused(&sim, SHARED, "GetCostAndUsage", &input, "BillExpirationException", "expired");
}

#[test]
fn what_there_is_to_filter_by_is_listed() {
    let sim = sim();
    let period = json!({ "Start": "2026-03-01", "End": "2026-03-18" });
    let values = |more: &Json| {
        let mut input = json!({ "TimePeriod": period, "Dimension": "SERVICE" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = told(&sim, SHARED, "GetDimensionValues", &input);
        let values = answer["DimensionValues"].as_array().unwrap();
        assert_eq!(answer["ReturnSize"], values.len());
        values.iter().map(|it| it["Value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = values(&json!({}));
    assert!(all.is_sorted() && all.contains(&"EC2 - Other".to_owned()) && all.len() > 10, "{all:?}");
    assert_eq!(values(&json!({ "SearchString": "load bal" })), ["Amazon Elastic Load Balancing"]);
    assert_eq!(values(&json!({ "MaxResults": 2 })), all[..2]);
    let dear = values(&json!({ "SortBy": [{ "Key": "UnblendedCost", "SortOrder": "DESCENDING" }] }));
    assert_eq!(dear[0], "EC2 - Other", "gateways");
    let tags = told(&sim, SHARED, "GetTags", &json!({ "TimePeriod": period, "TagKey": "Project" }));
    assert_eq!(tags["Tags"], json!(["", "mint-server", "reactive-notebook", "terminal", "tsdevstack"]));
    assert_eq!(told(&sim, SHARED, "GetTags", &json!({ "TimePeriod": period }))["Tags"], json!(["Project"]));
}

fn forecast(from: &str, to: &str, more: &Json) -> Json {
    let mut input = json!({
        "TimePeriod": { "Start": from, "End": to }, "Granularity": "DAILY", "Metric": "UNBLENDED_COST",
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[test]
fn a_forecast_goes_on_as_the_last_week_went() {
    let sim = sim();
    let (week, _) = costs(&sim, CMA, &usage("2026-03-09", "2026-03-16", "DAILY", &json!({})));
    let a_day = week.values().sum::<Decimal>() / Decimal::from(7);
    let level = json!({ "PredictionIntervalLevel": 80 });
    let answer = told(&sim, CMA, "GetCostForecast", &forecast("2026-03-18", "2026-04-01", &level));
    let results = answer["ForecastResultsByTime"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["TimePeriod"]["Start"]), (14, &json!("2026-03-18")));
    let value = |name: &str| results[0][name].as_str().unwrap().parse::<Decimal>().unwrap();
    let (low, mean, high) =
        (value("PredictionIntervalLowerBound"), value("MeanValue"), value("PredictionIntervalUpperBound"));
    assert!(low < mean && mean < high, "{low} {mean} {high}");
    assert!((mean - a_day).abs() < a_day * Decimal::new(2, 2), "{mean} and {a_day}");
    let sum: Decimal = results.iter().map(|it| it["MeanValue"].as_str().unwrap().parse::<Decimal>().unwrap()).sum();
    assert_eq!(amount(&answer["Total"]), sum);
    let plain = told(&sim, CMA, "GetCostForecast", &forecast("2026-03-18", "2026-04-01", &json!({})));
    assert_eq!(plain["ForecastResultsByTime"][0].get("PredictionIntervalLowerBound"), None);
    let monthly = json!({ "Granularity": "MONTHLY" });
    let months = told(&sim, CMA, "GetCostForecast", &forecast("2026-03-18", "2026-05-01", &monthly));
    assert_eq!(months["ForecastResultsByTime"].as_array().unwrap().len(), 2);
}

#[test]
fn forecasts_that_cannot_be_made_are_refused() {
    let sim = sim();
    let cases = [
        (forecast("2026-03-10", "2026-04-01", &json!({})), "Earliest supported Start is 2026-03-17"),
        (forecast("2026-03-18", "2026-09-01", &json!({})), "Latest supported End is 2026-06-18"),
        (forecast("2026-03-18", "2026-04-01", &json!({ "PredictionIntervalLevel": 50 })), "between 51 and 99"),
        (forecast("2026-03-18", "2026-04-01", &json!({ "Metric": "USAGE_QUANTITY" })), "USAGE_QUANTITY"),
    ];
    for (input, part) in cases {
        refused(&sim, CMA, "GetCostForecast", &input, "ValidationException", part);
    }
    let nothing = json!({ "Filter": { "Tags": { "Key": "Project", "Values": ["nobody"] } } });
    let input = forecast("2026-03-18", "2026-04-01", &nothing);
    refused(&sim, CMA, "GetCostForecast", &input, "DataUnavailableException", "Insufficient amount");
}

#[test]
fn a_budget_says_what_is_spent_and_what_will_be() {
    let sim = sim();
    let budgets = |sim: &Sim, operation: &str, more: &Json| {
        let mut input = json!({ "AccountId": CMA });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let target = format!("AWSBudgetServiceGateway.{operation}");
        sim.with_world(|world| ask_at(world, &target, (CMA, "us-east-1"), &input))
    };
    let (_, answer) = budgets(&sim, "DescribeBudgets", &json!({}));
    let budget = &answer["Budgets"][0];
    assert_eq!((&budget["BudgetName"], &budget["BudgetLimit"]["Amount"]), (&json!("cma-monthly"), &json!("1500.0")));
    let spend = &budget["CalculatedSpend"];
    let (actual, ahead) = (amount(&spend["ActualSpend"]), amount(&spend["ForecastedSpend"]));
    let (month, _) = costs(&sim, CMA, &usage("2026-03-01", "2026-04-01", "MONTHLY", &json!({})));
    assert!((month["2026-03-01"] - actual).abs() < Decimal::new(1, 2));
    assert!(ahead > actual * Decimal::new(15, 1) && ahead < Decimal::from(1_200), "{actual} of {ahead}");
    let named = json!({ "BudgetName": "cma-monthly" });
    assert_eq!(budgets(&sim, "DescribeBudget", &named).1["Budget"]["BudgetType"], "COST");
    let states = |sim: &Sim| {
        let answer = budgets(sim, "DescribeNotificationsForBudget", &named).1;
        let told = answer["Notifications"].as_array().unwrap().clone();
        told.iter().map(|it| (it["Threshold"].as_f64(), it["NotificationState"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(states(&sim), [(Some(80.0), json!("OK")), (Some(100.0), json!("OK"))]);
    // Five days of a hundred times the data will have used the budget up before the month is over.
    sim.with_world(|world| {
        let place = crate::sim::world::Place::new(CMA, "eu-west-2");
        let surge =
            crate::sim::billing::Surge { project: "cma".to_owned(), factor: 100_000, from: 492_600, until: None };
        world.region(&place).billing.surges.push(surge);
    });
    assert_eq!(states(&sim)[1].1, json!("ALARM"));
    let (status, answer) = budgets(&sim, "DescribeBudget", &json!({ "BudgetName": "nobody's" }));
    assert_eq!((status, &answer["__type"]), (400, &json!("NotFoundException")));
    let (_, answer) = budgets(&sim, "DescribeBudgets", &json!({ "AccountId": SHARED }));
    assert_eq!(answer["__type"], "AccessDeniedException");
}

/// Filters up to three deep over services, usage types, regions and tags.
fn filters() -> impl Strategy<Value = Json> {
    let dimension = |key: &'static str, values: &'static [&'static str]| {
        proptest::sample::subsequence(values, 1..=values.len())
            .prop_map(move |values| json!({ "Dimensions": { "Key": key, "Values": values } }))
    };
    let leaf = prop_oneof![
        dimension("SERVICE", &["EC2 - Other", "Amazon Elastic Container Service", "AmazonCloudWatch", "Nothing"]),
        dimension("USAGE_TYPE", &["NatGateway-Bytes", "LoadBalancerUsage", "EUN1-NatGateway-Hours"]),
        dimension("REGION", &["us-east-1", "eu-north-1", "global"]),
        proptest::sample::subsequence(vec!["terminal", "tsdevstack", "mint-server", ""], 1..=3)
            .prop_map(|values| json!({ "Tags": { "Key": "Project", "Values": values } })),
        Just(json!({ "Tags": { "Key": "Project", "MatchOptions": ["ABSENT"] } })),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|all| json!({ "And": all })),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|any| json!({ "Or": any })),
            inner.prop_map(|it| json!({ "Not": it })),
        ]
    })
}

fn groupings() -> impl Strategy<Value = Vec<Json>> {
    let all = ["SERVICE", "USAGE_TYPE", "LINKED_ACCOUNT", "REGION", "OPERATION", "INSTANCE_TYPE", "RECORD_TYPE", "AZ"];
    let mut aspects: Vec<Json> = all.iter().map(|key| json!({ "Type": "DIMENSION", "Key": key })).collect();
    aspects.push(json!({ "Type": "TAG", "Key": "Project" }));
    aspects.push(json!({ "Type": "TAG", "Key": "Owner" }));
    proptest::sample::subsequence(aspects, 1..=2)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is asked: the groups of a stretch add up to its total to the cent, stretches to those of a coarser cut, and
    /// what a filter admits and what it does not to everything.
    #[test]
    fn totals_are_the_sums_of_their_groups(
        filter in filters(), groups in groupings(), from in 0_i16..120, days in 1_i16..60, monthly in any::<bool>(),
    ) {
        let sim = sim();
        let first = jiff::civil::date(2025, 11, 1).saturating_add(jiff::Span::new().days(from));
        let last = first.saturating_add(jiff::Span::new().days(days)).min(jiff::civil::date(2026, 3, 20));
        let (first, last) = (first.to_string(), last.to_string());
        let granularity = if monthly { "MONTHLY" } else { "DAILY" };
        let cost = |granularity: &str, more: Json| costs(&sim, SHARED, &usage(&first, &last, granularity, &more)).0;
        let cent = Decimal::new(1, 2);
        let whole = cost(granularity, json!({ "Filter": filter }));
        let grouped = cost(granularity, json!({ "Filter": filter, "GroupBy": groups }));
        prop_assert_eq!(whole.keys().collect::<Vec<_>>(), grouped.keys().collect::<Vec<_>>());
        for (start, cost) in &whole {
            prop_assert!((grouped[start] - cost).abs() < cent, "{}: {} and {}", start, grouped[start], cost);
        }
        let other = cost(if monthly { "DAILY" } else { "MONTHLY" }, json!({ "Filter": filter }));
        let (one, two): (Decimal, Decimal) = (whole.values().sum(), other.values().sum());
        prop_assert!((one - two).abs() < cent, "{} and {}", one, two);
        let rest: Decimal = cost(granularity, json!({ "Filter": { "Not": filter } })).values().sum();
        let everything: Decimal = cost(granularity, json!({})).values().sum();
        prop_assert!((one + rest - everything).abs() < cent, "{} and {} of {}", one, rest, everything);
    }
}
