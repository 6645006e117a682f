use std::collections::BTreeSet;

use crate::{
    app::{
        App,
        describe::describe,
        fixtures::{five_stacks, kept, settle},
        place::Place,
        records,
        table::{SortKey, Table},
    },
    command::ViewName,
    domain::{
        estate::Estate,
        fault::{Fault, FaultKind},
        group::LaunchTemplate,
        id::{Kind, ResourceId},
        query::{Answer, Outcome, Query, Request},
        template::{Template, TemplateVersion},
    },
    theme::Role,
    triage::testing::{SERVICE, TARGET_GROUP, ago, scope},
};

const VIEWS: [ViewName; 15] = [
    ViewName::Overview,
    ViewName::Stack,
    ViewName::Services,
    ViewName::Tasks,
    ViewName::Deployments,
    ViewName::Gateways,
    ViewName::Targets,
    ViewName::Sessions,
    ViewName::Alarms,
    ViewName::Events,
    ViewName::Listeners,
    ViewName::Timeline,
    ViewName::Cost,
    ViewName::Journal,
    ViewName::Api,
];

/// The table of a place.
fn table(app: &mut App, place: Place) -> Table {
    app.history.go(place);
    settle(app);
    app.table.clone()
}

fn everywhere(app: &mut App, view: ViewName) -> Table {
    table(app, Place::everywhere(view))
}

/// The texts of one column, down the table.
fn column(table: &Table, title: &str) -> Vec<String> {
    let at = table.columns.iter().position(|it| it.title == title).expect("a column of this title");
    table.rows.iter().map(|row| row.cells[at].text.to_string()).collect()
}

fn receive(app: &mut App, query: Query, outcome: Outcome) {
    app.estate.receive(&Request { scope: scope(), query }, outcome, ago(3));
}

fn services_of_terminal() -> Query {
    Query::Services { cluster: "terminal-cluster".into(), names: vec!["terminal-api".into()] }
}

fn denied() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "ecs:DescribeServices".into(),
        code: "AccessDeniedException".into(),
        message: "not authorized".into(),
        request_id: None,
        at: ago(3),
    }
}

#[test]
fn every_row_has_a_cell_for_each_column_and_an_id_of_its_own() {
    let mut app = five_stacks();
    for view in VIEWS {
        records::take(&mut app, Ok(Some(kept::look())));
        let table = everywhere(&mut app, view);
        assert!(!table.rows.is_empty(), "{view:?}");
        assert!(table.rows.iter().all(|row| row.cells.len() == table.columns.len()), "{view:?}");
        let ids: BTreeSet<&ResourceId> = table.rows.iter().map(|row| &row.id).collect();
        assert_eq!(ids.len(), table.rows.len(), "{view:?}");
    }
}

#[test]
fn what_is_not_known_is_neither_a_number_nor_well() {
    let mut app = five_stacks();
    app.estate = Estate::default();
    for view in VIEWS {
        let table = everywhere(&mut app, view);
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                let told = format!("{view:?} {}: {}", column.title, cell.text);
                assert_ne!(cell.role, Role::Ok, "{told}");
                // How many signals there are the console knows of itself.
                let is_number = matches!(cell.sort, SortKey::Number(_));
                assert!(!is_number || ["HEALTH", "SIGNALS"].contains(&column.title), "{told}");
            }
        }
    }
}

#[test]
fn health_is_sorted_worst_first() {
    let mut app = five_stacks();
    for view in [ViewName::Overview, ViewName::Stack, ViewName::Services] {
        let table = everywhere(&mut app, view);
        let ranks: Vec<f64> = table
            .rows
            .iter()
            .map(|row| match row.cells[0].sort {
                SortKey::Number(rank) => rank,
                _ => f64::NAN,
            })
            .collect();
        assert!(ranks.is_sorted(), "{view:?}: {ranks:?}");
    }
    let services = everywhere(&mut app, ViewName::Services);
    assert_eq!(column(&services, "HEALTH")[..3], ["✗ critical", "~ changing", "z asleep"]);
}

