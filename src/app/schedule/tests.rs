use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{due, has_answered};
use crate::{
    app::{
        App,
        effect::Effect,
        fixtures,
        msg::Msg,
        overlay::{Overlay, TextKind, TextPane},
        place::Place,
        settings::{Reads, Settings, WorldKind},
        sources,
        update::update,
    },
    command::ViewName,
    domain::{
        cost::{Silence, Told, Why},
        fault::{Fault, FaultKind},
        id::{Kind, ResourceId, Scope},
        metric::{Series, Span},
        query::{Answer, Attempt, Identity, Outcome, Query, Request},
        service::RolloutState,
        text::SafeText,
    },
    keymap::Keymap,
    stack::{
        care::Care,
        model::{AlarmSelection, Environment, Stack, StackCache, StackScope, StackService},
    },
};

fn start() -> Timestamp {
    "2026-11-20T03:00:00Z".parse().expect("a valid time")
}

fn scope() -> Scope {
    Scope::new("estates", "us-east-1")
}

fn app() -> App {
    let service = StackService {
        scopes: vec![scope()],
        cluster: "terminal-cluster".into(),
        name: "terminal-api".into(),
        promise_p95_ms: None,
        min_tasks: None,
        stateful: false,
        may_sleep: false,
        needs: Vec::new(),
        together: None,
    };
    let stack = Stack {
        name: SafeText::new("terminal"),
        title: SafeText::new("Terminal"),
        environment: Environment::Production,
        read_only: false,
        scopes: vec![StackScope { scope: scope(), account: None }],
        services: vec![service],
        groups: Vec::new(),
        target_groups: Vec::new(),
        caches: Vec::new(),
        databases: Vec::new(),
        alarms: AlarmSelection::default(),
        care: Care::default(),
        capacity: None,
        cost: None,
        checklist: Vec::new(),
        found: false,
    };
    let settings = Settings {
        read_only: false,
        heeds_notices: false,
        no_cost: false,
        narrowed: false,
        keymap: Arc::new(Keymap::default()),
        themes: vec!["dark".to_owned()],
        world: WorldKind::Aws,
        reads: Reads::Estate,
        calls_per_minute: 120,
    };
    App::new(settings, vec![stack], start())
}

fn sent(effects: &[Effect]) -> Vec<(Request, u64)> {
    let fetch = |effect: &Effect| match effect {
        Effect::Fetch { request, generation } => Some((request.clone(), *generation)),
        _ => None,
    };
    effects.iter().filter_map(fetch).collect()
}

fn request(query: Query) -> Request {
    Request { scope: scope(), query }
}

fn fault(kind: FaultKind) -> Fault {
    let text = SafeText::new("x");
    Fault { kind, operation: text.clone(), code: text.clone(), message: text, request_id: None, at: start() }
}

/// Answers one read at `at`; returns what is sent because of it.
fn answer(app: &mut App, (request, generation): &(Request, u64), outcome: Outcome, at: Timestamp) -> Vec<Effect> {
    update(app, Msg::Fetched { request: request.clone(), generation: *generation, outcome: Box::new(outcome), at })
}

/// Lets time pass without letting anything be sent.
fn pass(app: &mut App, seconds: i64) {
    app.now = app.now.saturating_add(SignedDuration::from_secs(seconds)).expect("in range");
}

fn find(sent: &[(Request, u64)], query: &Query) -> (Request, u64) {
    sent.iter().find(|(it, _)| it.query == *query).cloned().expect("the read was sent")
}

#[test]
fn everything_is_asked_once_at_the_start_and_not_again_while_it_is_under_way() {
    let mut app = app();
    let first = sent(&due(&mut app));
    assert!(first.iter().any(|(it, _)| it.query == Query::Identity));
    assert!(first.iter().any(|(it, _)| it.query == Query::Alarms));
    assert_eq!(sent(&due(&mut app)), []);
    pass(&mut app, 60);
    assert_eq!(sent(&due(&mut app)), []);
}

#[test]
fn a_late_answer_to_an_earlier_read_is_dropped() {
    let mut app = app();
    let first = find(&sent(&due(&mut app)), &Query::Alarms);
    pass(&mut app, 121);
    let second = find(&sent(&due(&mut app)), &Query::Alarms);
    assert_ne!(first.1, second.1);
    answer(&mut app, &first, Outcome::Complete(Answer::Alarms(Vec::new())), start());
    assert_eq!(app.estate.scope(&scope()).and_then(|it| it.alarms.fetched_at()), None);
    answer(&mut app, &second, Outcome::Complete(Answer::Alarms(Vec::new())), start());
    let asked = start().saturating_add(SignedDuration::from_secs(121)).expect("in range");
    let fetched = app.estate.scope(&scope()).and_then(|it| it.alarms.fetched_at());
    assert_eq!(fetched, Some(asked), "it is as old as the question");
}

