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

/// How long nothing comes before time is told.
const TICK: Duration = Duration::from_millis(250);

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
    let mut complete = schedule::has_answered(app);
    while !complete && Instant::now() < deadline {
        let msg = match time::timeout_at(deadline.min(Instant::now() + TICK), answers.recv()).await {
            Ok(Some(msg)) => msg,
            Ok(None) => break,
            // What an answer has made worth asking may have waited for time to pass.
            Err(_) => Msg::Tick(clock.now()),
        };
        if let Msg::Attempted(attempt) = &msg {
            attempts.push(attempt.clone());
        }
        let says_more = !matches!(msg, Msg::Attempted(_));
        for effect in update(app, msg) {
            performer.perform(effect);
        }
        complete = says_more && schedule::has_answered(app);
    }
    settle(app);
    attempts
}
