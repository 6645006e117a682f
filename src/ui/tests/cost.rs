//! The cost view, on the 21st of a month.

use insta::assert_snapshot;

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
        fault::{Fault, FaultKind},
        id::ResourceId,
        query::{Outcome, Query},
    },
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
        assert_snapshot!(format!("cost-{width}x{height}"), screen(&mut app, width, height));
    }
}

#[test]
fn one_stack_against_its_estimate() {
    let mut app = within("tsdevstack");
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
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
    let column = app.table.columns.iter().position(|it| it.title == "RUN-RATE").expect("the column");
    let rates: Vec<_> = app.table.rows.iter().map(|it| it.cells[column].text.to_string()).collect();
    assert!(rates.iter().any(|it| it.ends_with(" USD")), "{rates:?}");
}
