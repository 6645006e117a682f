use std::{collections::BTreeMap, fs, path::PathBuf};

use crossterm::event::{KeyCode, KeyEvent};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{
    app::{App, effect::Effect, fixtures::five_stacks_and_world, msg::Msg, update::update},
    cost::testing,
    domain::{
        cost::{
            CostFilter, REQUEST_PRICE, Silence, Told, Why,
            month::{Month, start_of},
        },
        estate::Estate,
        money::Money,
        query::Query,
    },
};

/// A folder of its own, removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("quarterdeck-bills-{}-{}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }

    fn bills(&self) -> Bills {
        Bills::at(&self.0.join("state/cost.json"), "", false)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

fn at(minutes: i64) -> Timestamp {
    start_of(date(2026, 11, 16)) + SignedDuration::from_mins(minutes)
}

fn filter() -> CostFilter {
    CostFilter::Tag { key: "Project".into(), value: "terminal".into() }
}

fn request(query: Query) -> Request {
    Request { scope: Scope::new("estates", "us-east-1"), query }
}

fn bill_of(month: Month) -> Request {
    request(Query::Bill { filter: filter(), month })
}

fn answer() -> Answer {
    Answer::Bill(Box::new(Told::Value(testing::bill(Vec::new()))))
}

/// What an account says that is not to be asked.
fn refused() -> Answer {
    let silence =
        Silence { why: Why::Denied, operation: "ce:GetCostAndUsage".into(), message: "not authorized".into() };
    Answer::Bill(Box::new(Told::Nothing(silence)))
}

fn fault(kind: FaultKind) -> Fault {
    Fault {
        kind,
        operation: "ce:GetCostAndUsage".into(),
        code: "X".into(),
        message: "no".into(),
        request_id: None,
        at: at(0),
    }
}

/// The code of why a question is not asked.
fn refusal(turn: Turn) -> String {
    match turn {
        Turn::Kept(outcome, _) => match *outcome {
            Outcome::Failed(fault) => fault.code.to_string(),
            other => panic!("{other:?}"),
        },
        Turn::Ask => panic!("it is asked"),
    }
}

#[test]
fn an_answer_is_kept_over_restarts_with_the_time_of_its_data() {
    let folder = Folder::new();
    let november = bill_of(Month::of(date(2026, 11, 1)));
    assert!(matches!(folder.bills().turn(&november, at(0)), Turn::Ask));
    folder.bills().keep(&november, &Outcome::Complete(answer()), at(1));
    let kept = folder.bills().turn(&november, at(700));
    assert!(matches!(kept, Turn::Kept(it, of) if *it == Outcome::Complete(answer()) && of == at(1)));
    assert!(matches!(folder.bills().turn(&november, at(720)), Turn::Ask));
    // Another profile is another account.
    let other = Request { scope: Scope::new("cma", "eu-west-2"), ..november };
    assert!(matches!(folder.bills().turn(&other, at(2)), Turn::Ask));
}

#[test]
fn answers_belong_to_the_account_of_credentials_without_a_profile() {
    let folder = Folder::new();
    let path = folder.0.join("state/cost.json");
    let november = Request { scope: Scope::new("", "us-east-1"), ..bill_of(Month::of(date(2026, 11, 1))) };
    let first = Bills::at(&path, "ASIAONE", false);
    assert!(first.lacks_account(&november));
    assert!(!first.lacks_account(&bill_of(Month::of(date(2026, 11, 1)))), "a profile stands for itself");
    first.belongs_to("111122223333");
    assert!(!first.lacks_account(&november));
    assert!(matches!(first.turn(&november, at(0)), Turn::Ask));
    first.keep(&november, &Outcome::Complete(answer()), at(0));
    let rotated = Bills::at(&path, "ASIATWO", false);
    rotated.belongs_to("111122223333");
    assert!(matches!(rotated.turn(&november, at(60)), Turn::Kept(_, of) if of == at(0)));
    let other = Bills::at(&path, "ASIATHREE", false);
    other.belongs_to("444455556666");
    assert!(matches!(other.turn(&november, at(61)), Turn::Ask));
    // Before anybody has been asked: by the account that a stack file names, or by keys that are known.
    let mut stacks = five_stacks_and_world().0.stacks;
    for at in stacks.iter_mut().flat_map(|it| &mut it.scopes) {
        at.scope = Scope::new("", "us-east-1");
        at.account = Some("111122223333".into());
    }
    let known = |whose: &str| Bills::at(&path, whose, true).known(&stacks).len();
    assert_eq!((known("ASIAFOUR"), known("ASIATHREE")), (1, 0));
}

#[test]
fn a_question_that_left_counts_even_if_nobody_heard_the_answer() {
    let folder = Folder::new();
    let november = bill_of(Month::of(date(2026, 11, 1)));
    assert!(matches!(folder.bills().turn(&november, at(0)), Turn::Ask));
    // The console ends here, or another one looks at the same time.
    assert_eq!(refusal(folder.bills().turn(&november, at(1))), "AskedBefore");
}

#[test]
fn a_refusal_stands_for_half_a_day_unless_somebody_insists_and_hides_nothing_that_was_told_before() {
    let folder = Folder::new();
    let november = bill_of(Month::of(date(2026, 11, 1)));
    let bills = folder.bills();
    let ask = |minute, outcome: Outcome| {
        assert!(matches!(bills.turn(&november, at(minute)), Turn::Ask), "at {minute}");
        folder.bills().keep(&november, &outcome, at(minute));
    };
    ask(0, Outcome::Complete(refused()));
    let kept = folder.bills().turn(&november, at(719));
    assert!(matches!(kept, Turn::Kept(it, of) if *it == Outcome::Complete(refused()) && of == at(0)));
    bills.insist(at(14));
    ask(15, Outcome::Complete(refused()));
    assert!(matches!(bills.turn(&november, at(16)), Turn::Kept(_, of) if of == at(15)), "once for each time");
    ask(735, Outcome::Complete(answer()));
    bills.insist(at(736));
    assert!(
        matches!(bills.turn(&november, at(737)), Turn::Kept(_, of) if of == at(735)),
        "an answer has been paid for"
    );
    ask(1455, Outcome::Complete(refused()));
    let Turn::Kept(kept, of) = folder.bills().turn(&november, at(1456)) else { panic!("it is asked") };
    let Outcome::Partial(told, fault) = *kept else { panic!("{kept:?}") };
    assert_eq!((told, of), (answer(), at(735)));
    assert_eq!((fault.kind, fault.message.as_str(), fault.at), (FaultKind::Denied, "not authorized", at(1455)));
}

#[test]
fn what_a_console_knows_keeps_its_date_when_it_is_refused_or_told_in_part() {
    let november = bill_of(Month::of(date(2026, 11, 1)));
    let mut estate = Estate::default();
    estate.receive(&november, Outcome::Complete(answer()), at(0));
    let throttled = fault(FaultKind::Throttled);
    for outcome in
        [Outcome::Complete(refused()), Outcome::Partial(answer(), throttled.clone()), Outcome::Failed(throttled)]
    {
        estate.receive(&november, outcome, at(720));
        let known = estate.scope(&november.scope).expect("its scope");
        let bill = known.costs.bill(&filter(), Month::of(date(2026, 11, 1))).expect("a bill");
        assert_eq!(bill.fetched_at(), Some(at(0)));
        assert!(bill.value().is_some_and(|it| it.value().is_some()) && bill.fault().is_some(), "{bill:?}");
    }
}

#[test]
fn nothing_is_asked_where_it_cannot_be_noted_or_must_not_be() {
    let folder = Folder::new();
    let november = bill_of(Month::of(date(2026, 11, 1)));
    fs::create_dir_all(folder.0.join("state/cost.json")).unwrap();
    assert_eq!(refusal(folder.bills().turn(&november, at(0))), "NotKept");
    let never = Bills::at(&folder.0.join("other.json"), "", true);
    assert_eq!(refusal(never.turn(&november, at(0))), "NotAsked");
    // What costs nothing passes.
    assert!(matches!(never.turn(&request(Query::Alarms), at(0)), Turn::Ask));
}

#[test]
fn a_torn_file_is_no_leave_to_ask() {
    let folder = Folder::new();
    let bills = folder.bills();
    let november = bill_of(Month::of(date(2026, 11, 1)));
    assert!(matches!(bills.turn(&november, at(0)), Turn::Ask));
    fs::write(folder.0.join("state/cost.json"), b"{\"entries\": [").unwrap();
    assert_eq!(refusal(bills.turn(&november, at(0))), "NotKept");
}

/// When a console believes that it was told the answer to a question of cost.
fn dated(app: &App, request: &Request) -> Option<Timestamp> {
    let costs = &app.estate.scope(&request.scope)?.costs;
    match &request.query {
        Query::Bill { filter, month } => costs.bill(filter, *month)?.fetched_at(),
        Query::Forecast { filter, month } => costs.forecast(filter, *month)?.fetched_at(),
        Query::Allocation { key, month } => costs.allocation(key, *month)?.fetched_at(),
        Query::Budgets { account } => costs.budgets.get(account)?.fetched_at(),
        _ => None,
    }
}

/// Ticks, keys and restarts of a whole console for a week, somebody looking at cost in every third hour: what is paid is
/// what two looks a day cost, whatever is on screen in between.
#[test]
fn a_week_of_the_console_with_ten_restarts_is_counted_and_priced() {
    let folder = Folder::new();
    let start: Timestamp = "2026-03-09T00:00:00Z".parse().unwrap();
    let (mut app, world) = five_stacks_and_world();
    let mut bills = folder.bills();
    let mut asked: BTreeMap<Request, Vec<i64>> = BTreeMap::new();
    let mut answered: BTreeMap<Request, Timestamp> = BTreeMap::new();
    for hour in 0..7 * 24 {
        let now = start + SignedDuration::from_hours(hour);
        if hour % 16 == 15 {
            app = five_stacks_and_world().0;
            bills = folder.bills();
            for (request, answer, at) in bills.known(&app.stacks) {
                app.estate.receive(&request, Outcome::Complete(answer), at);
            }
        }
        let looks = hour % 3 == 0;
        let key = if looks { '$' } else { '1' };
        let _nothing = update(&mut app, Msg::Key(KeyEvent::from(KeyCode::Char(key))));
        // The second tick asks what the answers to the first lead to.
        for tick in 0..2 {
            let now = now + SignedDuration::from_secs(tick);
            for effect in update(&mut app, Msg::Tick(now)) {
                let Effect::Fetch { request, generation } = effect else { continue };
                let (outcome, at) = match bills.turn(&request, now) {
                    Turn::Kept(outcome, at) => (outcome, at),
                    Turn::Ask => {
                        let outcome = Outcome::Complete(world.answer(&request));
                        if request.query.is_of_cost() {
                            assert!(looks, "{request:?} is asked for while nobody looks");
                            asked.entry(request.clone()).or_default().push(hour);
                            answered.insert(request.clone(), now);
                        }
                        bills.keep(&request, &outcome, now);
                        (Box::new(outcome), now)
                    }
                };
                let _more = update(&mut app, Msg::Fetched { request, generation, outcome, at });
            }
        }
        for (request, at) in &answered {
            assert_eq!(dated(&app, request), Some(*at), "{request:?} in hour {hour}: looking makes no answer younger");
        }
    }
    for (request, hours) in &asked {
        assert!(hours.windows(2).all(|it| it[1] - it[0] >= 12), "{request:?} at {hours:?}");
        assert!((12..=14).contains(&hours.len()), "{request:?} at {hours:?}");
    }
    // Five bills, a forecast for the four that tell anything, and whose the money is where stacks are known by a tag.
    let paid: Vec<usize> = asked.iter().filter(|(it, _)| it.query.price().is_some()).map(|(_, it)| it.len()).collect();
    assert_eq!(paid.len(), 10);
    let price = Decimal::from(paid.iter().sum::<usize>()) * REQUEST_PRICE.amount;
    assert!(price <= Decimal::new(10 * 14, 2), "{price} USD");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A week in which the console is restarted ten times and somebody looks whenever they like: what is paid is what
    /// twelve hours allow, whatever becomes of the answers.
    #[test]
    fn a_week_with_ten_restarts_is_paid_for_twice_a_day_at_most(
        looks in prop::collection::vec((1_i64..240, 0_usize..9), 84),
    ) {
        const WEEK: i64 = 7 * 24 * 60;
        let folder = Folder::new();
        let november = Month::of(date(2026, 11, 1));
        let queries = [
            Query::Bill { filter: filter(), month: november },
            Query::Forecast { filter: filter(), month: november },
            Query::Allocation { key: "Project".into(), month: november },
            Query::Budgets { account: "111122223333".into() },
        ];
        let mut asked: Vec<Vec<i64>> = vec![Vec::new(); queries.len()];
        let (mut minute, mut bills) = (0, folder.bills());
        for (look, (pause, ending)) in looks.into_iter().enumerate() {
            minute += pause;
            if minute >= WEEK {
                break;
            }
            if look % 8 == 7 {
                bills = folder.bills();
            }
            for (index, query) in queries.iter().enumerate() {
                let request = request(query.clone());
                if !matches!(bills.turn(&request, at(minute)), Turn::Ask) {
                    continue;
                }
                let outcome = match ending {
                    0 => Outcome::Failed(fault(FaultKind::Throttled)),
                    1 => Outcome::Failed(fault(FaultKind::TimedOut)),
                    2 => Outcome::Partial(answer(), fault(FaultKind::Throttled)),
                    4 => Outcome::Complete(refused()),
                    5 => Outcome::Failed(fault(FaultKind::Unreachable)),
                    // AWS may have heard it.
                    6 => Outcome::Failed(fault(FaultKind::Lost)),
                    // It ends before the answer is here.
                    3 => {
                        asked[index].push(minute);
                        continue;
                    }
                    _ => Outcome::Complete(answer()),
                };
                let is_paid = !matches!(ending, 0 | 4 | 5);
                if is_paid {
                    asked[index].push(minute);
                }
                bills.keep(&request, &outcome, at(minute));
            }
        }
        let price = |query: &Query, times: &Vec<i64>| {
            let each = query.price().map_or(Decimal::ZERO, |Money { amount, .. }| amount);
            each * Decimal::from(times.len())
        };
        for times in &asked {
            prop_assert!(times.windows(2).all(|it| it[1] - it[0] >= 12 * 60), "{:?}", times);
            prop_assert!(times.len() <= 14);
        }
        let paid: Decimal = queries.iter().zip(&asked).map(|(query, times)| price(query, times)).sum();
        // Three paid questions, fourteen times a week at most, a cent each.
        prop_assert!(paid <= Decimal::new(42, 2), "{} USD", paid);
    }
}
