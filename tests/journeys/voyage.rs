//! The console at sea: the whole of it over the simulator, steered by keys.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use quarterdeck::{
    app::{
        App,
        act::Standing,
        effect::{Beginning, Effect},
        msg::Msg,
        settings::{Reads, Settings, Staged, WorldKind},
        update::{settle, update},
    },
    aws::{
        Clients,
        clients::{Access, Credentials, Patience},
        fetch,
        meter::Meter,
        write,
    },
    domain::{
        id::{ResourceId, Scope},
        query::{Attempt, Outcome, Query, Request},
        signal::{Mute, Severity, Signal},
        text::SafeText,
        write::{WriteOutcome, WriteRequest},
    },
    journal::{
        Journal,
        record::{Answered, Author, Entry, Intended, Settled},
    },
    keymap::{self, Chord},
    plan::operation::verdict::Verdict,
    runtime::{
        bills::{Bills, Turn},
        records,
        sim_connector::http_client,
    },
    sim::{Sim, edge::Trouble, estates, pace::Pace, scenario},
    stack,
    status::{self, Status},
    theme::{self, Depth, Theme},
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
        let sim = Arc::new(Sim::new(world, Pace::Stepped));
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
        let mut app = App::new(settings, stack::load::bundled().expect("the bundled stacks"), START);
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
            bills: Bills::in_memory(false),
            clients: BTreeMap::new(),
            themes: themes.iter().map(|it| theme::load(it, &[], Depth::Truecolor).expect("a shipped theme")).collect(),
            attempts: Arc::default(),
            told: Vec::new(),
            hanging: None,
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

    /// From now on this is in the way to AWS.
    pub fn trouble(&self, trouble: Trouble) {
        self.sim.with_world(|world| {
            if let Trouble::Strained { place, service, left } = &trouble {
                world.edge.drain(place, service, *left);
            }
            world.edge.troubles = vec![trouble];
        });
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

    /// Gives the console a message and does everything that it wants done about it.
    async fn tell(&mut self, msg: Msg) {
        let mut effects = VecDeque::from(update(&mut self.app, msg));
        while let Some(effect) = effects.pop_front() {
            if let Some(hanging) = &mut self.hanging
                && matches!(effect, Effect::Fetch { .. })
            {
                hanging.push(effect);
                continue;
            }
            match effect {
                Effect::Fetch { request, generation } => effects.extend(self.fetch(request, generation).await),
                Effect::BeginScenario(name) => {
                    let outcome = self.sim.begin(name.as_str()).map_err(|it| SafeText::new(&it.to_string()));
                    effects.extend(update(&mut self.app, Msg::ScenarioBegun { name, outcome }));
                }
                Effect::Copy(lines) => {
                    self.copied.push(lines.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\n"));
                }
                Effect::Inquire { inquiry, request } => {
                    let now = self.sim.now();
                    let outcome = Box::new(fetch(self.clients(&request.scope).await, &request, now).await);
                    effects.extend(update(&mut self.app, Msg::Inquired { inquiry, request, outcome, at: now }));
                }
                Effect::ReadRecords { known } => {
                    let look = self.journal.look(known).map_err(|error| SafeText::new(&error.to_string()));
                    effects.extend(update(&mut self.app, Msg::RecordsRead(look.map(|it| it.map(Box::new)))));
                }
                Effect::Write { operation, step, request } => {
                    let now = self.sim.now();
                    let id = records::step_id(step);
                    self.record(Entry::Intended(Intended::new(operation.clone(), id, request.clone())));
                    let outcome = Box::new(write(self.clients(&request.scope).await, &request, now).await);
                    self.written.push(request.write.operation());
                    let answered = Answered { operation: operation.clone(), step: id, outcome: (*outcome).clone() };
                    self.record(Entry::Answered(answered));
                    effects.extend(update(&mut self.app, Msg::Written { operation, step, outcome, at: now }));
                }
                Effect::ReadJournal { inquiry } => {
                    let standing = Ok(self.standing.clone());
                    effects.extend(update(&mut self.app, Msg::JournalRead { inquiry, standing }));
                }
                Effect::Begin(beginning) => {
                    let Beginning { operation, plan, confirmed, reason, .. } = *beginning;
                    let by = Author { user: "ada".into(), host: "bastion".into(), pid: 7 };
                    let begun = records::begun(&operation, &plan, confirmed.as_str(), reason.as_ref(), &by);
                    self.record(Entry::Begun(Box::new(begun.expect("plain data"))));
                    self.begun.push(operation.to_string());
                }
                Effect::Order { operation, order } => {
                    let by = Author { user: "ada".into(), host: "bastion".into(), pid: 7 };
                    self.record(Entry::Ordered { operation, by, order });
                }
                Effect::Settle { operation, step, found } => {
                    let step = records::step_id(step);
                    self.record(Entry::Settled(Settled { operation, step, found }));
                }
                Effect::End { operation, ending } => {
                    self.record(Entry::Ended(records::ended(&operation, &ending)));
                    self.verdicts.push(ending.verdict);
                }
                Effect::KeepMutes(muted) => {
                    self.kept = muted;
                    effects.extend(update(&mut self.app, Msg::MutesKept(Ok(()))));
                }
                Effect::Bell => self.bells += 1,
                Effect::Quit => assert!(self.app.quitting, "leaving is told before it is asked for"),
            }
        }
    }

    fn record(&self, entry: Entry) {
        self.journal.append(self.sim.now(), entry).expect("memory takes it");
    }

    async fn fetch(&mut self, request: Request, generation: u64) -> Vec<Effect> {
        let now = self.sim.now();
        let (outcome, at) = match self.bills.turn(&request, now) {
            Turn::Kept(outcome, at) => (*outcome, at),
            Turn::Ask => {
                let outcome = fetch(self.clients(&request.scope).await, &request, now).await;
                self.bills.keep(&request, &outcome, now);
                (outcome, now)
            }
        };
        let attempts = mem::take(&mut *self.attempts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut effects = Vec::new();
        for attempt in attempts {
            self.told.push(attempt.clone());
            effects.extend(update(&mut self.app, Msg::Attempted(attempt)));
        }
        let answer = Msg::Fetched { request, generation, outcome: Box::new(outcome), at };
        effects.extend(update(&mut self.app, answer));
        effects
    }

    /// What AWS answers to a read beside the console, which neither learns of it nor counts it.
    pub async fn ask(&mut self, scope: &Scope, query: Query) -> Outcome {
        let now = self.sim.now();
        let before = mem::take(&mut *self.attempts.lock().unwrap_or_else(PoisonError::into_inner));
        let request = Request { scope: scope.clone(), query };
        let outcome = fetch(self.clients(scope).await, &request, now).await;
        *self.attempts.lock().unwrap_or_else(PoisonError::into_inner) = before;
        outcome
    }

    /// The clients of a scope, with the simulator's credentials for the account that its stack names.
    async fn clients(&mut self, scope: &Scope) -> &Clients {
        if !self.clients.contains_key(scope) {
            let scopes = self.app.stacks.iter().flat_map(|it| &it.scopes);
            let account = scopes.filter(|it| it.scope == *scope).find_map(|it| it.account.clone());
            let account = account.expect("every bundled stack names its accounts").to_string();
            let (sim, attempts) = (self.sim.clone(), self.attempts.clone());
            let access = Access {
                credentials: Credentials::Simulator { account },
                endpoint_url: None,
                http: http_client(sim.clone(), Duration::ZERO),
                // One attempt: the pauses before others would be real time.
                patience: Patience { attempts: 1, ..Patience::default() },
                meter: Meter::new(
                    move || sim.now(),
                    move |attempt| attempts.lock().unwrap_or_else(PoisonError::into_inner).push(attempt),
                ),
            };
            let made = Clients::connect(scope, &access).await.expect("the simulator's credentials need nothing");
            self.clients.insert(scope.clone(), made);
        }
        &self.clients[scope]
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

    /// The document that `status --json` would print now.
    pub fn status(&mut self) -> Status {
        settle(&mut self.app);
        status::status(&self.app.estate, &self.app.stacks, &self.app.signals, &self.told, self.app.now)
            .with_muted(&self.app.estate, &self.app.muted)
    }
}
