//! The console at sea: the whole of it over the simulator, steered by keys.

mod performing;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use crossterm::event::KeyEvent;
use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    app::{
        App,
        act::Standing,
        effect::Effect,
        msg::Msg,
        settings::{Reads, Settings, Staged, WorldKind},
        update::{settle, update},
    },
    aws::{Clients, write},
    domain::{
        id::{ResourceId, Scope},
        query::{Attempt, Request},
        signal::{Mute, Severity, Signal},
        write::{WriteOutcome, WriteRequest},
    },
    journal::Journal,
    keymap::{self, Chord},
    plan::{action::Action, operation::verdict::Verdict},
    runtime::bills::Bills,
    sim::{Sim, edge::Trouble, estates, pace::Pace, scenario},
    stack,
    status::{self, Status},
    theme::{self, Depth, Theme},
    toml_file::TextFile,
    ui,
};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

/// When every voyage begins: three in the morning.
pub const START: Timestamp = Timestamp::constant(1_768_446_000, 0);

/// How much time passes between two ticks of the console.
const TICK: Duration = Duration::from_secs(1);

/// A console on the five bundled stacks, over a simulator of its own.
pub struct Voyage {
    /// Boxed: futures that hold a voyage would be large else.
    pub app: Box<App>,
    pub sim: Arc<Sim>,
    /// What has been put on the clipboard, newest last.
    pub copied: Vec<String>,
    /// What the journal says of operations of others.
    pub standing: Standing,
    /// What is recorded of its own.
    pub journal: Journal,
    /// What has been told of cost.
    bills: Bills,
    clients: BTreeMap<Scope, Clients>,
    themes: Vec<Theme>,
    /// Attempts that the console has not been told of yet.
    attempts: Arc<Mutex<Vec<Attempt>>>,
    /// Every attempt that it has been told of.
    told: Vec<Attempt>,
    /// Reads that hang; `None` while reads are answered.
    hanging: Option<Vec<Effect>>,
    /// AWS operations of the writes that left, in order.
    pub written: Vec<&'static str>,
    /// Writes that wait to leave; `None` while they leave at once.
    withheld: Option<VecDeque<Effect>>,
    /// Operations that began, and how those that ended did.
    pub begun: Vec<String>,
    pub verdicts: Vec<Verdict>,
    pub bells: usize,
    /// What is muted, as it was last kept.
    pub kept: Vec<Mute>,
}

impl Voyage {
    /// A calm world.
    pub fn begin() -> Self {
        Self::through(&[])
    }

    /// A world in which these scenarios begin at once.
    pub fn through(scenarios: &[&str]) -> Self {
        let mut world = estates::world(7, START);
        for name in scenarios {
            scenario::start(&mut world, name).expect("a shipped scenario");
        }
        Self::on(Arc::new(Sim::new(world, Pace::Stepped)), Bills::in_memory(false))
    }

    /// Another console on the same world, of somebody whose journal lies elsewhere.
    pub fn beside(&self) -> Self {
        Self::on(self.sim.clone(), Bills::in_memory(false))
    }

    /// A console that keeps what it is told of cost there.
    pub fn on(sim: Arc<Sim>, bills: Bills) -> Self {
        let themes = theme::names(&[]);
        let settings = Settings {
            read_only: false,
            heeds_notices: true,
            no_cost: false,
            narrowed: false,
            keymap: Arc::new(keymap::load("default", &[]).expect("the shipped keymap")),
            themes: themes.clone(),
            world: WorldKind::Simulated { speed: 5.0 },
            reads: Reads::Estate,
            calls_per_minute: 300,
        };
        let mut app = App::new(settings, stack::load::bundled().expect("the bundled stacks"), sim.now());
        app.scenarios = scenario::shipped()
            .into_iter()
            .map(|it| Staged { name: it.name.as_str().into(), title: it.title.as_str().into() })
            .collect();
        Self {
            app: Box::new(app),
            sim,
            copied: Vec::new(),
            standing: Standing::default(),
            journal: Journal::in_memory(),
            bills,
            clients: BTreeMap::new(),
            themes: themes.iter().map(|it| theme::load(it, &[], Depth::Truecolor).expect("a shipped theme")).collect(),
            attempts: Arc::default(),
            told: Vec::new(),
            hanging: None,
            withheld: None,
            written: Vec::new(),
            begun: Vec::new(),
            verdicts: Vec::new(),
            bells: 0,
            kept: Vec::new(),
        }
    }

