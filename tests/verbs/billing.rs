//! `quarterdeck cost`: its three formats, which tell the same, and what it refuses before anything is paid.

use std::{collections::BTreeMap, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::Site;
use crate::console::at;

fn decimal(value: &Value) -> Decimal {
    Decimal::from_str(value.as_str().unwrap_or_else(|| panic!("{value} is no amount"))).expect("an amount")
}

fn to_the_cent(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// As `1,234.50`.
fn grouped(amount: Decimal) -> String {
    let text = format!("{amount:.2}");
    let (whole, cents) = text.split_once('.').expect("cents");
    let from_end: Vec<char> = whole.chars().rev().collect();
    let groups: Vec<String> = from_end.chunks(3).map(|it| it.iter().collect()).collect();
    format!("{}.{cents}", groups.join(",").chars().rev().collect::<String>())
}

/// What each stack cost by the lines of its bill.
fn by_lines(said: &str) -> BTreeMap<String, Decimal> {
    let mut reader = csv::Reader::from_reader(said.as_bytes());
    let heading = reader.headers().expect("a heading").clone();
    let wanted = "stack,date,complete,item,service,usage_type,cost,currency,quantity,unit";
    assert_eq!(heading.iter().collect::<Vec<_>>().join(","), wanted);
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for record in reader.records() {
        let record = record.expect("a line");
        *sums.entry(record[0].to_owned()).or_default() += Decimal::from_str(&record[6]).expect("an amount");
    }
    sums
}

/// What each stack cost, to which its items and their run-rates must add up.
fn by_items(document: &Value) -> BTreeMap<String, Decimal> {
    assert_eq!(at(document, "/schema"), "quarterdeck.cost/1");
    let stacks = document["stacks"].as_array().expect("stacks");
    let total = |stack: &Value| {
        let name = stack["name"].as_str().expect("a name").to_owned();
        let items = stack["items"].as_array().expect("items");
        for field in ["month_to_date", "run_rate"] {
            let sum = items.iter().map(|it| decimal(&it[field])).sum::<Decimal>();
            assert_eq!(sum, decimal(&stack[field]), "{field} of {name}");
        }
        (name, decimal(&stack["month_to_date"]))
    };
    stacks.iter().map(total).collect()
}

/// The month this many before the one that is written so.
fn months_before(month: &str, count: u32) -> String {
    let (year, of_year) = month.split_once('-').expect("a month");
    let [year, of_year] = [year, of_year].map(|it| it.parse::<u32>().expect("a number"));
    let all = year * 12 + of_year - 1 - count;
    format!("{}-{:02}", all / 12, all % 12 + 1)
}

#[test]
fn the_three_formats_of_cost_tell_the_same_to_the_cent() {
    let site = Site::new("verbs-cost", &[]);
    let now = site.run("cost --json");
    assert_eq!(now.code, 0, "{now:?}");
    let now = now.document();
    assert_eq!(by_items(&now).len(), 5, "{now:#}");
    // Nothing is added any more to a month that is long over, so that three looks at it tell the same.
    let month = months_before(at(&now, "/month").as_str().expect("a month"), 2);
    let [text, json, csv] = ["", "--json", "--csv"].map(|format| site.run(&format!("cost --month {month} {format}")));
    assert_eq!((text.code, json.code, csv.code), (0, 0, 0), "{text:?} {json:?} {csv:?}");
    let (totals, lines) = (by_items(&json.document()), by_lines(&csv.said));
    assert_eq!((totals.len(), lines.len()), (5, 5), "{totals:?} {lines:?}");
    for (name, total) in totals {
        assert!(total > Decimal::TEN, "{name}: {total}");
        assert_eq!(to_the_cent(lines[&name]), total, "{name}: lines");
        let told = format!("actual     {} USD to {month}-", grouped(total));
        assert!(text.said.contains(&told), "{name}: {told:?} is not in {}", text.said);
    }
    for word in ["run-rate", "estimate", "as of", "last month to the same day"] {
        assert!(text.said.contains(word), "{word:?} is not in {}", text.said);
    }
    let one = site.run("cost --stack tsdevstack --json").document();
    assert_eq!(by_items(&one).into_keys().collect::<Vec<_>>(), ["tsdevstack"]);
}

#[test]
fn what_cost_is_not_asked_for_is_refused_before_anything_is_paid() {
    let site = Site::new("verbs-cost-refused", &[]);
    for (command, words) in [
        ("cost --month 2999-01", "2999-01 has not begun"),
        ("cost --month 2024-01", "Cost Explorer tells nothing of 2024-01 any more"),
        ("cost --month soon", "\"soon\" is no month, as 2026-11"),
        ("cost --stack terminl", "did you mean \"terminal\"?"),
        ("cost --json --csv", "cannot be used with"),
    ] {
        let ended = site.run(command);
        assert_eq!((ended.code, ended.said.as_str()), (2, ""), "{command}: {ended:?}");
        assert!(ended.complained.contains(words), "{command}: {ended:?}");
    }
    // Nothing has been asked before, and nothing is now.
    let ended = site.run("--no-cost cost");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.said.contains("it has not been asked for"), "{ended:?}");
    assert!(ended.said.contains("--no-cost: nothing was asked"), "{ended:?}");
}
