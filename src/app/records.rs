//! What the console has read of the journal, for the view of it.

use jiff::{SignedDuration, Timestamp};

use super::{App, effect::Effect, freshness::PlaceFreshness};
use crate::{
    command::ViewName,
    domain::{id::ResourceId, observation::Freshness, text::SafeText},
    journal::{history::Told, look::Look},
};

/// How often it is looked for new lines while the view is on screen.
const EVERY: SignedDuration = SignedDuration::from_secs(2);

/// The journal, as far as it has been read.
#[derive(Debug, Default)]
pub struct Records {
    /// As it was when it could last be read.
    pub look: Option<Box<Look>>,
    /// Why it could not be read the last time.
    pub fault: Option<SafeText>,
    read_at: Option<Timestamp>,
    /// `None` while nobody looks: then all of it is read and verified again.
    asked_at: Option<Timestamp>,
    awaited: bool,
}

impl Records {
    /// What the journal tells of an operation.
    pub fn operation(&self, id: &ResourceId) -> Option<&Told> {
        self.look.as_ref()?.operation(&(&*id.key).into())
    }

    /// How fresh the view of it is.
    pub fn freshness(&self, now: Timestamp) -> PlaceFreshness {
        let state = match (&self.fault, &self.look) {
            (Some(_), _) => Freshness::Faulted,
            (None, None) => Freshness::Awaited,
            (None, Some(_)) => Freshness::Fresh,
        };
        let age = self.read_at.map(|at| now.duration_since(at));
        let is_read = state != Freshness::Awaited;
        let failed = usize::from(self.fault.is_some());
        PlaceFreshness { state, age, failed, reads: usize::from(is_read), ..PlaceFreshness::awaited() }
    }

    /// It is to be read at once.
    pub fn want(&mut self) {
        self.asked_at = None;
    }
}

/// Reads the journal while its view is on screen: all of it first, then what is new.
pub fn due(app: &mut App) -> Option<Effect> {
    let (now, records) = (app.now, &mut app.records);
    if app.history.current().view != ViewName::Journal {
        records.asked_at = None;
        return None;
    }
    if records.awaited || records.asked_at.is_some_and(|at| now.duration_since(at) < EVERY) {
        return None;
    }
    let known = records.look.as_ref().filter(|_| records.asked_at.is_some()).map(|it| it.bytes);
    records.asked_at = Some(now);
    records.awaited = true;
    Some(Effect::ReadRecords { known })
}

/// Takes in what was read; what was known stays where it could not be.
pub fn take(app: &mut App, read: Result<Option<Box<Look>>, SafeText>) {
    let records = &mut app.records;
    records.awaited = false;
    match read {
        Ok(look) => {
            records.look = look.or(records.look.take());
            records.fault = None;
            records.read_at = Some(app.now);
        }
        Err(fault) => records.fault = Some(fault),
    }
    app.unsettled = true;
}