    /// Presses keys, separated by blanks, as keymap files write them. A word that is no key is typed letter by
    /// letter: `2 j enter /api enter`.
    pub async fn press(&mut self, keys: &str) {
        for word in keys.split_whitespace() {
            match Chord::parse(word) {
                Ok(chord) => self.tell(Msg::Key(KeyEvent::from(chord))).await,
                Err(_) => self.write(word).await,
            }
        }
        settle(&mut self.app);
    }

    /// Types letters.
    async fn write(&mut self, word: &str) {
        for letter in word.chars() {
            let chord = Chord::parse(&letter.to_string()).expect("a letter is a chord");
            self.tell(Msg::Key(KeyEvent::from(chord))).await;
        }
    }

    /// Walks down from the first row to the one of the resource called `name`.
    pub async fn walk_to(&mut self, name: &str) {
        settle(&mut self.app);
        let row = self.app.table.rows.iter().position(|row| row.id.name().as_str() == name);
        let row = row.unwrap_or_else(|| panic!("no {name:?} on\n{}", self.screen()));
        self.press(&format!("g {}", "j ".repeat(row))).await;
        assert_eq!(self.under_cursor().name().as_str(), name);
    }

    pub async fn paste(&mut self, text: &str) {
        self.tell(Msg::Paste(text.to_owned())).await;
        settle(&mut self.app);
    }

    pub async fn resize(&mut self, columns: u16, rows: u16) {
        self.tell(Msg::Resized(columns, rows)).await;
        settle(&mut self.app);
    }

    /// Lets seconds of the world pass, second by second.
    pub async fn pass(&mut self, seconds: u64) {
        self.pass_by(Duration::from_secs(seconds), TICK).await;
    }

    /// Lets time pass in ticks of this length: coarse ones for long watches.
    pub async fn pass_by(&mut self, span: Duration, tick: Duration) {
        let until = self.sim.now().saturating_add(span).expect("a time that exists");
        while self.sim.now() < until {
            self.sim.advance(tick);
            self.tell(Msg::Tick(self.sim.now())).await;
        }
        settle(&mut self.app);
    }

    /// Tells it the time of a world that somebody else lets pass.
    pub async fn tick(&mut self) {
        self.tell(Msg::Tick(self.sim.now())).await;
        settle(&mut self.app);
    }

    /// Has something planned, as a verb does: whatever the cursor is on.
    pub async fn plan(&mut self, action: Action) {
        self.tell(Msg::Plan(action)).await;
    }

    /// From now on this is in the way to AWS.
    pub fn trouble(&self, trouble: Trouble) {
        self.sim.with_world(|world| {
            if let Trouble::Strained { place, service, left } = &trouble {
                world.edge.drain(place, service, *left);
            }
            world.edge.troubles = vec![trouble];
        });
    }

    /// Lets these events happen from the next second on, as `scenarios/*.toml` write them.
    pub fn happens(&self, events: &str) {
        let text = format!("name = \"test\"\ntitle = \"a test\"\nteaches = \"nothing\"\n{events}");
        let file = TextFile { name: "test.toml".to_owned(), text: text.into() };
        let scenario = scenario::parse(&file).unwrap_or_else(|faults| panic!("{faults:#?}"));
        self.sim.with_world(|world| scenario::begin_after(world, &scenario, SignedDuration::ZERO));
    }

    /// From now on the way to AWS is clear.
    pub fn clear(&self) {
        self.sim.with_world(|world| world.edge.troubles.clear());
    }

    /// Somebody else writes to the same world.
    pub async fn meanwhile(&mut self, request: WriteRequest) {
        let now = self.sim.now();
        let outcome = write(self.clients(&request.scope).await, &request, now).await;
        assert!(matches!(outcome, WriteOutcome::Done(_)), "{outcome:?}");
    }

