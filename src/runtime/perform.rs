//! Doing what the console wants: the only place with side effects.

use std::io::{self, Write};

use crossterm::{clipboard::CopyToClipboard, execute};
use tokio::sync::mpsc;

use super::{mutes::Mutes, operations::Operations, reach::Reach, stage::Stage, writer::Writer};
use crate::{
    app::{effect::Effect, msg::Msg},
    domain::{query::Request, signal::Mute, text::SafeText},
};

/// Performs effects; answers come back as messages.
#[derive(Debug)]
pub struct Performer {
    reach: Reach,
    stage: Stage,
    operations: Operations,
    mutes: Mutes,
    answers: mpsc::UnboundedSender<Msg>,
}

impl Performer {
    pub fn new(reach: Reach, stage: Stage, writer: Writer, mutes: Mutes, answers: mpsc::UnboundedSender<Msg>) -> Self {
        let operations = Operations::new(writer, answers.clone());
        Self { reach, stage, operations, mutes, answers }
    }

    /// The way to AWS that it uses.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The operations whose writes it sends.
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// Does one thing, or starts it; never waits for AWS.
    pub fn perform(&self, effect: Effect) {
        match effect {
            Effect::Fetch { request, generation } => self.fetch(request, generation),
            Effect::Insist => self.reach.insist(),
            Effect::BeginScenario(name) => self.begin(name),
            Effect::Inquire { inquiry, request } => self.inquire(inquiry, request),
            Effect::ReadJournal { inquiry } => self.operations.read_journal(inquiry),
            Effect::ReadRecords { known } => self.operations.read_records(known),
            Effect::Begin(beginning) => self.operations.begin(*beginning),
            Effect::Write { operation, step, request } => self.operations.write(operation, step, request),
            Effect::Order { operation, order } => self.operations.order(&operation, order),
            Effect::Settle { operation, step, found } => self.operations.settle(&operation, step, found),
            Effect::End { operation, ending } => self.operations.end(&operation, ending),
            Effect::KeepMutes(muted) => self.keep(muted),
            Effect::Bell => ring(),
            Effect::Copy(lines) => copy(&lines.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\n")),
            // The loop sees `app.quitting`.
            Effect::Quit => {}
        }
    }

    fn keep(&self, muted: Vec<Mute>) {
        let (mutes, answers) = (self.mutes.clone(), self.answers.clone());
        tokio::task::spawn_blocking(move || {
            let outcome = mutes.keep(muted).map_err(|error| SafeText::new(&error.to_string()));
            // The console has been left; nobody waits any more.
            let _left = answers.send(Msg::MutesKept(outcome));
        });
    }

    fn begin(&self, name: SafeText) {
        let (stage, answers) = (self.stage.clone(), self.answers.clone());
        tokio::spawn(async move {
            let outcome = stage.begin(name.as_str()).await.map_err(|refused| SafeText::new(&refused));
            // The console has been left; nobody waits any more.
            let _left = answers.send(Msg::ScenarioBegun { name, outcome });
        });
    }

    fn inquire(&self, inquiry: u64, request: Request) {
        let (reach, answers) = (self.reach.clone(), self.answers.clone());
        tokio::spawn(async move {
            let outcome = Box::new(reach.fetch(&request).await);
            // The console has been left; nobody waits any more.
            let _left = answers.send(Msg::Inquired { inquiry, request, outcome, at: reach.now() });
        });
    }

    fn fetch(&self, request: Request, generation: u64) {
        let (reach, answers) = (self.reach.clone(), self.answers.clone());
        tokio::spawn(async move {
            let (outcome, at) = reach.fetch_dated(&request).await;
            let answer = Msg::Fetched { request, generation, outcome: Box::new(outcome), at };
            // The console has been left; nobody waits any more.
            let _left = answers.send(answer);
        });
    }
}

/// BEL; terminals show or sound it as their owner likes.
fn ring() {
    let mut out = io::stdout();
    if let Err(error) = out.write_all(b"\x07").and_then(|()| out.flush()) {
        tracing::warn!("cannot ring the terminal's bell: {error}");
    }
}

/// OSC 52; terminals that do not know it ignore it.
fn copy(text: &str) {
    let mut out = io::stdout();
    if let Err(error) = execute!(out, CopyToClipboard::to_clipboard_from(text)).and_then(|()| out.flush()) {
        tracing::warn!("cannot write to the terminal's clipboard: {error}");
    }
}
