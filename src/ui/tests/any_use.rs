//! Whatever is pressed, answered and resized, and in whatever order: nothing panics, the cursor is on a row that is
//! shown, and no read is sent while it is under way.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::SignedDuration;
use proptest::{prelude::*, sample::Index};
use ratatui::{Terminal, backend::TestBackend};

use super::paper::paper_theme;
use crate::{
    app::{
        App,
        effect::Effect,
        fixtures::{World, five_stacks_and_world},
        layout::Layout,
        msg::Msg,
        rows,
        update::{settle, update},
    },
    command::{COMMANDS, Context},
    domain::{
        fault::{Fault, FaultKind},
        query::{Answer, Outcome, Query, Request},
    },
    keymap::Chord,
    triage,
};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Key(KeyEvent),
    Paste(String),
    Resize(u16, u16),
    /// Seconds pass.
    Tick(i64),
    /// One of the reads under way is answered.
    Answer(Index, How),
}

/// How a read is answered.
#[derive(Debug, Clone, Copy)]
enum How {
    Whole,
    /// Every so-manieth item has vanished.
    Without(usize),
    Partial(FaultKind),
    Failed(FaultKind),
    /// An answer to a read that has long been sent anew.
    Late,
}

fn kind() -> impl Strategy<Value = FaultKind> {
    use FaultKind::{
        Credentials, Denied, Expired, Garbled, Lost, Missing, Rejected, Server, Throttled, TimedOut, Unreachable,
    };
    let all =
        vec![Expired, Credentials, Denied, Throttled, Unreachable, Lost, TimedOut, Garbled, Missing, Server, Rejected];
    prop::sample::select(all)
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        3 => Just(How::Whole),
        3 => (1_usize..4).prop_map(How::Without),
        1 => kind().prop_map(How::Partial),
        2 => kind().prop_map(How::Failed),
        1 => Just(How::Late),
    ]
}

