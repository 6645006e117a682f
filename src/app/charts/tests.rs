use jiff::SignedDuration;

use super::{ChartKind, find, measured_by, of_place, plot::plot, reading, threshold};
use crate::{
    app::{
        App,
        fixtures::{five_stacks, five_stacks_and_world, read_series, settle},
        place::Place,
    },
    command::ViewName,
    domain::{
        id::{Kind, ResourceId},
        metric::{Series, Span},
        query::{Answer, Outcome, Query, Request},
    },
    metrics::Window,
    triage::testing::{ago, now, scope},
};

fn words(app: &App) -> Vec<String> {
    of_place(app).iter().map(|it| format!("{} {}", it.kind.word(), it.name(app))).collect()
}

fn within(kind: Kind, key: &str) -> App {
    let mut app = five_stacks();
    let id = ResourceId::new(kind, &scope(), key);
    app.history.go(Place::within(ViewName::Metrics, id));
    settle(&mut app);
    app
}

/// The console on the terminal's charts, all of them read.
fn terminal() -> App {
    let (mut app, world) = five_stacks_and_world();
    app.size = (400, 100);
    app.history.go(Place::within(ViewName::Metrics, ResourceId::stack("terminal")));
    settle(&mut app);
    read_series(&mut app, &world);
    settle(&mut app);
    app
}

#[test]
fn the_same_figure_of_two_regions_stands_side_by_side() {
    let mut app = five_stacks();
    app.history.go(Place::within(ViewName::Metrics, ResourceId::stack("mint-server")));
    assert_eq!(
        words(&app)[..6],
        [
            "latency us-east-1 mint-server-tg",
            "latency us-west-1 mint-server-tg",
            "5xx us-east-1 mint-server-tg",
            "5xx us-west-1 mint-server-tg",
            "requests us-east-1 mint-server-tg",
            "requests us-west-1 mint-server-tg",
        ]
    );
}

#[test]
fn a_service_has_the_charts_of_its_target_group_and_a_gateway_those_of_its_group() {
    let service = "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api";
    assert_eq!(
        words(&within(Kind::Service, service)),
        [
            "latency terminal-api-tg",
            "5xx terminal-api-tg",
            "requests terminal-api-tg",
            "CPU terminal-api",
            "memory terminal-api",
            "hosts terminal-api-tg",
        ]
    );
    let gateway = words(&within(Kind::Instance, "i-0a1b2c3d4e5f60718"));
    assert_eq!(gateway, ["sessions terminal-gateway-asg", "CPU terminal-gateway-asg"]);
    assert_eq!(words(&within(Kind::Group, "terminal-gateway-asg")), gateway);
}

#[test]
fn rows_that_are_not_measured_themselves_lead_to_what_is() {
    let app = five_stacks();
    let known = app.estate.scope(&scope()).expect("the scope");
    let tasks = known.tasks["terminal-cluster"].value().expect("read");
    let task = tasks.keys().next().expect("a task");
    let of = |kind, key: &str| measured_by(&app, &ResourceId::new(kind, &scope(), key)).map(|it| it.name().to_string());
    assert_eq!(of(Kind::Task, task.wire()).as_deref(), Some("terminal-api"));
    let group = known.targets.keys().find(|it| it.wire().contains("terminal-api-tg")).expect("its group").wire();
    assert_eq!(of(Kind::Target, &format!("{group}|10.0.3.11:3001")).as_deref(), Some("terminal-api-tg"));
    assert_eq!(of(Kind::Session, "Sessions|i-0c3d9e1f2a7b4c5d6-1").as_deref(), Some("i-0c3d9e1f2a7b4c5d6"));
    let alarm = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:terminal-api-latency";
    assert_eq!(of(Kind::Alarm, alarm).as_deref(), Some("latency of terminal-api-tg"));
    assert_eq!(of(Kind::Scope, "ops/us-east-1"), None);
}

#[test]
fn thresholds_are_promises_alarms_and_what_policies_keep() {
    let mut app = terminal();
    app.stacks[0].services[0].promise_p95_ms = Some(40.0);
    let told = |app: &App, kind: ChartKind| -> Vec<(String, f64)> {
        let chart = of_place(app).into_iter().find(|it| it.kind == kind).expect("the chart");
        threshold::of(app, &chart).into_iter().map(|it| (it.name, it.value)).collect()
    };
    // The alarm watches seconds on the load balancer.
    assert_eq!(
        told(&app, ChartKind::Latency),
        [("promise p95 ≤".to_owned(), 40.0), ("alarm terminal-api-latency >".to_owned(), 1000.0)]
    );
    assert_eq!(told(&app, ChartKind::Requests), []);
    let sessions = told(&app, ChartKind::Sessions);
    assert_eq!(sessions, [("policy scale-on-sessions keeps".to_owned(), 8.0), ("a gateway takes".to_owned(), 10.0)]);
}

