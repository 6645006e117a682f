//! What the screens look like, with their styles as text.

mod any_use;
mod cost;
mod paper;

use insta::assert_snapshot;
use ratatui::{Terminal, backend::TestBackend};
use tui_input::Input;

use self::paper::{paper_theme, to_text};
use crate::{
    app::{
        App, Notice,
        fixtures::{five_stacks, five_stacks_and_world, kept, read_series, settle},
        msg::Msg,
        overlay::{Choice, Chosen, Overlay, Palette, RawText, TextKind, TextPane},
        place::Place,
        sources,
        update::{self, update},
    },
    command::{Command, ViewName},
    domain::{
        fault::{Fault, FaultKind},
        id::{Kind, ResourceId},
        observation::Observation,
        query::{Attempt, Outcome, Query, Request},
    },
    metrics::Window,
    triage::testing::{ago, scope},
};

/// The screen at this size, with its styles.
fn screen(app: &mut App, width: u16, height: u16) -> String {
    app.size = (width, height);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal of memory");
    terminal.draw(|frame| super::view(app, &paper_theme(), frame)).expect("drawn");
    to_text(terminal.backend().buffer())
}

fn at(view: ViewName) -> App {
    let mut app = five_stacks();
    app.history.go(Place::everywhere(view));
    settle(&mut app);
    app
}

fn within_terminal(view: ViewName) -> App {
    let mut app = five_stacks();
    let stack = ResourceId::stack(app.stacks[0].name.as_str());
    app.history.go(Place::within(view, stack));
    settle(&mut app);
    app
}

/// Reading services is refused.
fn denied(app: &mut App) {
    let query = Query::Services { cluster: "terminal-cluster".into(), names: vec!["terminal-api".into()] };
    let fault = Fault {
        kind: FaultKind::Denied,
        operation: "ecs:DescribeServices".into(),
        code: "AccessDeniedException".into(),
        message: "User: arn:aws:sts::111122223333:assumed-role/on-call/ada is not authorized to perform: \
                  ecs:DescribeServices on resource: arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api"
            .into(),
        request_id: Some("4f8c9a52-6d1b-4d3e-9c61-0a1b2c3d4e5f".into()),
        at: ago(12),
    };
    app.estate.receive(&Request { scope: scope(), query }, Outcome::Failed(fault), ago(12));
    settle(app);
}

