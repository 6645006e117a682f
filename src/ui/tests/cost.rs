//! The cost view, on the 21st of a month.

use insta::assert_snapshot;
use jiff::SignedDuration;

use super::screen;
use crate::{
    app::{
        App, costs,
        fixtures::{World, five_stacks_and_world, settle},
        overlay::{Overlay, TextKind, TextPane},
        place::Place,
    },
    command::ViewName,
    domain::{
        cost::{Silence, Told, Why, month::Month},
        fault::{Fault, FaultKind},
        id::ResourceId,
        query::{Answer, Outcome, Query},
    },
    theme::Role,
};

/// Reads what the cost view asks, which the bills decide more of.
fn ask(app: &mut App, world: &World) {
    for _ in 0..2 {
        for request in costs::requests(app) {
            app.estate.receive(&request, Outcome::Complete(world.answer(&request)), app.now);
        }
    }
    settle(app);
}

fn at(place: Place) -> App {
    let (mut app, world) = five_stacks_and_world();
    app.now = "2026-03-21T13:00:00Z".parse().expect("a time");
    app.history.go(place);
    ask(&mut app, &world);
    app
}

fn within(stack: &str) -> App {
    at(Place::within(ViewName::Cost, ResourceId::stack(stack)))
}

#[test]
fn all_stacks() {
    let mut app = at(Place::everywhere(ViewName::Cost));
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        app.size = (width, height);
        settle(&mut app);
        assert_snapshot!(format!("cost-{width}x{height}"), screen(&mut app, width, height));
    }
}

#[test]
fn one_stack_against_its_estimate() {
    let mut app = within("tsdevstack");
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        app.size = (width, height);
        settle(&mut app);
        assert_snapshot!(format!("cost-of-tsdevstack-{width}x{height}"), screen(&mut app, width, height));
    }
    let subject = costs::item_id("tsdevstack", "nat");
    app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, scroll: 0, shift: 0 }));
    assert_snapshot!("describe-spend-80x40", screen(&mut app, 80, 40));
}

#[test]
fn a_budget_that_is_passed() {
    assert_snapshot!("cost-of-cma-80x24", screen(&mut within("cma"), 80, 24));
}

#[test]
fn an_account_that_tells_nothing_says_why() {
    assert_snapshot!("cost-unknown-80x24", screen(&mut within("reactive-notebook"), 80, 24));
}

#[test]
fn nothing_is_asked_where_it_must_not_be_and_what_is_known_is_shown() {
    let (mut app, _) = five_stacks_and_world();
    app.settings.no_cost = true;
    app.history.go(Place::everywhere(ViewName::Cost));
    settle(&mut app);
    assert_eq!(costs::requests(&app), []);
    assert_snapshot!("no-cost-80x24", screen(&mut app, 80, 24));
}

#[test]
fn a_fault_leaves_what_was_known() {
    let mut app = within("terminal");
    let bill = costs::requests(&app).into_iter().find(|it| matches!(it.query, Query::Bill { .. })).expect("a bill");
    let fault = Fault {
        kind: FaultKind::Throttled,
        operation: "ce:GetCostAndUsage".into(),
        code: "LimitExceededException".into(),
        message: "Rate exceeded".into(),
        request_id: None,
        at: app.now,
    };
    app.estate.receive(&bill, Outcome::Failed(fault), app.now);
    settle(&mut app);
    assert_snapshot!("cost-faulted-80x24", screen(&mut app, 80, 24));
}