#[test]
fn a_stack_shows_what_is_its_own() {
    let mut app = five_stacks();
    let terminal = ResourceId::stack(app.stacks[0].name.as_str());
    let counts = VIEWS.map(|view| table(&mut app, Place::within(view, terminal.clone())).rows.len());
    // Overview and api are always of everything.
    assert_eq!(counts, [5, 4, 1, 4, 1, 4, 2, 13, 2, 3, 1, 5, 0, 0, 4]);
}

#[test]
fn drilling_shows_what_lies_inside() {
    let mut app = five_stacks();
    let id = |kind, key| ResourceId::new(kind, &scope(), key);
    let mut rows = |view, id| table(&mut app, Place::within(view, id)).rows.len();
    assert_eq!(rows(ViewName::Tasks, id(Kind::Service, SERVICE)), 4);
    assert_eq!(rows(ViewName::Deployments, id(Kind::Service, SERVICE)), 1);
    assert_eq!(rows(ViewName::Targets, id(Kind::Service, SERVICE)), 2);
    assert_eq!(rows(ViewName::Targets, id(Kind::TargetGroup, TARGET_GROUP)), 2);
    assert_eq!(rows(ViewName::Services, id(Kind::TargetGroup, TARGET_GROUP)), 1);
    assert_eq!(rows(ViewName::Gateways, id(Kind::Group, "terminal-gateway-asg")), 4);
    assert_eq!(rows(ViewName::Sessions, id(Kind::Instance, "i-0a1b2c3d4e5f60718")), 9);
    assert_eq!(rows(ViewName::Gateways, id(Kind::Group, "another")), 0);
}

#[test]
fn targets_are_told_by_the_task_behind_them() {
    let mut app = five_stacks();
    let targets = everywhere(&mut app, ViewName::Targets);
    assert_eq!(column(&targets, "TARGET")[0], "task bbbb2222");
    assert_eq!(column(&targets, "SERVICE")[0], "terminal-api");
    assert_eq!(column(&targets, "REASON")[0], "health check answers [503]");
}

#[test]
fn tasks_that_run_come_before_those_that_stopped_and_the_last_stopped_first() {
    let mut app = five_stacks();
    let service = ResourceId::new(Kind::Service, &scope(), SERVICE);
    let tasks = table(&mut app, Place::within(ViewName::Tasks, service));
    assert_eq!(column(&tasks, "STATUS"), ["✓ running", "✓ running", "! 2 stopped", "! stopped"]);
    assert_eq!(column(&tasks, "EXIT"), ["–", "–", "1", "137"]);
}

#[test]
fn sessions_are_a_meter_of_the_limit() {
    let mut app = five_stacks();
    let gateways = everywhere(&mut app, ViewName::Gateways);
    assert_eq!(column(&gateways, "SESSIONS"), ["9/10", "0/10", "4/10", "13/20"]);
    assert_eq!(gateways.rows[0].cells[2].meter, Some(0.9));
    assert_eq!(gateways.rows[0].cells[2].role, Role::Warning);
}

#[test]
fn gateways_stand_worst_first_above_their_group() {
    let mut app = five_stacks();
    let gateways = everywhere(&mut app, ViewName::Gateways);
    assert_eq!(column(&gateways, "STATE"), ["✗ in service", "~ pending", "✓ in service", "✗ 2 of 3"]);
    assert_eq!(gateways.rows[3].id.kind, Kind::Group);
    assert_eq!(column(&gateways, "EMPTY IN"), ["3 h–5 h", "empty", "2 h–4 h", ""]);
    assert_eq!(column(&gateways, "ENDS/H"), ["≈9", "≈0", "≈4", "≈13"]);
}

#[test]
fn a_version_that_is_not_the_groups_is_called_old() {
    let mut app = five_stacks();
    let known = app.estate.scopes.get_mut(&scope()).expect("the scope");
    let group = known.groups.value_mut().expect("groups").values_mut().next().expect("one");
    group.launch_template = Some(LaunchTemplate { id: "lt-1".into(), name: "t".into(), version: "$Latest".into() });
    let version = |number: u64| TemplateVersion {
        number,
        description: format!("gateway 1.{number}.0").into(),
        created_at: None,
        is_default: false,
        image: None,
        instance_type: None,
    };
    let template = Template { versions: vec![version(7), version(3)] };
    let query = Query::Template { id: "lt-1".into() };
    let request = Request { scope: scope(), query };
    app.estate.receive(&request, Outcome::Complete(Answer::Template(template)), app.now);
    let gateways = everywhere(&mut app, ViewName::Gateways);
    assert_eq!(column(&gateways, "VERSION"), ["3 old", "3 old", "7", "7"]);
    assert_eq!(column(&gateways, "IMAGE")[..3], ["gateway 1.3.0", "gateway 1.3.0", "gateway 1.7.0"]);
    assert!(column(&gateways, "NOTES")[0].contains("old version 3 of 7"));
}