#[test]
fn overview() {
    let mut app = five_stacks();
    assert_snapshot!("overview-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("overview-120x40", screen(&mut app, 120, 40));
    app.size = (200, 60);
    settle(&mut app);
    assert_snapshot!("overview-200x60", screen(&mut app, 200, 60));
}

#[test]
fn stack() {
    let mut app = within_terminal(ViewName::Stack);
    assert_snapshot!("stack-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("stack-200x60", screen(&mut app, 200, 60));
}

#[test]
fn services() {
    let mut app = at(ViewName::Services);
    assert_snapshot!("services-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("services-120x40", screen(&mut app, 120, 40));
    assert_snapshot!("services-200x60", screen(&mut app, 200, 60));
}

#[test]
fn tasks() {
    let mut app = within_terminal(ViewName::Tasks);
    assert_snapshot!("tasks-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("tasks-120x40", screen(&mut app, 120, 40));
}

#[test]
fn the_signals_of_a_service_stand_below_its_tasks() {
    let mut app = five_stacks();
    let service =
        app.signals.iter().find(|it| it.subject.kind == Kind::Service).expect("a sick service").subject.clone();
    app.history.go(Place::within(ViewName::Tasks, service));
    settle(&mut app);
    assert_snapshot!("tasks-of-service-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("tasks-of-service-200x60", screen(&mut app, 200, 60));
}

#[test]
fn files_left_out_are_told_on_the_overview() {
    let mut app = five_stacks();
    app.left_out = vec!["themes/mine.toml:3:1: unknown role \"critcal\" (did you mean \"critical\"?)".into()];
    assert_snapshot!("left-out-80x24", screen(&mut app, 80, 24));
}

#[test]
fn tasks_scrolled_sideways() {
    let mut app = within_terminal(ViewName::Tasks);
    let place = app.place().clone();
    app.tables.entry(place).or_default().shift = 20;
    assert_snapshot!("tasks-shifted-80x24", screen(&mut app, 80, 24));
}

#[test]
fn deployments() {
    let mut app = at(ViewName::Deployments);
    assert_snapshot!("deployments-80x24", screen(&mut app, 80, 24));
}

#[test]
fn gateways() {
    let mut app = at(ViewName::Gateways);
    assert_snapshot!("gateways-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("gateways-120x40", screen(&mut app, 120, 40));
    assert_snapshot!("gateways-200x60", screen(&mut app, 200, 60));
}

#[test]
fn targets() {
    let mut app = at(ViewName::Targets);
    assert_snapshot!("targets-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("targets-120x40", screen(&mut app, 120, 40));
}

#[test]
fn sessions_filtered_sorted_and_marked() {
    let mut app = at(ViewName::Sessions);
    let place = app.place().clone();
    let marked = app.table.rows.iter().take(3).skip(1).map(|row| row.id.clone()).collect();
    let state = app.tables.entry(place).or_default();
    state.marks = marked;
    state.filter = "0a1b".to_owned();
    state.sort = Some((3, true));
    settle(&mut app);
    assert_snapshot!("sessions-80x24", screen(&mut app, 80, 24));
}

#[test]
fn alarms() {
    let mut app = at(ViewName::Alarms);
    assert_snapshot!("alarms-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("alarms-200x60", screen(&mut app, 200, 60));
}

/// The charts of a place, all of the page read.
fn charts(place: Place, size: (u16, u16)) -> App {
    let (mut app, world) = five_stacks_and_world();
    app.size = size;
    app.stacks[0].services[0].promise_p95_ms = Some(40.0);
    app.history.go(place);
    settle(&mut app);
    read_series(&mut app, &world);
    settle(&mut app);
    app
}

#[test]
fn metrics() {
    let terminal = || Place::within(ViewName::Metrics, ResourceId::stack("terminal"));
    for (width, height) in [(80, 24), (120, 40)] {
        let mut app = charts(terminal(), (width, height));
        assert_snapshot!(format!("metrics-{width}x{height}"), screen(&mut app, width, height));
    }
    let mut app = charts(Place::everywhere(ViewName::Metrics), (200, 60));
    assert_snapshot!("metrics-200x60", screen(&mut app, 200, 60));
    let mut app = charts(Place::within(ViewName::Metrics, ResourceId::stack("cma")), (120, 40));
    app.window = Window::Hour;
    assert_snapshot!("metrics-data-120x40", screen(&mut app, 120, 40));
}

#[test]
fn a_chart_read_by_its_cursor() {
    let latency = charts(Place::everywhere(ViewName::Metrics), (80, 24)).charts[0].id.clone();
    let mut app = charts(Place::within(ViewName::Metrics, latency), (80, 24));
    app.reading = Some(ago(45 * 60));
    assert_snapshot!("chart-80x24", screen(&mut app, 80, 24));
    app.overlay = Some(Overlay::Text(TextPane {
        subject: app.charts[0].id.clone(),
        kind: TextKind::Describe,
        scroll: 0,
        shift: 0,
    }));
    assert_snapshot!("describe-chart-80x60", screen(&mut app, 80, 60));
}

#[test]
fn charts_before_anything_has_been_read() {
    let mut app = within_terminal(ViewName::Metrics);
    for known in app.estate.scopes.values_mut() {
        known.metrics = Observation::default();
    }
    settle(&mut app);
    assert_snapshot!("metrics-unread-80x24", screen(&mut app, 80, 24));
}

#[test]
fn events() {
    let mut app = at(ViewName::Events);
    assert_snapshot!("events-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("events-120x40", screen(&mut app, 120, 40));
}

#[test]
fn listeners() {
    let mut app = at(ViewName::Listeners);
    assert_snapshot!("listeners-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("listeners-120x40", screen(&mut app, 120, 40));
    assert_snapshot!("listeners-200x60", screen(&mut app, 200, 60));
}

#[test]
fn timeline() {
    let mut app = at(ViewName::Timeline);
    assert_snapshot!("timeline-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("timeline-120x40", screen(&mut app, 120, 40));
    assert_snapshot!("timeline-200x60", screen(&mut app, 200, 60));
    app.history.go(Place::before(ago(30), None));
    settle(&mut app);
    assert_snapshot!("timeline-before-80x24", screen(&mut app, 80, 24));
}

#[test]
fn journal() {
    let mut app = at(ViewName::Journal);
    assert_snapshot!("journal-awaited-80x24", screen(&mut app, 80, 24));
    update(&mut app, Msg::RecordsRead(Ok(Some(kept::look()))));
    settle(&mut app);
    assert_snapshot!("journal-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("journal-120x40", screen(&mut app, 120, 40));
    assert_snapshot!("journal-200x60", screen(&mut app, 200, 60));
    let subject = app.table.rows[2].id.clone();
    app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, scroll: 0, shift: 0 }));
    assert_snapshot!("journal-operation-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("journal-operation-120x40", screen(&mut app, 120, 40));
}

#[test]
fn a_journal_that_is_broken_or_cannot_be_read_says_so() {
    let mut app = at(ViewName::Journal);
    update(&mut app, Msg::RecordsRead(Ok(Some(kept::broken_look()))));
    settle(&mut app);
    assert_snapshot!("journal-broken-80x24", screen(&mut app, 80, 24));
    update(&mut app, Msg::RecordsRead(Err("failed to read the journal /state/journal.jsonl: is a directory".into())));
    settle(&mut app);
    assert_snapshot!("journal-unreadable-80x24", screen(&mut app, 80, 24));
    let unread = "/home/ada/.local/state/quarterdeck/journal.jsonl:3: it does not match its own sum: it has been \
                  changed; `quarterdeck journal verify` tells more";
    let mut app = five_stacks();
    update(&mut app, Msg::TakenOver { taken: Vec::new(), unread: vec![unread.into()] });
    settle(&mut app);
    assert_snapshot!("journal-unread-overview-80x24", screen(&mut app, 80, 24));
}

#[test]
fn logs() {
    let (mut app, world) = five_stacks_and_world();
    let service = app.signals.iter().find(|it| it.subject.kind == Kind::Service).expect("a sick service");
    app.history.go(Place::within(ViewName::Logs, service.subject.clone()));
    settle(&mut app);
    assert_snapshot!("logs-awaited-80x24", screen(&mut app, 80, 24));
    for _ in 0..2 {
        for request in sources::of_place(&app) {
            app.estate.receive(&request, Outcome::Complete(world.answer(&request)), ago(3));
        }
    }
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        app.size = (width, height);
        app.unsettled = true;
        update::settle(&mut app);
        assert_snapshot!(format!("logs-{width}x{height}"), screen(&mut app, width, height));
    }
    let subject = app.table.rows.last().expect("a line").id.clone();
    app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, scroll: 0, shift: 0 }));
    assert_snapshot!("describe-line-80x24", screen(&mut app, 80, 24));
}

#[test]
fn api() {
    let mut app = at(ViewName::Api);
    let calls = [("ecs:DescribeServices", 0), ("ecs:ListTasks", 0), ("cloudwatch:GetMetricData", 46)];
    for (seconds, (operation, metrics)) in (0..).zip(calls.into_iter().cycle().take(30)) {
        app.meter.note(&Attempt {
            at: ago(seconds),
            operation: operation.into(),
            status: if seconds == 3 { 400 } else { 200 },
            throttled: seconds == 3,
            timed_out: false,
            retry: seconds == 6,
            milliseconds: 20 + 7 * seconds as u32,
            bytes: 2_300,
            metrics,
            pages: 0,
        });
    }
    settle(&mut app);
    assert_snapshot!("api-200x60", screen(&mut app, 200, 60));
    assert_snapshot!("api-80x24", screen(&mut app, 80, 24));
}

#[test]
fn a_fault_is_told_with_the_data_kept() {
    let mut app = within_terminal(ViewName::Services);
    denied(&mut app);
    assert_snapshot!("faulted-services-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("faulted-services-120x40", screen(&mut app, 120, 40));
    app.history.go(Place::everywhere(ViewName::Overview));
    settle(&mut app);
    assert_snapshot!("faulted-overview-80x24", screen(&mut app, 80, 24));
}

#[test]
fn describe_texts() {
    let mut app = at(ViewName::Services);
    for (name, kind) in
        [("service", Kind::Service), ("gateway", Kind::Instance), ("alarm", Kind::Alarm), ("task", Kind::Task)]
    {
        let view = match kind {
            Kind::Service => ViewName::Services,
            Kind::Instance => ViewName::Gateways,
            Kind::Alarm => ViewName::Alarms,
            _ => ViewName::Tasks,
        };
        app.overlay = None;
        app.history.go(Place::everywhere(view));
        settle(&mut app);
        let subject = app.table.rows[0].id.clone();
        app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, scroll: 0, shift: 0 }));
        assert_snapshot!(format!("describe-{name}-80x60"), screen(&mut app, 80, 60));
    }
    app.overlay = None;
    app.history.go(Place::everywhere(ViewName::Services));
    settle(&mut app);
    let subject = app.table.rows[0].id.clone();
    app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, scroll: 12, shift: 0 }));
    assert_snapshot!("describe-scrolled-80x24", screen(&mut app, 80, 24));
}

#[test]
fn raw_json() {
    let mut app = at(ViewName::Services);
    let subject = app.table.rows[0].id.clone();
    let lines =
        vec!["{".into(), "  \"serviceName\": \"terminal-api\",".into(), "  \"status\": \"ACTIVE\"".into(), "}".into()];
    let kind = TextKind::Raw(RawText::Loaded(lines));
    app.overlay = Some(Overlay::Text(TextPane { subject, kind, scroll: 0, shift: 8 }));
    assert_snapshot!("raw-80x24", screen(&mut app, 80, 24));
}

#[test]
fn help() {
    let mut app = five_stacks();
    app.overlay = Some(Overlay::Help { scroll: 0 });
    assert_snapshot!("help-80x24", screen(&mut app, 80, 24));
    assert_snapshot!("help-120x40", screen(&mut app, 120, 40));
    assert_snapshot!("help-200x60", screen(&mut app, 200, 60));
}

#[test]
fn palette() {
    let mut app = five_stacks();
    let choice = |command: Command, matched: &[u32]| Choice {
        title: command.id().into(),
        summary: command.entry().summary.into(),
        action: Chosen::Run(command),
        matched: matched.to_vec(),
    };
    app.overlay = Some(Overlay::Palette(Palette {
        input: Input::new("se".to_owned()),
        choices: vec![
            choice(Command::View(ViewName::Services), &[0, 1]),
            choice(Command::View(ViewName::Sessions), &[0, 1]),
            choice(Command::NextSignal, &[5, 9]),
        ],
        selected: 1,
    }));
    assert_snapshot!("palette-80x24", screen(&mut app, 80, 24));
}

#[test]
fn the_filter_is_typed_at_the_foot() {
    let mut app = at(ViewName::Services);
    let place = app.place().clone();
    app.tables.entry(place).or_default().filter = "api".to_owned();
    app.overlay = Some(Overlay::Filter { input: Input::new("api".to_owned()), before: String::new() });
    settle(&mut app);
    assert_snapshot!("filter-80x24", screen(&mut app, 80, 24));
}

#[test]
fn nothing_read_yet() {
    let mut app = five_stacks();
    app.estate = crate::domain::estate::Estate::default();
    settle(&mut app);
    assert_snapshot!("first-paint-80x24", screen(&mut app, 80, 24));
}

#[test]
fn a_notice_takes_no_room_from_the_rows() {
    let mut app = at(ViewName::Services);
    app.notice =
        Some(Notice { text: "copied, if your terminal allows OSC 52".into(), until: app.now, answers_key: true });
    assert_snapshot!("notice-60x12", screen(&mut app, 60, 12));
}

#[test]
fn too_small_says_how_big_it_has_to_be() {
    let mut app = five_stacks();
    assert_snapshot!("small-20x5", screen(&mut app, 20, 5));
}

#[test]
fn a_frame_between_a_resize_and_its_message_is_blank() {
    let app = five_stacks();
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).expect("a terminal of memory");
    terminal.draw(|frame| super::view(&app, &paper_theme(), frame)).expect("drawn");
    assert!(to_text(terminal.backend().buffer()).trim().is_empty());
}

#[test]
fn every_place_draws_at_every_size() {
    let mut app = five_stacks();
    let subject = ResourceId::new(Kind::Service, &scope(), "gone");
    let texts = [None, Some(TextPane { subject, kind: TextKind::Describe, scroll: 900, shift: 900 })];
    for view in [
        ViewName::Overview,
        ViewName::Tasks,
        ViewName::Gateways,
        ViewName::Alarms,
        ViewName::Timeline,
        ViewName::Listeners,
        ViewName::Journal,
    ] {
        app.history.go(Place::everywhere(view));
        settle(&mut app);
        for text in &texts {
            app.overlay = text.clone().map(Overlay::Text);
            for (width, height) in [(1, 1), (60, 12), (61, 13), (79, 19), (139, 20), (140, 21), (300, 100)] {
                assert_eq!(screen(&mut app, width, height).lines().next().map(str::is_empty), Some(false));
            }
        }
    }
}
