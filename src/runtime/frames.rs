//! When a frame is due, and what is derived for it.
//!
//! A key is answered with the next frame, from what was derived before; what has come from AWS is shown as soon as saying
//! what follows from it leaves most of the time to everything else.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::{
    App,
    update::{settle, settle_place},
};

/// At most fifteen frames a second.
const FRAME: Duration = Duration::from_millis(66);
/// All signals and rows follow from what has come: in a large estate that takes a while, and one part in so many of the
/// time may go by on it.
const SHARE: u32 = 8;
/// What has come waits so long while keys are pressed one after another.
const WAITS: Duration = Duration::from_secs(1);

/// When frames were drawn.
#[derive(Debug)]
pub struct Frames {
    drawn: Instant,
    /// With all that had come until then, and how long it took to say what follows from that.
    derived: Instant,
    took: Duration,
}

impl Frames {
    /// None yet: the first is due at once.
    pub fn new(now: Instant) -> Self {
        let long_ago = now.checked_sub(WAITS).unwrap_or(now);
        Self { drawn: long_ago, derived: long_ago, took: Duration::ZERO }
    }

    /// When the next frame is due: soon after a key, and later where only something has come.
    pub fn next(&self, app: &App) -> Instant {
        let soon = self.drawn + FRAME;
        if app.moved { soon } else { soon.max(self.derived + self.took * SHARE) }
    }

    /// Derives what the frame that is drawn now shows.
    pub fn settle(&mut self, app: &mut App) {
        let now = Instant::now();
        if app.moved && now < self.derived + WAITS {
            settle_place(app);
        } else {
            settle(app);
            self.derived = Instant::now();
            self.took = self.derived - now;
        }
        self.drawn = now;
    }
}
