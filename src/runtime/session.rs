//! Acting without a screen: the console itself, given an action instead of keys. One truth for both.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::{
    sync::mpsc,
    time::{self, Interval, MissedTickBehavior},
};

use super::{clock::Clock, operations::Left, perform::Performer, reach::Reach, start::Started, writer::Writer};
use crate::{
    app::{
        App,
        act::{ActPane, Confirmed, NotBegun},
        effect::Effect,
        msg::Msg,
        overlay::Overlay,
        settings::Reads,
        update::update,
    },
    domain::{id::OperationId, order::Order, text::SafeText},
    plan::{
        action::Action,
        model::{Drift, Plan, Refusal},
        operation::Operation,
    },
};

/// How often time is told.
const TICK: Duration = Duration::from_millis(100);

/// A console without a screen, that reads what its operations are judged by and nothing else.
#[derive(Debug)]
pub struct Session {
    pub app: App,
    clock: Clock,
    performer: Performer,
    answers: mpsc::UnboundedReceiver<Msg>,
    ticker: Interval,
}

/// What came of a confirmation.
#[derive(Debug)]
pub enum Begun {
    Operation(OperationId),
    /// Something has changed since it was planned; nothing was sent.
    Changed(Vec<Drift>),
    Refused(Refusal),
}

/// How following an operation came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    Ended,
    /// It goes on, and nobody watches it.
    Left,
}

/// Why the journal does not tell of an operation what it should.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// Nothing of it was sent.
    #[error("nothing was sent: {}", .0.text())]
    Beginning(NotBegun),
    #[error("its verdict is not in the journal: {0}")]
    End(SafeText),
}

impl Session {
    pub fn new(started: Started) -> Self {
        let Started { mut app, clock, performer, answers } = started;
        app.settings.reads = Reads::Operations;
        let mut ticker = time::interval(TICK);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { app, clock, performer, answers, ticker }
    }

    /// The way to AWS that it uses.
    pub fn reach(&self) -> &Reach {
        self.performer.reach()
    }

    /// What its writes go through.
    pub fn writer(&self) -> &Writer {
        self.performer.operations().writer()
    }

    /// The plan for an action, read afresh.
    pub async fn plan(&mut self, action: Action) -> Result<Plan, Refusal> {
        self.handle(Msg::Tick(self.clock.now()));
        self.handle(Msg::Plan(action));
        loop {
            match &self.app.overlay {
                Some(Overlay::Act(ActPane::Plan(pane))) => return Ok(pane.plan.clone()),
                Some(Overlay::Act(ActPane::Refused { refusal, .. })) => return Err(refusal.clone()),
                _ => self.step().await,
            };
        }
    }

    /// Confirms the plan at hand: it is planned anew, and begun where that gives the same.
    pub async fn confirm(&mut self, typed: Option<String>, confirmed: Confirmed) -> Begun {
        self.handle(Msg::Tick(self.clock.now()));
        if let Some(Overlay::Act(ActPane::Plan(pane))) = &self.app.overlay
            && pane.plan.is_expired(self.app.now)
        {
            return Begun::Refused(Refusal::new("the plan has expired").hint("plan it again"));
        }
        self.handle(Msg::Confirm { typed, confirmed });
        loop {
            match &self.app.overlay {
                Some(Overlay::Act(ActPane::Cockpit { operation, .. })) => return Begun::Operation(operation.clone()),
                Some(Overlay::Act(ActPane::Plan(pane))) => return Begun::Changed(pane.drift.clone()),
                Some(Overlay::Act(ActPane::Refused { refusal, .. })) => return Begun::Refused(refusal.clone()),
                _ => self.step().await,
            };
        }
    }

    /// Says how an operation is to go on.
    pub fn order(&mut self, id: &OperationId, order: Order) {
        self.handle(Msg::Order { operation: id.clone(), order });
    }

    /// Goes on until `operation` has its verdict, and the journal has it; where nobody waits, until everything is sent.
    /// What is left to itself after `patience` has no verdict, and waits in the journal for whoever watches on.
    pub async fn follow(
        &mut self,
        id: &OperationId,
        waits: bool,
        patience: Option<SignedDuration>,
        mut see: impl FnMut(&App, &Operation),
    ) -> Result<Followed, Unrecorded> {
        let mut begun = false;
        loop {
            begun |= self.writer().holds(id);
            if let Some(operation) = self.app.act.operation(id).filter(|_| begun) {
                see(&self.app, operation);
                let lasts = self.app.now.duration_since(operation.began_at);
                if patience.is_some_and(|it| lasts > it) && !operation.has_ended() {
                    return Ok(Followed::Left);
                }
                if !waits && operation.is_sent() {
                    self.handle(Msg::Abandon(id.clone()));
                }
            }
            match self.step().await {
                Some(Msg::NotBegun { operation, why, .. }) if operation == *id => {
                    return Err(Unrecorded::Beginning(why));
                }
                Some(Msg::Recorded { operation, outcome }) if operation == *id => {
                    return outcome.map(|()| Followed::Ended).map_err(Unrecorded::End);
                }
                _ => {}
            }
        }
    }

    /// Takes over what processes that have gone left without a verdict.
    pub async fn take_over(&mut self) -> Left {
        let left = self.performer.operations().take_over().await;
        self.handle(Msg::TakenOver { taken: left.taken.clone(), unread: left.unread.clone() });
        left
    }

    /// Takes in what comes next, and does what follows from it. Returns what the journal's part in it was, if it had one:
    /// answers of AWS are large, and nobody here looks at them.
    async fn step(&mut self) -> Option<Msg> {
        let msg = tokio::select! {
            answer = self.answers.recv() => answer?,
            _ = self.ticker.tick() => Msg::Tick(self.clock.now()),
        };
        let told = matches!(msg, Msg::NotBegun { .. } | Msg::Recorded { .. }).then(|| msg.clone());
        self.handle(msg);
        told
    }

    fn handle(&mut self, msg: Msg) {
        // Standard output is the verb's, and may be a file.
        for effect in update(&mut self.app, msg).into_iter().filter(|it| *it != Effect::Bell) {
            self.performer.perform(effect);
        }
    }
}
