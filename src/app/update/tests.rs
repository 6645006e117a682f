use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{cursor, keys::run, mute, settle, update};
use crate::{
    app::{App, describe::describe, effect::Effect, fixtures, msg::Msg, overlay::Overlay, settings::Staged, sources},
    command::{Command, ViewName},
    domain::{
        fault::{Fault, FaultKind},
        id::{Kind, ResourceId},
        observation::Observation,
        query::{Outcome, Query, Request},
        task::Task,
    },
};

/// Does what the commands say, one after the other, and settles.
fn after(app: &mut App, commands: &[Command]) {
    for command in commands {
        cursor::pin(app);
        settle(app);
        run(app, *command);
        app.unsettled = true;
    }
    settle(app);
}

fn on_services() -> App {
    let mut app = fixtures::five_stacks();
    after(&mut app, &[Command::View(ViewName::Services)]);
    app
}

fn under_cursor(app: &App) -> ResourceId {
    app.table_state().and_then(|state| state.cursor.clone()).expect("a cursor")
}

fn type_keys(app: &mut App, text: &str) {
    for letter in text.chars() {
        update(app, Msg::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
    }
    settle(app);
}

fn key(app: &mut App, code: KeyCode) {
    update(app, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    settle(app);
}

fn on_tasks() -> App {
    let mut app = fixtures::five_stacks();
    after(&mut app, &[Command::View(ViewName::Tasks)]);
    assert!(app.table.rows.len() > 4, "too few tasks to tell anything");
    app
}

/// The task is gone; one that stopped would be remembered.
fn forget(app: &mut App, id: &ResourceId) {
    let known = app.estate.scopes.get_mut(&id.scope).expect("its scope");
    for tasks in known.tasks.values_mut() {
        let mut left = tasks.take_value().unwrap_or_default();
        left.retain(|arn, _| arn.wire() != &*id.key);
        let mut fresh = Observation::default();
        fresh.succeed(left, app.now);
        *tasks = fresh;
    }
    app.unsettled = true;
    settle(app);
    assert_eq!(app.table.index_of(id), None);
}

#[test]
fn the_cursor_stays_on_its_resource_while_rows_above_it_vanish() {
    let mut app = on_tasks();
    after(&mut app, &[Command::Down, Command::Down, Command::Down]);
    let (held, first) = (under_cursor(&app), app.table.rows[0].id.clone());
    forget(&mut app, &first);
    assert_eq!(under_cursor(&app), held);
}

#[test]
fn until_a_key_is_pressed_the_cursor_keeps_to_the_top() {
    let mut app = on_tasks();
    let (first, second) = (app.table.rows[0].id.clone(), app.table.rows[1].id.clone());
    let state = app.tables.get_mut(&app.history.current().clone()).expect("a state");
    state.held = false;
    state.cursor = Some(second);
    app.unsettled = true;
    settle(&mut app);
    assert_eq!(under_cursor(&app), first);
}

#[test]
fn where_the_cursors_row_vanishes_it_goes_to_the_one_that_took_its_place() {
    let mut app = on_tasks();
    after(&mut app, &[Command::Down]);
    let (gone, next) = (app.table.rows[1].id.clone(), app.table.rows[2].id.clone());
    forget(&mut app, &gone);
    assert_eq!(under_cursor(&app), next);
    // The filter hides what stopped, so that the last row is of a task that can go.
    after(&mut app, &[Command::Filter]);
    type_keys(&mut app, "running");
    key(&mut app, KeyCode::Enter);
    after(&mut app, &[Command::Bottom]);
    let (last, before) = (under_cursor(&app), app.table.rows[app.table.rows.len() - 2].id.clone());
    forget(&mut app, &last);
    assert_eq!(under_cursor(&app), before);
}

#[test]
fn marks_hold_resources_through_sorting_and_filtering() {
    let mut app = on_services();
    let marked = under_cursor(&app);
    after(&mut app, &[Command::Mark, Command::SortBy(2), Command::SortBy(2)]);
    let marks = &app.table_state().expect("a state").marks;
    assert_eq!(marks.iter().collect::<Vec<_>>(), [&marked]);
}

#[test]
fn sorting_by_a_column_goes_up_then_down_then_back_to_worst_first() {
    let mut app = on_services();
    let names = |app: &App| app.table.rows.iter().map(|row| row.cells[1].text.to_string()).collect::<Vec<_>>();
    let own = names(&app);
    after(&mut app, &[Command::SortBy(2)]);
    assert!(names(&app).is_sorted(), "{:?}", names(&app));
    after(&mut app, &[Command::SortBy(2)]);
    assert!(names(&app).iter().rev().is_sorted(), "{:?}", names(&app));
    after(&mut app, &[Command::SortBy(2)]);
    assert_eq!(names(&app), own);
}

#[test]
fn the_table_follows_the_filter_as_it_is_typed_and_escape_takes_it_back() {
    let mut app = on_services();
    let all = app.table.rows.len();
    after(&mut app, &[Command::Filter]);
    type_keys(&mut app, "kong");
    assert_eq!(app.table.rows.len(), 1);
    assert_eq!(app.table.hidden, all - 1);
    key(&mut app, KeyCode::Esc);
    assert_eq!(app.table.rows.len(), all);
    assert!(app.overlay.is_none());
}

#[test]
fn back_leaves_what_is_open_then_the_filter_then_the_place() {
    let mut app = on_services();
    after(&mut app, &[Command::Filter]);
    type_keys(&mut app, "kong");
    key(&mut app, KeyCode::Enter);
    after(&mut app, &[Command::Describe]);
    assert!(app.overlay.is_some());
    after(&mut app, &[Command::Back]);
    assert!(app.overlay.is_none());
    assert_eq!(app.table.rows.len(), 1);
    after(&mut app, &[Command::Back]);
    assert!(app.table.rows.len() > 1);
    after(&mut app, &[Command::Back]);
    assert_eq!(app.place().view, ViewName::Overview);
}

#[test]
fn a_paste_is_data_and_never_a_command() {
    let mut app = on_services();
    let place = app.place().clone();
    assert_eq!(update(&mut app, Msg::Paste("q\r:quit\r".to_owned())), []);
    assert!(!app.quitting);
    assert_eq!(*app.place(), place);
    after(&mut app, &[Command::Filter]);
    update(&mut app, Msg::Paste("ko\x1b\rng".to_owned()));
    settle(&mut app);
    assert_eq!(app.table_state().map(|state| state.filter.as_str()), Some("kong"));
    assert!(matches!(app.overlay, Some(Overlay::Filter { .. })));
}

#[test]
fn a_views_key_keeps_the_stack_and_pressed_again_widens_to_the_estate() {
    let mut app = fixtures::five_stacks();
    after(&mut app, &[Command::Open]);
    let stack = app.place().within.clone();
    assert_eq!(app.place().view, ViewName::Stack);
    after(&mut app, &[Command::View(ViewName::Services)]);
    assert_eq!(app.place().within, stack);
    after(&mut app, &[Command::View(ViewName::Services)]);
    assert_eq!(app.place().within, None);
}

#[test]
fn the_next_signal_is_shown_where_its_subject_is_a_row() {
    let mut app = fixtures::five_stacks();
    let subject = app.signals[0].subject.clone();
    after(&mut app, &[Command::NextSignal]);
    assert_eq!(under_cursor(&app), subject);
    assert!(app.table.index_of(&subject).is_some());
}

#[test]
fn the_signal_that_was_gone_to_stays_in_question_until_a_worse_one_comes() {
    let mut app = fixtures::five_stacks();
    let all = app.signals.clone();
    let last = all.len() - 1;
    assert!(all[0].severity < all[last].severity);
    app.signal_cursor = Some(last);
    mute::sort(&mut app, all[1..].to_vec());
    assert_eq!(app.signal_cursor, Some(last - 1), "it is the same one");
    mute::sort(&mut app, all);
    assert_eq!(app.signal_cursor, None, "the worse one is the next to go to");
}

#[test]
fn the_palette_finds_a_service_by_a_few_of_its_letters() {
    let mut app = fixtures::five_stacks();
    after(&mut app, &[Command::Palette]);
    type_keys(&mut app, "trmapi");
    key(&mut app, KeyCode::Enter);
    assert_eq!(under_cursor(&app).kind, Kind::Service);
    assert_eq!(under_cursor(&app).name().as_str(), "terminal-api");
}

#[test]
fn raw_json_asks_for_the_row_under_the_cursor_and_only_once_for_each_press() {
    let mut app = on_services();
    let subject = under_cursor(&app);
    let effects = run(&mut app, Command::RawJson);
    let [Effect::Fetch { request, .. }] = effects.as_slice() else { panic!("one read, not {effects:?}") };
    assert_eq!(request.query, Query::Raw { resource: subject });
}

#[test]
fn refresh_asks_for_what_is_on_screen_at_once() {
    let mut app = on_services();
    let effects = run(&mut app, Command::Refresh);
    assert!(
        effects
            .iter()
            .any(|it| matches!(it, Effect::Fetch { request, .. } if matches!(request.query, Query::Services { .. })))
    );
}

#[test]
fn a_task_that_is_described_has_its_definition_read_once_and_then_names_its_log_stream() {
    let (mut app, world) = fixtures::five_stacks_and_world();
    after(&mut app, &[Command::View(ViewName::Tasks)]);
    let definitions = |app: &App| {
        let wanted = sources::all(app).into_iter().filter(|it| matches!(it.query, Query::TaskDefinition { .. }));
        wanted.collect::<Vec<_>>()
    };
    assert_eq!(definitions(&app), [], "nobody looks at a task");
    let known = app.estate.scopes.values().flat_map(|it| it.tasks.values());
    let mut dead = known.filter_map(Observation::value).flat_map(|it| it.values()).filter(|it| it.is_stopped());
    let with_row = |it: &Task| Some((it.arn.clone(), app.table.rows.iter().find(|row| *row.id.key == *it.arn.wire())?));
    let (dead, row) = dead.find_map(with_row).expect("one that stopped alone");
    let row = row.id.clone();
    cursor::put_on(&mut app, row.clone());
    after(&mut app, &[Command::Describe]);
    let text = |app: &App| describe(app, &row).iter().map(|it| it.plain().to_string()).collect::<Vec<_>>().join("\n");
    assert!(text(&app).contains("the task definition is being read"), "{}", text(&app));
    let [request] = definitions(&app).try_into().expect("one read");
    let answer = world.answer(&request);
    app.estate.receive(&request, Outcome::Complete(answer), app.now);
    let told = text(&app);
    assert!(told.contains("group /ecs/api in us-east-1"), "{told}");
    assert!(told.contains(&format!("stream ecs/api/{}", dead.tail())), "{told}");
    assert_eq!(definitions(&app), [], "it never changes");
}

#[test]
fn a_definition_that_could_not_be_read_is_asked_for_again_and_says_why_meanwhile() {
    let mut app = fixtures::five_stacks();
    let (scope, task) = app
        .estate
        .scopes
        .iter()
        .find_map(|(scope, known)| {
            let tasks = known.tasks.values().next()?.value()?.values().next()?;
            Some((scope.clone(), tasks.clone()))
        })
        .expect("a task");
    let request =
        Request { scope: scope.clone(), query: Query::TaskDefinition { definition: task.task_definition.clone() } };
    let denied = Fault {
        kind: FaultKind::Denied,
        operation: "ecs:DescribeTaskDefinition".into(),
        code: "AccessDeniedException".into(),
        message: "no".into(),
        request_id: None,
        at: app.now,
    };
    app.estate.receive(&request, Outcome::Failed(denied), app.now);
    let row = ResourceId::new(Kind::Task, &scope, task.arn.wire());
    after(&mut app, &[Command::View(ViewName::Tasks)]);
    cursor::put_on(&mut app, row.clone());
    assert!(!sources::all(&app).contains(&request), "nobody looks at it");
    after(&mut app, &[Command::Describe]);
    assert!(sources::all(&app).contains(&request));
    let text = describe(&app, &row);
    assert!(text.iter().any(|it| it.plain().as_str().contains("ecs:DescribeTaskDefinition: access denied")));
}

#[test]
fn scenarios_are_offered_on_a_simulator_only_and_told_when_they_begin() {
    let mut app = fixtures::five_stacks();
    let begun = |app: &mut App| {
        after(app, &[Command::Palette]);
        type_keys(app, "scenario az-outage");
        update(app, Msg::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)))
    };
    assert_eq!(begun(&mut app), []);
    let staged = |name: &str| Staged { name: name.into(), title: "something happens".into() };
    app.scenarios = vec![staged("az-outage"), staged("calm")];
    app.overlay = None;
    assert_eq!(begun(&mut app), [Effect::BeginScenario("az-outage".into())]);
    update(&mut app, Msg::ScenarioBegun { name: "az-outage".into(), outcome: Ok(()) });
    assert_eq!(app.notice.as_ref().expect("a word").text.as_str(), "scenario az-outage begins");
    update(&mut app, Msg::ScenarioBegun { name: "calm".into(), outcome: Err("it is gone".into()) });
    assert_eq!(app.notice.as_ref().expect("a word").text.as_str(), "scenario calm does not begin: it is gone");
}
