//! The console as a value: [`App`], the messages that change it, the effects it asks for.
//!
//! ```text
//! keys, ticks, effect results ─▶ Msg ─▶ update(&mut App, Msg) ─▶ Vec<Effect> ─▶ runtime::perform ─▶ Msg …
//!                                          │ &App
//!                                          └──▶ ui::view
//! ```
//!
//! Invariant: nothing here reads a clock, draws chance, awaits or does I/O; time arrives in messages.

pub mod act;
pub mod arithmetic;
pub mod charts;
pub mod columns;
pub mod concern;
pub mod costs;
pub mod describe;
pub mod effect;
pub mod fault_text;
pub mod flow;
pub mod freshness;
pub mod help;
pub mod joins;
pub mod layout;
pub mod logs;
pub mod meter;
pub mod msg;
pub mod open_text;
pub mod overlay;
pub mod place;
pub mod records;
pub mod rows;
pub mod schedule;
pub mod series;
pub mod settings;
pub mod sources;
pub mod stops;
pub mod table;
pub mod update;
pub mod words;

#[cfg(test)]
pub(crate) mod fixtures;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::{
    act::Act,
    charts::Chart,
    costs::board::Board,
    freshness::PlaceFreshness,
    meter::ApiMeter,
    overlay::Overlay,
    place::{History, Place},
    records::Records,
    schedule::Schedule,
    settings::{Settings, Staged},
    table::{Shown, Table, TableState},
};
use crate::{
    domain::{
        cost::month::Month,
        estate::{Estate, ScopeEstate},
        id::Scope,
        signal::{Mute, Signal},
        text::SafeText,
    },
    keymap::Pending,
    metrics::Window,
    stack::{discovery, model::Stack},
};

/// Everything the console knows and shows.
#[derive(Debug)]
pub struct App {
    pub settings: Settings,
    /// The newest time that a message brought.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    pub stacks: Vec<Stack>,
    /// Faults of files in the user's folder that the console does without.
    pub left_out: Vec<SafeText>,
    /// The scope that is looked around in where no stack is configured; `stacks` are made up from what it holds.
    pub discovery: Option<Scope>,
    pub estate: Estate,
    /// Worst first; derived from the estate whenever it or the minute changes.
    pub signals: Vec<Signal>,
    /// Those among them that the operator has muted, in the same order.
    pub muted: Vec<Signal>,
    /// What the operator has muted, the last first.
    pub mutes: Vec<Mute>,
    pub history: History,
    /// What lies over the view and takes the keys; `None` while the table has them.
    pub overlay: Option<Overlay>,
    /// Cursor, marks, filter and sort of each place that has been visited.
    pub tables: BTreeMap<Place, TableState>,
    /// How fresh the current place is; derived.
    pub freshness: PlaceFreshness,
    /// The rows of the current place, filtered and sorted; derived.
    pub table: Table,
    /// What those rows were made for.
    pub shown: Option<Shown>,
    /// The charts of the current place, before the filter; derived.
    pub charts: Vec<Chart>,
    /// What stands above the rows of the cost view; derived.
    pub board: Option<Board>,
    /// The month that the cost view shows; `None`: the one under way.
    pub month: Option<Month>,
    /// How far back charts look.
    pub window: Window,
    /// The period that the cursor of an open chart stands on; `None` follows the newest.
    pub reading: Option<Timestamp>,
    /// Index into the runtime's list of themes.
    pub theme: usize,
    /// The first chords of a longer sequence.
    pub pending: Pending,
    pub schedule: Schedule,
    pub meter: ApiMeter,
    /// What can be begun on the simulator that is watched; nothing where it is AWS.
    pub scenarios: Vec<Staged>,
    /// A passing word to the operator, and until when it stands.
    pub notice: Option<Notice>,
    pub act: Act,
    /// What has been read of the journal.
    pub records: Records,
    /// The signal last jumped to.
    pub signal_cursor: Option<usize>,
    /// Something has become known, or time has passed, since signals and rows were derived.
    pub unsettled: bool,
    /// One looks at something else, or otherwise: what is known, and so the signals, is as it was.
    pub moved: bool,
    /// Leaving has been asked for.
    pub quitting: bool,
}

/// A passing word to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: SafeText,
    pub until: Timestamp,
    /// It answers a key, and goes once a later one leads elsewhere.
    pub answers_key: bool,
}

impl App {
    /// An empty console at `now`, on the overview.
    pub fn new(settings: Settings, stacks: Vec<Stack>, now: Timestamp) -> Self {
        Self {
            settings,
            now,
            size: (80, 24),
            stacks,
            left_out: Vec::new(),
            discovery: None,
            estate: Estate::default(),
            signals: Vec::new(),
            muted: Vec::new(),
            mutes: Vec::new(),
            history: History::default(),
            overlay: None,
            tables: BTreeMap::new(),
            freshness: PlaceFreshness::awaited(),
            table: Table::default(),
            shown: None,
            charts: Vec::new(),
            board: None,
            month: None,
            window: Window::default(),
            reading: None,
            theme: 0,
            pending: Pending::default(),
            schedule: Schedule::default(),
            meter: ApiMeter::default(),
            scenarios: Vec::new(),
            notice: None,
            act: Act::default(),
            records: Records::default(),
            signal_cursor: None,
            unsettled: true,
            moved: false,
            quitting: false,
        }
    }

    /// Looks around in `scope`, where no stack is configured.
    pub fn discover(&mut self, scope: Scope) {
        self.stacks = discovery::stacks(&scope, &ScopeEstate::default());
        self.discovery = Some(scope);
    }

    /// The place on screen.
    pub fn place(&self) -> &Place {
        self.history.current()
    }

    /// Cursor, marks, filter and sort of the place on screen, if it has any yet.
    pub fn table_state(&self) -> Option<&TableState> {
        self.tables.get(self.place())
    }

    /// The stack called `name`.
    pub fn stack(&self, name: &str) -> Option<&Stack> {
        self.stacks.iter().find(|stack| stack.name.as_str() == name)
    }
}
