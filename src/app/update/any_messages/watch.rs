//! What must hold, watched from outside: nothing here is asked of the console that it could get wrong by itself.

use std::collections::{BTreeMap, BTreeSet};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::SignedDuration;

use super::{
    Tally,
    steps::{Chance, Change, How, MENU, NAME, Step},
    world::World,
};
use crate::{
    app::{
        App,
        act::{ActPane, PlanPane},
        effect::{Beginning, Effect},
        msg::Msg,
        overlay::Overlay,
        settings::Reads,
        table::TableState,
        update::{settle, update},
    },
    domain::{
        id::OperationId,
        text::SafeText,
        write::{WriteOutcome, WriteRequest},
    },
    plan::{
        course::Course,
        model::{Confirmation, PlanDigest},
        operation::{Operation, StepRef, verdict::Verdict},
    },
};

/// A confirmation that nothing has come of yet.
struct Confirmed {
    inquiry: u64,
    digest: PlanDigest,
    /// Reads answered since.
    reads: usize,
    journal: bool,
}

/// An operation that has begun.
struct Begun {
    course: Course,
    sent: BTreeSet<StepRef>,
    done: BTreeSet<StepRef>,
    refused: bool,
    ended: Option<Verdict>,
}

/// The console, its world, and what is known of both from outside.
pub struct Watch {
    app: App,
    world: World,
    asked: Vec<Effect>,
    /// Digest and making of the plan that was on screen when it was drawn last.
    drawn: Option<(PlanDigest, u64)>,
    confirmed: Option<Confirmed>,
    begun: BTreeMap<OperationId, Begun>,
    /// Counts panes, to tell one plan from the same made anew.
    pane: u64,
    pub tally: Tally,
}

/// Whether what is told holds.
fn holds(it: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if it { Ok(()) } else { Err(what()) }
}