#[test]
fn an_alarm_that_can_never_fire_is_called_dead_and_one_that_scales_is_no_fault() {
    let mut app = five_stacks();
    let mut scaling = app.estate.scopes[&scope()].alarms.value().expect("read").values().next().expect("one").clone();
    scaling.name = "TargetTracking-terminal-AlarmHigh-1".into();
    scaling.arn = crate::domain::id::Arn::new("arn:aws:cloudwatch:us-east-1:1:alarm:TargetTracking-terminal-AlarmHigh");
    let mut alarms: Vec<_> = app.estate.scopes[&scope()].alarms.value().expect("read").values().cloned().collect();
    alarms.push(scaling);
    receive(&mut app, Query::Alarms, Outcome::Complete(Answer::Alarms(alarms)));
    let alarms = everywhere(&mut app, ViewName::Alarms);
    assert_eq!(column(&alarms, "STATE"), ["✗ ALARM", "i dead", "~ wants more"]);
    assert_eq!(column(&alarms, "THRESHOLD")[0], "> 1 for 3 × 1 min");
    assert_eq!(column(&everywhere(&mut app, ViewName::Overview), "ALARMS")[0], "1 firing");
}

#[test]
fn a_service_that_the_stack_file_names_and_aws_does_not_have_says_which_it_is() {
    let mut app = five_stacks();
    let state = |app: &mut App| {
        let terminal = ResourceId::stack(app.stacks[0].name.as_str());
        column(&table(app, Place::within(ViewName::Services, terminal)), "DEPLOYMENT").remove(0)
    };
    receive(&mut app, services_of_terminal(), Outcome::Complete(Answer::Services(Vec::new())));
    assert_eq!(state(&mut app), "does not exist");
    app.estate = Estate::default();
    assert_eq!(state(&mut app), "not read yet");
    receive(&mut app, services_of_terminal(), Outcome::Failed(denied()));
    assert_eq!(state(&mut app), "not readable");
}

#[test]
fn an_empty_table_says_why_it_is() {
    let mut app = five_stacks();
    let service = ResourceId::new(Kind::Service, &scope(), "arn:aws:ecs:us-east-1:1:service/terminal-cluster/other");
    let nothing = table(&mut app, Place::within(ViewName::Tasks, service));
    assert_eq!(nothing.empty.as_str(), "no tasks run, and none stopped lately; esc goes back");
    app.estate = Estate::default();
    assert_eq!(everywhere(&mut app, ViewName::Tasks).empty.as_str(), "waiting for 6 answers from AWS");
    let query = Query::Tasks { cluster: "terminal-cluster".into() };
    receive(&mut app, query, Outcome::Failed(denied()));
    let failed = everywhere(&mut app, ViewName::Tasks).empty;
    assert_eq!(failed.as_str(), "not known: ecs:DescribeServices failed (access denied); the reason is above");
}

#[test]
fn every_row_can_be_described() {
    let mut app = five_stacks();
    for view in VIEWS {
        for row in everywhere(&mut app, view).rows {
            let text: Vec<String> = describe(&app, &row.id).iter().map(|line| line.plain().to_string()).collect();
            assert!(text[0].ends_with(row.id.name().as_str()), "{}", text[0]);
            let is_known = !text.iter().any(|line| line.starts_with("Nothing else is known"));
            assert!(is_known && text.len() > 4, "{view:?}: {text:?}");
        }
    }
    let gone = describe(&app, &ResourceId::new(Kind::Task, &scope(), "gone"));
    assert!(gone.last().is_some_and(|line| line.plain().as_str().contains("it has gone")));
}