    /// From now on nobody answers.
    pub fn becalm(&mut self) {
        self.hanging = Some(Vec::new());
    }

    /// From now on reads are answered again; those that hang never are. Returns those.
    pub fn wind(&mut self) -> Vec<Request> {
        let hanging = self.hanging.take().unwrap_or_default();
        let requests = hanging.into_iter().filter_map(|it| match it {
            Effect::Fetch { request, .. } => Some(request),
            _ => None,
        });
        requests.collect()
    }

    /// From now on writes wait before they leave.
    pub fn withhold(&mut self) {
        self.withheld = Some(VecDeque::new());
    }

    /// Lets those writes leave that wait, and all others at once.
    pub async fn release(&mut self) {
        let effects = self.withheld.take().unwrap_or_default();
        self.perform(effects).await;
        settle(&mut self.app);
    }

    /// The cells of the screen.
    pub fn cells(&mut self) -> Buffer {
        settle(&mut self.app);
        let (width, height) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal of memory");
        let theme = &self.themes[self.app.theme];
        terminal.draw(|frame| ui::view(&self.app, theme, frame)).expect("drawn");
        let drawn = terminal.backend().buffer().clone();
        assert!(update(&mut self.app, Msg::Drawn).is_empty(), "drawing asks for nothing");
        drawn
    }

    /// The screen as plain text.
    pub fn screen(&mut self) -> String {
        let cells = self.cells();
        let line = |y| (0..cells.area.width).map(|x| cells[(x, y)].symbol()).collect::<String>();
        (0..cells.area.height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
    }

    /// Fails unless every one of the texts is on screen.
    #[track_caller]
    pub fn sees(&mut self, texts: &[&str]) {
        let screen = self.screen();
        for text in texts {
            assert!(screen.contains(text), "{text:?} is not on\n{screen}");
        }
    }

    /// Fails if one of the texts is on screen.
    #[track_caller]
    pub fn sees_no(&mut self, texts: &[&str]) {
        let screen = self.screen();
        for text in texts {
            assert!(!screen.contains(text), "{text:?} is on\n{screen}");
        }
    }

    /// What stands in each row under the column called `title`.
    #[track_caller]
    pub fn column(&mut self, title: &str) -> Vec<String> {
        settle(&mut self.app);
        let at = self.app.table.columns.iter().position(|it| it.title == title);
        let at = at.unwrap_or_else(|| panic!("no column {title:?} on\n{}", self.screen()));
        self.app.table.rows.iter().map(|row| row.cells[at].text.to_string()).collect()
    }

    /// Ids of the rows, from the top.
    pub fn rows(&mut self) -> Vec<ResourceId> {
        settle(&mut self.app);
        self.app.table.rows.iter().map(|row| row.id.clone()).collect()
    }

    pub fn under_cursor(&self) -> ResourceId {
        self.app.table_state().and_then(|it| it.cursor.clone()).expect("a cursor")
    }

    /// The worst signal of a rule about a stack, if one stands.
    pub fn signal(&mut self, stack: &str, rule: &str) -> Option<Signal> {
        settle(&mut self.app);
        self.app.signals.iter().find(|it| it.rule == rule && it.stack.as_str().contains(stack)).cloned()
    }

    /// What is critical, in a line each.
    pub fn critical(&mut self) -> Vec<String> {
        settle(&mut self.app);
        let critical = self.app.signals.iter().filter(|it| it.severity == Severity::Critical);
        critical.map(|it| format!("{}: {} ({})", it.stack, it.summary, it.rule)).collect()
    }

    /// Every attempt at a call that the console has been told of, oldest first.
    pub fn told(&self) -> &[Attempt] {
        &self.told
    }

    /// The document that `status --json` would print now.
    pub fn status(&mut self) -> Status {
        settle(&mut self.app);
        status::status(&self.app.estate, &self.app.stacks, &self.app.signals, &self.told, self.app.now)
            .with_muted(&self.app.estate, &self.app.muted)
    }
}
