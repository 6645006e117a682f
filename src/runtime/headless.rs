//! The same console without a screen: one complete look for `status`.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{self, Instant},
};

use super::{clock::Clock, perform::Performer};
use crate::{
    app::{
        App,
        msg::Msg,
        schedule,
        update::{settle, update},
    },
    domain::query::Attempt,
};

/// Runs the console until everything watched has answered once, or `timeout` has passed; returns the attempts made.
pub async fn look(
    app: &mut App,
    clock: Clock,
    performer: &Performer,
    answers: &mut mpsc::UnboundedReceiver<Msg>,
    timeout: Duration,
) -> Vec<Attempt> {
    let deadline = Instant::now() + timeout;
    for effect in update(app, Msg::Tick(clock.now())) {
        performer.perform(effect);
    }
    let mut attempts = Vec::new();
    while !schedule::has_answered(app) {
        let Ok(Some(msg)) = time::timeout_at(deadline, answers.recv()).await else { break };
        if let Msg::Attempted(attempt) = &msg {
            attempts.push(attempt.clone());
        }
        for effect in update(app, msg) {
            performer.perform(effect);
        }
    }
    settle(app);
    attempts
}