#[test]
fn failing_reads_wait_longer_each_time() {
    let mut app = app();
    let mut reads = sent(&due(&mut app));
    let mut waits = Vec::new();
    for _ in 0..5 {
        let alarms = find(&reads, &Query::Alarms);
        let at = app.now;
        answer(&mut app, &alarms, Outcome::Failed(fault(FaultKind::Server)), at);
        let mut waited = 0;
        reads = Vec::new();
        while !reads.iter().any(|(it, _)| it.query == Query::Alarms) {
            pass(&mut app, 1);
            waited += 1;
            reads = sent(&due(&mut app));
        }
        waits.push(waited);
    }
    assert!(waits.is_sorted() && waits[4] > waits[0] * 4, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 303), "{waits:?}");
}

#[test]
fn a_throttling_service_is_left_alone_as_a_whole() {
    let mut app = app();
    let first = sent(&due(&mut app));
    let tasks = find(&first, &Query::Tasks { cluster: "terminal-cluster".into() });
    let at = app.now;
    answer(&mut app, &tasks, Outcome::Failed(fault(FaultKind::Throttled)), at);
    let services = request(Query::Services { cluster: "terminal-cluster".into(), names: vec!["terminal-api".into()] });
    app.schedule.want(std::slice::from_ref(&services));
    let is_ecs = |reads: &[(Request, u64)]| {
        reads.iter().any(|(it, _)| matches!(it.query, Query::Services { .. } | Query::Tasks { .. }))
    };
    // Its other read is under way; once that has ended, nothing of ECS is sent before the pause is over.
    let under_way = find(&first, &services.query);
    answer(&mut app, &under_way, Outcome::Complete(Answer::Services(Vec::new())), at);
    app.schedule.want(std::slice::from_ref(&services));
    pass(&mut app, 9);
    assert!(!is_ecs(&sent(&due(&mut app))));
    pass(&mut app, 5);
    assert!(is_ecs(&sent(&due(&mut app))));
}

#[test]
fn expired_credentials_leave_only_the_identity_asked_until_it_answers_again() {
    let mut app = app();
    let first = sent(&due(&mut app));
    let at = app.now;
    for read in &first {
        answer(&mut app, read, Outcome::Failed(fault(FaultKind::Expired)), at);
    }
    pass(&mut app, 30);
    let retried = sent(&due(&mut app));
    assert_eq!(retried.iter().map(|(it, _)| it.query.clone()).collect::<Vec<_>>(), [Query::Identity]);
    let at = app.now;
    let resumed = sent(&answer(&mut app, &retried[0], identity(), at));
    assert!(resumed.iter().any(|(it, _)| it.query == Query::Alarms), "{resumed:?}");
}

fn identity() -> Outcome {
    let (account, arn) = (SafeText::new("111122223333"), SafeText::new("arn"));
    Outcome::Complete(Answer::Identity(Identity { account, arn, expires_at: None }))
}

#[test]
fn an_identity_that_answers_first_asks_nothing_anew() {
    let mut app = app();
    let first = sent(&due(&mut app));
    let at = app.now;
    answer(&mut app, &find(&first, &Query::Alarms), Outcome::Failed(fault(FaultKind::Server)), at);
    let resumed = sent(&answer(&mut app, &find(&first, &Query::Identity), identity(), at));
    assert!(resumed.iter().all(|(it, _)| it.query != Query::Alarms), "{resumed:?}");
}

#[test]
fn a_service_that_goes_on_refusing_good_credentials_is_asked_once_more_and_then_backed_off_from() {
    let mut app = app();
    let at = app.now;
    let mut reads = sent(&due(&mut app));
    let mut asked = 0;
    while let Some(read) = reads.pop() {
        let outcome = match &read.0.query {
            Query::Identity => identity(),
            Query::Alarms => {
                asked += 1;
                Outcome::Failed(fault(FaultKind::Credentials))
            }
            _ => Outcome::Failed(fault(FaultKind::Denied)),
        };
        assert!(asked <= 2, "the alarms are asked again and again");
        reads.extend(sent(&answer(&mut app, &read, outcome, at)));
    }
    assert_eq!(asked, 2);
}