#[test]
fn a_far_threshold_is_named_and_does_not_flatten_the_lines() {
    let app = terminal();
    let chart = of_place(&app).into_iter().find(|it| it.kind == ChartKind::Latency).expect("latency");
    let plot = plot(&app, &chart);
    assert_eq!(plot.beyond.iter().map(|it| it.value).collect::<Vec<_>>(), [1000.0]);
    assert!((plot.top - 100.0).abs() < 1e-9, "{}", plot.top);
}

#[test]
fn gaps_stay_gaps_and_the_newest_point_stands_apart() {
    let app = terminal();
    let chart = of_place(&app).into_iter().find(|it| it.kind == ChartKind::Latency).expect("latency");
    let plot = plot(&app, &chart);
    assert!(plot.is_read);
    for line in &plot.lines {
        assert_eq!(line.segments.len(), 2, "one stretch without requests");
        let partial = line.partial.expect("the newest minute is incomplete");
        let last = line.last().expect("a settled value");
        assert!(partial.0 > last.0 && now().duration_since(last.0) >= SignedDuration::from_mins(4));
    }
}

#[test]
fn a_minute_without_errors_is_one_with_none() {
    let app = terminal();
    let chart = of_place(&app).into_iter().find(|it| it.kind == ChartKind::Errors).expect("5xx");
    let plot = plot(&app, &chart);
    let targets = &plot.lines[0];
    assert_eq!(targets.segments.len(), 1, "zeros join the burst to a line");
    assert_eq!(targets.range().map(|it| it.0), Some(0.0));
    let burst = targets.points().filter(|(_, value)| *value > 0.0).count();
    assert!((5..=7).contains(&burst), "{burst}");
    let newest = targets.last().expect("a value").0;
    assert!(now().duration_since(newest) >= SignedDuration::from_mins(4), "what may not be published yet is no zero");
}

#[test]
fn before_anything_is_read_nothing_is_drawn() {
    let mut app = terminal();
    app.estate.scopes.get_mut(&scope()).expect("the scope").metrics =
        crate::domain::observation::Observation::default();
    for chart in of_place(&app) {
        let plot = plot(&app, &chart);
        assert!(!plot.is_read && !plot.has_points(), "{}", chart.id.name());
    }
}

#[test]
fn the_reading_cursor_stays_on_its_minute_and_at_the_newest_follows() {
    let mut app = terminal();
    let chart = of_place(&app).into_iter().find(|it| it.kind == ChartKind::Requests).expect("requests");
    let read = chart.reads(&app).next().expect("a read");
    app.history.go(Place::within(ViewName::Metrics, chart.id.clone()));
    settle(&mut app);
    let newest = reading::at(&app);
    reading::step(&mut app, -10);
    assert_eq!(newest.duration_since(reading::at(&app)), SignedDuration::from_mins(10));
    let stood = reading::at(&app);
    let point = (newest + SignedDuration::from_mins(1), 5.0);
    let covered = Some(Span { from: newest, to: now() });
    let answer = Answer::Metrics(vec![(read.clone(), Series { points: vec![(newest, 1.0), point], covered })]);
    let request = Request { scope: scope(), query: Query::Metrics { reads: vec![read], minutes: 6 } };
    app.estate.receive(&request, Outcome::Complete(answer), now());
    assert_eq!(reading::at(&app), stood);
    reading::step(&mut app, 1_000);
    assert_eq!((app.reading, reading::at(&app)), (None, point.0));
    reading::step(&mut app, -1_000_000);
    assert!(ago(0).duration_since(reading::at(&app)) <= app.window.span());
}

#[test]
fn another_window_reads_with_its_own_period_and_keeps_to_the_page() {
    let mut app = terminal();
    app.window = Window::Day;
    settle(&mut app);
    let requests = crate::app::sources::series_of_place(&app);
    let [Request { query: Query::Metrics { reads, minutes }, .. }] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert!(*minutes == 1440 && reads.iter().all(|it| it.period_seconds == 300));
    app.size = (80, 24);
    settle(&mut app);
    let requests = crate::app::sources::series_of_place(&app);
    let [Request { query: Query::Metrics { reads, .. }, .. }] = requests.as_slice() else { panic!("{requests:?}") };
    // Three charts: latency with three lines, 5xx with two, requests with one.
    assert_eq!(reads.len(), 6);
    assert!(find(&app, &app.charts[0].id).is_some());
}