/// Keys that are bound, keys that edit, and any letter.
fn key() -> impl Strategy<Value = KeyEvent> {
    let (app, _) = five_stacks_and_world();
    let chords = COMMANDS.iter().flat_map(|it| app.settings.keymap.chords(it.command, &Context::ALL));
    let bound: Vec<KeyEvent> = chords.filter_map(|it| Chord::parse(&it).ok()).map(KeyEvent::from).collect();
    let editing = [KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::Backspace, KeyCode::Up, KeyCode::Delete];
    prop_oneof![
        6 => prop::sample::select(bound),
        2 => prop::sample::select(editing.to_vec()).prop_map(|it| KeyEvent::new(it, KeyModifiers::NONE)),
        1 => any::<char>().prop_map(|it| KeyEvent::new(KeyCode::Char(it), KeyModifiers::NONE)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => key().prop_map(Step::Key),
        1 => ".{0,12}".prop_map(Step::Paste),
        1 => (0_u16..250, 0_u16..80).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        3 => (0_i64..60).prop_map(Step::Tick),
        6 => (any::<Index>(), how()).prop_map(|(which, how)| Step::Answer(which, how)),
    ]
}

/// The console and the reads that it waits for.
struct Use {
    app: App,
    world: World,
    under_way: Vec<(Request, u64)>,
}

impl Use {
    fn take(&mut self, step: Step) {
        let msg = match step {
            Step::Key(key) => Msg::Key(key),
            Step::Paste(text) => Msg::Paste(text),
            Step::Resize(columns, rows) => Msg::Resized(columns, rows),
            Step::Tick(seconds) => Msg::Tick(self.app.now + SignedDuration::from_secs(seconds)),
            Step::Answer(_, _) if self.under_way.is_empty() => return,
            Step::Answer(which, how) => {
                let (request, generation) = self.under_way.swap_remove(which.index(self.under_way.len()));
                let outcome = Box::new(self.outcome(&request, how));
                let generation = if matches!(how, How::Late) { generation.wrapping_sub(1) } else { generation };
                Msg::Fetched { request, generation, outcome, at: self.app.now }
            }
        };
        for effect in update(&mut self.app, msg) {
            if let Effect::Fetch { request, generation } = effect {
                self.under_way.push((request, generation));
            }
        }
    }

    fn outcome(&self, request: &Request, how: How) -> Outcome {
        let answer = self.world.answer(request);
        let fault = |kind| Fault {
            kind,
            operation: "ecs:DescribeServices".into(),
            code: "SomeException".into(),
            message: "a message \u{202e}of some length that \u{1b}[31m AWS might send, with 日本語 in it".into(),
            request_id: None,
            at: self.app.now,
        };
        match how {
            How::Whole | How::Late => Outcome::Complete(answer),
            How::Without(nth) => Outcome::Complete(without(answer, nth)),
            How::Partial(kind) => Outcome::Partial(without(answer, 2), fault(kind)),
            How::Failed(kind) => Outcome::Failed(fault(kind)),
        }
    }

    fn draw(&self, (width, height): (u16, u16)) {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal of memory");
        terminal.draw(|frame| crate::ui::view(&self.app, &paper_theme(), frame)).expect("drawn");
    }

    fn holds(&self) -> Result<(), TestCaseError> {
        let app = &self.app;
        // What was derived only where something changed is what would be derived from nothing.
        prop_assert_eq!(&app.signals, &triage::signals(&app.estate, &app.stacks, app.now));
        prop_assert_eq!(&app.table, &rows::rows(app).arranged(app.table_state()));
        let Some(state) = app.table_state().filter(|_| !app.table.rows.is_empty()) else { return Ok(()) };
        let row = state.cursor.as_ref().and_then(|it| app.table.index_of(it));
        prop_assert_eq!(row, Some(state.last_index), "the cursor is on no row of {:?}", app.place());
        let page = Layout::of(app).page().max(1);
        let shown = state.scroll..state.scroll + page;
        prop_assert!(shown.contains(&state.last_index), "row {} is not of {shown:?}", state.last_index);
        Ok(())
    }
}

/// The answer without every `nth` of its items.
fn without(answer: Answer, nth: usize) -> Answer {
    fn some<T>(items: Vec<T>, nth: usize) -> Vec<T> {
        items.into_iter().enumerate().filter(|(at, _)| at % nth != 0).map(|(_, it)| it).collect()
    }
    match answer {
        Answer::Services(items) => Answer::Services(some(items, nth)),
        Answer::Tasks(items) => Answer::Tasks(some(items, nth)),
        Answer::Deployments(items) => Answer::Deployments(some(items, nth)),
        Answer::Groups(items) => Answer::Groups(some(items, nth)),
        Answer::TargetGroups(items) => Answer::TargetGroups(some(items, nth)),
        Answer::Targets(items) => Answer::Targets(some(items, nth)),
        Answer::Alarms(items) => Answer::Alarms(some(items, nth)),
        Answer::Sessions(items) => Answer::Sessions(some(items, nth)),
        Answer::Raw(lines) => Answer::Raw(some(lines, nth)),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_panics_and_the_cursor_is_on_a_row(
        steps in prop::collection::vec(step(), 1..60),
        other_size in (0_u16..250, 0_u16..80),
    ) {
        let (app, world) = five_stacks_and_world();
        let mut console = Use { app, world, under_way: Vec::new() };
        for step in steps {
            console.take(step);
            settle(&mut console.app);
            console.holds()?;
            console.draw(console.app.size);
        }
        // Between a resize and its message, a frame has a size that nothing was laid out for.
        console.draw(other_size);
    }

    #[test]
    fn no_read_is_sent_while_it_is_under_way(steps in prop::collection::vec((key(), 0_i64..3), 1..30)) {
        let (app, world) = five_stacks_and_world();
        let mut console = Use { app, world, under_way: Vec::new() };
        for (key, seconds) in steps {
            console.take(Step::Key(key));
            console.take(Step::Tick(seconds));
        }
        // Raw JSON is asked for as often as its key is pressed.
        let sent = console.under_way.iter().map(|(request, _)| request);
        let sent: Vec<&Request> = sent.filter(|it| !matches!(it.query, Query::Raw { .. })).collect();
        prop_assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), sent.len());
        prop_assert!(!sent.is_empty());
    }
}