/// Services whose deployments are asked for.
fn asked_for_deployments(app: &App) -> Vec<String> {
    let reads = sources::all(app).into_iter().filter_map(|it| match it.query {
        Query::Deployments { service, .. } => Some(service.tail().to_string()),
        _ => None,
    });
    reads.collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn service_deployments_are_asked_for_where_something_rolls_or_somebody_looks() {
    let mut app = fixtures::five_stacks();
    let long_ago = Some(app.now - SignedDuration::from_hours(72));
    for known in app.estate.scopes.values_mut() {
        known.deployments.clear();
        let services = known.services.values_mut().filter_map(|it| it.value_mut()).flat_map(|it| it.values_mut());
        for service in services.filter(|it| it.name.as_str() != "terminal-api") {
            service.deployments.truncate(1);
            for rollout in &mut service.deployments {
                (rollout.created_at, rollout.updated_at) = (long_ago, long_ago);
                rollout.state = Some(RolloutState::Completed);
            }
        }
    }
    fixtures::settle(&mut app);
    assert_eq!(asked_for_deployments(&app), ["terminal-api"]);
    let services = app.estate.scopes.iter().flat_map(|(scope, it)| it.services.values().map(move |it| (scope, it)));
    let mut at_rest = services
        .filter_map(|(scope, it)| Some((scope, it.value()?)))
        .flat_map(|(scope, it)| it.values().map(move |it| ResourceId::new(Kind::Service, scope, it.arn.wire())));
    let subject = at_rest.find(|it| it.name().as_str() == "cma-api-production").expect("a service of cma");
    app.overlay = Some(Overlay::Text(TextPane { subject, kind: TextKind::Describe, scroll: 0, shift: 0 }));
    assert_eq!(asked_for_deployments(&app), ["cma-api-production", "terminal-api"], "it is described");
    app.overlay = None;
    app.history.go(Place::everywhere(ViewName::Deployments));
    assert!(asked_for_deployments(&app).len() > 5, "all are on screen");
}

#[test]
fn a_service_is_not_asked_beyond_its_budget() {
    let mut app = app();
    app.settings.calls_per_minute = 1;
    let first = sent(&due(&mut app));
    let of_ecs = |(it, _): &&(Request, u64)| matches!(it.query, Query::Services { .. } | Query::Tasks { .. });
    assert_eq!(first.iter().filter(of_ecs).count(), 1);
}

#[test]
fn where_the_budget_does_not_last_for_all_each_has_its_turn() {
    let mut app = app();
    let of_ecs = |it: &Request| matches!(it.query, Query::Services { .. } | Query::Tasks { .. });
    let mut waiting: BTreeSet<Request> = sources::all(&app).into_iter().filter(of_ecs).collect();
    assert!(waiting.len() > 1);
    app.settings.calls_per_minute = 1;
    let mut sent: Vec<_> = sent(&due(&mut app));
    while !waiting.is_empty() {
        let of_ecs: Vec<_> = sent.iter().filter(|(it, _)| of_ecs(it)).cloned().collect();
        assert_eq!(of_ecs.len(), 1, "{waiting:?}");
        assert!(waiting.remove(&of_ecs[0].0), "{:?} again, before {waiting:?}", of_ecs[0].0);
        // Long enough for whatever has failed to be due again.
        pass(&mut app, 400);
        let now = app.now;
        sent = super::tests::sent(&answer(&mut app, &of_ecs[0], Outcome::Failed(fault(FaultKind::Denied)), now));
    }
}

#[test]
fn what_is_on_screen_is_renewed_when_the_background_has_used_the_budget_up() {
    let mut app = app();
    let services =
        |sent: &[(Request, u64)]| sent.iter().find(|(it, _)| matches!(it.query, Query::Services { .. })).cloned();
    app.history.go(Place::everywhere(ViewName::Alarms));
    let reads = sent(&due(&mut app));
    assert!(services(&reads).is_some(), "it was never read");
    for read in reads {
        let now = app.now;
        answer(&mut app, &read, Outcome::Failed(fault(FaultKind::Denied)), now);
    }
    app.settings.calls_per_minute = 2;
    pass(&mut app, 60);
    for _ in 0..2 {
        app.meter.note(&Attempt {
            at: app.now,
            operation: "ecs:DescribeServices".into(),
            status: 200,
            throttled: false,
            timed_out: false,
            retry: false,
            milliseconds: 30,
            bytes: 1,
            metrics: 0,
            pages: 0,
        });
    }
    assert_eq!(services(&sent(&due(&mut app))), None);
    app.history.go(Place::everywhere(ViewName::Services));
    assert!(services(&sent(&due(&mut app))).is_some());
}

#[test]
fn a_look_is_complete_once_every_read_has_ended_well_or_badly() {
    let mut app = app();
    let mut reads = sent(&due(&mut app));
    assert!(!has_answered(&app));
    let at = app.now;
    while let Some(read) = reads.pop() {
        reads.extend(sent(&answer(&mut app, &read, Outcome::Failed(fault(FaultKind::Denied)), at)));
    }
    assert!(has_answered(&app));
}

/// What is asked of CloudWatch's series, as `count from-minutes`.
fn asked(effects: &[Effect]) -> Vec<(usize, u32)> {
    let series = |(request, _): (Request, u64)| match request.query {
        Query::Metrics { reads, minutes } => Some((reads.len(), minutes)),
        _ => None,
    };
    sent(effects).into_iter().filter_map(series).collect()
}

/// Answers every read of series that is under way, `at`.
fn answer_series(app: &mut App, effects: &[Effect], at: Timestamp) {
    for (request, generation) in sent(effects) {
        let Query::Metrics { reads, minutes } = &request.query else { continue };
        let covered = Some(Span { from: at - SignedDuration::from_mins(i64::from(*minutes)), to: at });
        let series = reads.iter().map(|it| (it.clone(), Series { points: Vec::new(), covered })).collect();
        answer(app, &(request, generation), Outcome::Complete(Answer::Metrics(series)), at);
    }
}

/// A stack with a cache: the one kind of resource whose series need nothing else to be known.
fn with_cache() -> App {
    let mut app = app();
    app.stacks[0].caches = vec![StackCache { scopes: vec![scope()], name: "terminal-cache".into() }];
    app
}

#[test]
fn series_are_read_whole_once_and_then_their_tails_once_a_minute() {
    let mut app = with_cache();
    let first = due(&mut app);
    assert_eq!(asked(&first), [(1, 180)]);
    pass(&mut app, 5);
    assert_eq!(asked(&due(&mut app)), [], "it is under way");
    let now = app.now;
    answer_series(&mut app, &first, now);
    let mut tails = Vec::new();
    for _ in 0..600 {
        pass(&mut app, 1);
        let effects = due(&mut app);
        tails.extend(asked(&effects));
        let now = app.now;
        answer_series(&mut app, &effects, now);
    }
    assert_eq!(tails.len(), 10, "{tails:?}");
    assert!(tails.iter().all(|(reads, minutes)| *reads == 1 && (5..=6).contains(minutes)), "{tails:?}");
}

#[test]
fn series_that_cannot_be_read_are_tried_ever_less_often_and_at_once_on_the_operator_s_word() {
    let mut app = with_cache();
    let mut tries = Vec::new();
    for second in 0..1200 {
        let effects = due(&mut app);
        if let Some(read) = sent(&effects).into_iter().find(|(it, _)| matches!(it.query, Query::Metrics { .. })) {
            tries.push(second);
            let now = app.now;
            answer(&mut app, &read, Outcome::Failed(fault(FaultKind::Denied)), now);
        }
        pass(&mut app, 1);
    }
    assert_eq!(tries, [0, 60, 180, 420, 720, 1020]);
    let request = request(Query::Metrics { reads: Vec::new(), minutes: 0 });
    app.schedule.want(&[request]);
    assert_eq!(asked(&due(&mut app)), [(1, 180)]);
}

/// The console on the cost view, and its question for a bill.
fn on_cost() -> (App, (Request, u64)) {
    let mut app = fixtures::five_stacks();
    app.history.go(Place::everywhere(ViewName::Cost));
    let sent = sent(&due(&mut app));
    let bill = sent.into_iter().find(|(it, _)| matches!(it.query, Query::Bill { .. })).expect("a bill");
    (app, bill)
}

fn asks_again(effects: &[Effect], request: &Request) -> bool {
    sent(effects).iter().any(|(it, _)| it == request)
}

#[test]
fn what_is_paid_for_is_not_asked_twice_because_its_answer_is_long_in_coming() {
    let (mut app, (bill, generation)) = on_cost();
    pass(&mut app, 600);
    assert!(!asks_again(&due(&mut app), &bill));
    let now = app.now;
    let silence = Silence { why: Why::TooLittle, operation: "ce:GetCostAndUsage".into(), message: "none".into() };
    let outcome = Outcome::Complete(Answer::Bill(Box::new(Told::Nothing(silence))));
    answer(&mut app, &(bill.clone(), generation), outcome, now);
    let known = app.estate.scope(&bill.scope).expect("its scope");
    assert!(known.costs.bills.values().any(|it| it.fetched_at() == Some(now)));
}

#[test]
fn a_fault_that_is_kept_from_long_ago_is_not_looked_at_over_and_over() {
    let (mut app, question) = on_cost();
    let hour_ago = app.now - SignedDuration::from_hours(1);
    let outcome = Outcome::Failed(fault(FaultKind::TimedOut));
    let effects = answer(&mut app, &question, outcome, hour_ago);
    assert!(!asks_again(&effects, &question.0));
    pass(&mut app, 60);
    assert!(!asks_again(&due(&mut app), &question.0));
}