impl Watch {
    pub fn begin(seed: u64) -> Self {
        // Another beginning than that of the steps.
        let (world, mut app) = World::begin(&mut Chance::of(!seed));
        settle(&mut app);
        let (asked, begun) = (Vec::new(), BTreeMap::new());
        Self { app, world, asked, drawn: None, confirmed: None, begun, pane: 0, tally: Tally::new() }
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    pub fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Key(code) => self.key(*code),
            Step::Type(text) => self.write(text),
            Step::Paste(text) => self.tell(Msg::Paste((*text).to_owned())),
            Step::Menu(letter) => self.menu(*letter),
            Step::Next(which) => self.next(*which),
            Step::Confirm => self.confirm(),
            Step::Drawn => self.tell(Msg::Drawn),
            Step::Tick(seconds) => self.tell(Msg::Tick(self.app.now + SignedDuration::from_secs(*seconds))),
            Step::Resize(columns, rows) => self.tell(Msg::Resized(*columns, *rows)),
            Step::Answer(which, how) => {
                if self.asked.is_empty() {
                    return Ok(());
                }
                let asked = self.asked.swap_remove(which % self.asked.len());
                self.answer(asked, *how)
            }
            Step::AnswerAll(times) => self.answer_all(*times),
            Step::Change(change) => {
                self.world.change(*change);
                Ok(())
            }
            Step::NotBegun => self.not_begun(),
        }
    }

    fn key(&mut self, code: KeyCode) -> Result<(), String> {
        self.tell(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        text.chars().try_for_each(|it| self.key(KeyCode::Char(it)))
    }

    fn menu(&mut self, letter: char) -> Result<(), String> {
        self.key(KeyCode::Esc)?;
        self.key(KeyCode::Char('x'))?;
        self.key(KeyCode::Char(letter))?;
        match letter {
            's' => self.write("3")?,
            'd' => self.write(":41")?,
            _ => return Ok(()),
        }
        self.key(KeyCode::Enter)
    }

    fn answer_all(&mut self, times: usize) -> Result<(), String> {
        for _ in 0..times {
            for asked in std::mem::take(&mut self.asked) {
                self.answer(asked, How::Whole)?;
            }
        }
        Ok(())
    }

    fn next(&mut self, which: u64) -> Result<(), String> {
        match &self.app.overlay {
            Some(Overlay::Act(ActPane::Plan(_))) => {
                self.tell(Msg::Drawn)?;
                self.confirm()
            }
            Some(Overlay::Act(ActPane::Planning(_) | ActPane::Form(_))) => self.answer_all(8),
            Some(Overlay::Act(ActPane::Cockpit { operation, .. })) => {
                if self.app.act.operation(operation).is_none_or(Operation::has_ended) {
                    return self.key(KeyCode::Esc);
                }
                self.answer_all(2)?;
                self.world.change(if which == 0 { Change::RollsBack } else { Change::Completes });
                self.tell(Msg::Tick(self.app.now + SignedDuration::from_secs(30)))?;
                self.answer_all(2)
            }
            _ => self.menu(MENU[which as usize % MENU.len()]),
        }
    }

    /// Does what the plan on screen wants, whether or not it has been drawn.
    fn confirm(&mut self) -> Result<(), String> {
        let Some(pane) = self.plan() else { return Ok(()) };
        match pane.plan.confirmation.clone() {
            Confirmation::Type(text) => {
                self.write(text.as_str())?;
                self.key(KeyCode::Tab)?;
                self.write("why")?;
                self.key(KeyCode::Enter)
            }
            Confirmation::Key | Confirmation::Impossible => self.key(KeyCode::Char('y')),
        }
    }

    /// The journal takes none of what was to begin.
    fn not_begun(&mut self) -> Result<(), String> {
        let at = self.asked.iter().position(|it| matches!(it, Effect::Begin(_)));
        let Some(Effect::Begin(beginning)) = at.map(|it| self.asked.remove(it)) else { return Ok(()) };
        let operation = beginning.operation.clone();
        // The runtime refuses the writes of what has not begun.
        self.asked.retain(|it| !matches!(it, Effect::Write { operation: of, .. } if *of == operation));
        let why = crate::app::act::NotBegun::Journal("the disk is full".into());
        self.tell(Msg::NotBegun { operation, action: beginning.plan.action, why })
    }

    fn answer(&mut self, asked: Effect, how: How) -> Result<(), String> {
        // Whether it began is told by the journal alone, and late.
        if let Effect::Begin(_) = asked {
            return Ok(());
        }
        let Some(msg) = self.world.answer(&self.app, asked, how) else { return Ok(()) };
        self.tell(msg)
    }

    fn plan(&self) -> Option<&PlanPane> {
        match &self.app.overlay {
            Some(Overlay::Act(ActPane::Plan(pane))) => Some(pane),
            _ => None,
        }
    }

    /// The inquiry of a plan that has been confirmed and is read anew.
    fn reading_anew(&self) -> Option<u64> {
        match &self.app.overlay {
            Some(Overlay::Act(ActPane::Planning(planning))) if planning.confirmed.is_some() => Some(planning.inquiry),
            _ => None,
        }
    }

    fn tell(&mut self, msg: Msg) -> Result<(), String> {
        let before = self.plan().map(|pane| Before::of(pane, &self.app));
        let was_anew = self.reading_anew();
        let table = self.app.table_state().cloned();
        self.note(&msg);
        let is_key = matches!(msg, Msg::Key(_));
        let is_drawn = matches!(msg, Msg::Drawn);
        let effects = update(&mut self.app, msg);
        if is_drawn {
            self.drawn = self.plan().map(|it| (it.plan.digest.clone(), self.pane));
        }
        let had_expired = before.as_ref().is_some_and(|it| it.fault == Some(EXPIRED));
        if had_expired && matches!(self.app.overlay, Some(Overlay::Act(ActPane::Planning(_)))) {
            self.count("made anew");
        }
        let anew = self.reading_anew();
        if let Some(inquiry) = anew.filter(|it| was_anew != Some(*it)) {
            self.is_confirmed(inquiry, before.as_ref(), is_key)?;
        }
        for effect in &effects {
            self.is_allowed(effect)?;
        }
        // What was left, or refused, begins nothing any more.
        if self.reading_anew().is_none() && self.confirmed.take().is_some() && self.plan().is_some() {
            self.count("changed since");
        }
        if self.plan().is_none() || before.is_none() {
            self.pane += 1;
        }
        self.asked.extend(effects);
        // Deriving rows costs most of all: where they do not come and go, nothing can be seen of them.
        if !is_key && self.app.settings.reads == Reads::Estate {
            self.stays(table)?;
        }
        Ok(())
    }

    /// What an answer says, before the console is told.
    fn note(&mut self, msg: &Msg) {
        match (msg, &mut self.confirmed) {
            (Msg::Inquired { inquiry, .. }, Some(confirmed)) if *inquiry == confirmed.inquiry => confirmed.reads += 1,
            (Msg::JournalRead { inquiry, standing: Ok(_) }, Some(confirmed)) if *inquiry == confirmed.inquiry => {
                confirmed.journal = true;
            }
            (Msg::Written { operation, step, outcome, .. }, _) => {
                let Some(begun) = self.begun.get_mut(operation) else { return };
                match **outcome {
                    WriteOutcome::Done(_) => _ = begun.done.insert(*step),
                    WriteOutcome::Refused(_) => begun.refused = true,
                    WriteOutcome::Unknown(_) => {}
                }
            }
            (Msg::NotBegun { operation, .. }, _) => _ = self.begun.remove(operation),
            _ => {}
        }
    }

    fn is_confirmed(&mut self, inquiry: u64, before: Option<&Before>, is_key: bool) -> Result<(), String> {
        self.count("confirmed");
        holds(is_key, || "something else than a key confirmed a plan".to_owned())?;
        let before = before.ok_or("confirmed without a plan on screen")?;
        let drawn = self.drawn.as_ref().is_some_and(|(digest, pane)| *digest == before.digest && *pane == self.pane);
        holds(drawn, || "a plan was confirmed that had not been drawn".to_owned())?;
        holds(before.fault.is_none(), || format!("a plan was confirmed {}", before.fault.unwrap_or_default()))?;
        holds(!self.app.settings.read_only, || "a plan was confirmed in read-only mode".to_owned())?;
        self.confirmed = Some(Confirmed { inquiry, digest: before.digest.clone(), reads: 0, journal: false });
        Ok(())
    }

    fn is_allowed(&mut self, effect: &Effect) -> Result<(), String> {
        match effect {
            Effect::Begin(beginning) => self.begins(beginning),
            Effect::Write { operation, step, request } => self.writes(operation, *step, request),
            Effect::End { operation, ending } => self.ends(operation, ending.verdict),
            _ => Ok(()),
        }
    }

    fn begins(&mut self, beginning: &Beginning) -> Result<(), String> {
        self.count("begun");
        let confirmed = self.confirmed.take().ok_or("an operation began without a confirmation of its own")?;
        holds(confirmed.digest == beginning.plan.digest, || "what began is not what was confirmed".to_owned())?;
        holds(confirmed.reads > 0 && confirmed.journal, || "an operation began without a fresh read".to_owned())?;
        let can = beginning.plan.confirmation != Confirmation::Impossible && !self.app.settings.read_only;
        holds(can, || "what is blocked began".to_owned())?;
        let course = beginning.plan.course.clone();
        let begun = Begun { course, sent: BTreeSet::new(), done: BTreeSet::new(), refused: false, ended: None };
        // The same within the same second is told from it by the journal's lock, which refuses it.
        self.begun.insert(beginning.operation.clone(), begun);
        Ok(())
    }

    fn writes(&mut self, operation: &OperationId, step: StepRef, request: &WriteRequest) -> Result<(), String> {
        self.count("written");
        let read_only = self.app.settings.read_only;
        let begun = self.begun.get_mut(operation).ok_or("a write left of what has not begun")?;
        holds(!read_only, || "a write left in read-only mode".to_owned())?;
        holds(begun.ended.is_none(), || format!("{step:?} left after the end"))?;
        holds(begun.sent.insert(step), || format!("{step:?} left twice"))?;
        let part = &begun.course.parts[step.part];
        let planned = part.step(step.step).ok_or_else(|| format!("{step:?} is of no plan"))?;
        let goes_back = step.step >= part.steps.len();
        holds(!goes_back || begun.course.watch.roll_back, || format!("{step:?} goes back unasked"))?;
        holds(goes_back || !begun.refused, || format!("{step:?} left after a refusal"))?;
        let before = (0..step.step).all(|it| begun.done.contains(&StepRef { part: step.part, step: it }));
        holds(before, || format!("{step:?} left before what comes before it was done"))?;
        let same = planned.request.scope == request.scope
            && planned.request.write.operation() == request.write.operation()
            && (planned.deploys_registered || planned.request == *request);
        holds(same, || format!("{step:?} is not the call that was planned: {request:?}"))?;
        if goes_back {
            self.count("undone");
        }
        Ok(())
    }

    fn ends(&mut self, operation: &OperationId, verdict: Verdict) -> Result<(), String> {
        self.count("ended");
        let begun = self.begun.get_mut(operation).ok_or("what has not begun ended")?;
        holds(begun.ended.replace(verdict).is_none(), || "an operation ended twice".to_owned())?;
        if verdict == Verdict::Succeeded {
            let steps = begun.course.parts.iter().map(|it| it.steps.len()).sum::<usize>();
            let sent = begun.sent.len();
            holds(sent == steps, || format!("succeeded with {sent} of {steps} writes sent"))?;
            holds(!begun.refused, || "succeeded with a refused write".to_owned())?;
            self.count("succeeded");
        }
        Ok(())
    }

    /// What was derived from what has changed is what all of it gives.
    fn is_as_derived_anew(&mut self) -> Result<(), String> {
        let app = &mut self.app;
        let lazily = (app.signals.clone(), app.freshness.clone(), app.table.clone(), app.tables.clone());
        app.unsettled = true;
        settle(app);
        let place = app.place();
        holds(lazily.0 == app.signals, || format!("the signals at {place:?} are not of now"))?;
        holds(lazily.1 == app.freshness, || format!("{:?} at {place:?} is {:?}", lazily.1, app.freshness))?;
        holds(lazily.2 == app.table, || format!("the rows at {place:?} are not of now"))?;
        holds(lazily.3 == app.tables, || format!("a cursor at {place:?} is not where it was"))
    }

    /// Cursor and marks are on the resources that they were on, while those are shown.
    fn stays(&mut self, before: Option<TableState>) -> Result<(), String> {
        let place = self.app.place().clone();
        settle(&mut self.app);
        self.is_as_derived_anew()?;
        let (Some(before), Some(after)) = (before, self.app.table_state()) else { return Ok(()) };
        holds(before.marks == after.marks, || format!("marks moved: {:?} to {:?}", before.marks, after.marks))?;
        let shown = before.cursor.as_ref().filter(|it| self.app.table.index_of(it).is_some());
        let moved = before.held && shown.is_some() && shown != after.cursor.as_ref();
        holds(!moved, || format!("the cursor of {place:?} moved from {shown:?} to {:?}", after.cursor))
    }
}

/// What is wrong with a plan whose time is over.
const EXPIRED: &str = "that had expired";

/// The plan on screen, as a confirmation has to find it.
struct Before {
    digest: PlanDigest,
    /// Why it must not be confirmed as it stands.
    fault: Option<&'static str>,
}

impl Before {
    fn of(pane: &PlanPane, app: &App) -> Self {
        let plan = &pane.plan;
        let has_text = match &plan.confirmation {
            Confirmation::Key => true,
            Confirmation::Type(text) => {
                let named = !plan.production || text.as_str().ends_with(NAME);
                named && SafeText::new(pane.typed.value()) == *text
            }
            Confirmation::Impossible => false,
        };
        let has_reason = !plan.production || !pane.reason.value().trim().is_empty();
        let fault = match (has_text, has_reason) {
            _ if app.now >= plan.expires_at => Some(EXPIRED),
            (false, _) => Some("without its text"),
            (true, false) => Some("for production without a reason"),
            (true, true) => None,
        };
        Self { digest: plan.digest.clone(), fault }
    }
}