#[test]
fn the_overview_tells_run_rates_once_they_are_known() {
    let mut app = at(Place::everywhere(ViewName::Cost));
    app.history.go(Place::everywhere(ViewName::Overview));
    settle(&mut app);
    let column = app.table.columns.iter().position(|it| it.title == "RUN-RATE/MONTH").expect("the column");
    let rates: Vec<_> = app.table.rows.iter().map(|it| it.cells[column].text.to_string()).collect();
    assert!(rates.iter().any(|it| it.ends_with(" USD (0 s)")), "{rates:?}");
    assert_snapshot!("overview-rates-120x40", screen(&mut app, 120, 40));
    let narrow = screen(&mut app, 80, 24);
    assert!(narrow.contains("RUN-RATE/MONTH") && narrow.contains("reactive-notebook  PROD"), "{narrow}");
    assert_snapshot!("overview-rates-80x24", narrow);
    app.now += SignedDuration::from_hours(8 * 24);
    settle(&mut app);
    let old: Vec<_> = app.table.rows.iter().map(|it| &it.cells[column]).filter(|it| it.text.as_str() != "–").collect();
    assert!(!old.is_empty());
    assert!(old.iter().all(|it| it.text.as_str().ends_with(" USD (8 d)") && it.role == Role::Muted), "{old:?}");
}

fn head(app: &mut App) -> String {
    settle(app);
    let board = app.board.as_ref().expect("a board");
    board.head.iter().map(|it| it.plain().to_string()).collect::<Vec<_>>().join("\n")
}

#[test]
fn figures_that_were_told_at_another_time_say_when() {
    let (mut app, world) = five_stacks_and_world();
    app.now = "2026-03-21T13:00:00Z".parse().expect("a time");
    app.history.go(Place::everywhere(ViewName::Cost));
    // What the bills lead to is asked once they are known.
    for _ in 0..2 {
        for request in costs::requests(&app) {
            let before = match request.query {
                Query::Forecast { .. } => SignedDuration::from_hours(3),
                Query::Allocation { .. } => SignedDuration::from_mins(210),
                _ => SignedDuration::from_secs(30),
            };
            app.estate.receive(&request, Outcome::Complete(world.answer(&request)), app.now - before);
        }
    }
    let told = head(&mut app);
    for part in
        ["as of Mar 21 12:59 UTC", "forecast as of Mar 21 10:00 UTC", "spend of no stack as of Mar 21 09:30 UTC"]
    {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
}

#[test]
fn a_budget_is_shown_where_the_bill_is_not() {
    let (mut app, world) = five_stacks_and_world();
    app.now = "2026-03-21T13:00:00Z".parse().expect("a time");
    app.history.go(Place::within(ViewName::Cost, ResourceId::stack("cma")));
    for request in costs::requests(&app) {
        let outcome = match &request.query {
            Query::Bill { .. } => {
                let (operation, message) = ("ce:GetCostAndUsage".into(), "not authorized".into());
                let silence = Silence { why: Why::Denied, operation, message };
                Outcome::Complete(Answer::Bill(Box::new(Told::Nothing(silence))))
            }
            _ => Outcome::Complete(world.answer(&request)),
        };
        app.estate.receive(&request, outcome, app.now);
    }
    let told = head(&mut app);
    for part in [
        "(asked Mar 21 13:00 UTC, next Mar 22 01:00 or on refresh)",
        "budget cma-monthly 400",
        "as of Mar 21 13:00 UTC",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    app.history.go(Place::everywhere(ViewName::Cost));
    settle(&mut app);
    let column = app.table.columns.iter().position(|it| it.title == "BUDGET").expect("the column");
    let row = app.table.index_of(&ResourceId::stack("cma")).expect("its row");
    assert_eq!(app.table.rows[row].cells[column].text.as_str(), "! 85 % actual");
}

#[test]
fn a_month_that_is_over_has_no_budget_of_today_and_grows_no_more() {
    let (mut app, world) = five_stacks_and_world();
    app.now = "2026-03-21T13:00:00Z".parse().expect("a time");
    app.month = Some(Month::parse("2026-02").expect("a month"));
    app.history.go(Place::within(ViewName::Cost, ResourceId::stack("cma")));
    ask(&mut app, &world);
    let told = head(&mut app);
    assert!(told.contains("actual"), "{told}");
    assert!(!told.contains("budget") && !told.contains("may still grow"), "{told}");
}
