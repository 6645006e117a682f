//! Sessions that stateful gateways hold.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::text::SafeText;

/// One open session, as an item of the stack's session table tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SafeText,
    pub user: SafeText,
    /// Instance id of the gateway that holds it; empty where the item does not say.
    pub gateway: SafeText,
    pub started_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
}

/// A session that was in the table and no longer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEnd {
    pub gateway: SafeText,
    /// When it was first missed.
    pub at: Timestamp,
    pub started_at: Option<Timestamp>,
}

/// What has been seen of how sessions end, between one look at their table and the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionEnds {
    /// Oldest first, of the last hours.
    pub ends: VecDeque<SessionEnd>,
    /// Those that ended with their gateway, likewise.
    pub lost: VecDeque<SessionEnd>,
    /// Each look after which sessions were missed or not: when, and for how many session-hours its sessions had been
    /// watched since the look before.
    watched: VecDeque<(Timestamp, f64)>,
}

/// What a gateway does while its sessions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It serves: users end them.
    Serves,
    /// It is on its way out and still runs, as while a lifecycle hook holds it: who ends them is not known.
    Lingers,
    /// It ends, or has gone: they end with it.
    Ends,
}

/// How long what was seen is kept: people behave otherwise at another time of the day.
const KEPT: SignedDuration = SignedDuration::from_hours(6);

/// A longer pause between two looks says nothing of when in it a session ended.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// So many people do not leave one gateway within seconds.
const SEVERAL: usize = 3;

impl SessionEnds {
    /// Takes in a whole look at the table at `at`, `before` being the one before it. `fate` tells what a
    /// gateway does: what ends with its gateway was not ended by its user, and says nothing of how long sessions last.
    pub fn look(
        &mut self,
        before: (&[Session], Timestamp),
        now: (&[Session], Timestamp),
        fate: impl Fn(&SafeText) -> Fate,
    ) {
        let pause = now.1.duration_since(before.1);
        if pause <= SignedDuration::ZERO || pause > LONGEST_PAUSE {
            return;
        }
        let open: BTreeSet<&SafeText> = now.0.iter().map(|it| &it.id).collect();
        let lives = |gateway: &SafeText| fate(gateway) == Fate::Serves && !is_deserted(gateway, before.0, &open);
        let lost = before.0.iter().filter(|it| !open.contains(&it.id) && !it.gateway.is_empty());
        let lost = lost.filter(|it| fate(&it.gateway) == Fate::Ends || is_deserted(&it.gateway, before.0, &open));
        self.lost.extend(lost.map(|it| SessionEnd {
            gateway: it.gateway.clone(),
            at: now.1,
            started_at: it.started_at,
        }));
        let served: Vec<&Session> = before.0.iter().filter(|it| lives(&it.gateway)).collect();
        for session in served.iter().filter(|it| !open.contains(&it.id)) {
            let (gateway, started_at) = (session.gateway.clone(), session.started_at);
            self.ends.push_back(SessionEnd { gateway, at: now.1, started_at });
        }
        self.watched.push_back((now.1, pause.as_secs_f64() / 3600.0 * served.len() as f64));
        let since = now.1.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        while self.ends.front().is_some_and(|it| it.at < since) {
            self.ends.pop_front();
        }
        while self.lost.front().is_some_and(|it| it.at < since) {
            self.lost.pop_front();
        }
        while self.watched.front().is_some_and(|(at, _)| *at < since) {
            self.watched.pop_front();
        }
    }

    /// For how many session-hours sessions were watched: ten sessions for half an hour are five.
    pub fn session_hours(&self) -> f64 {
        self.watched.iter().map(|(_, hours)| hours).sum()
    }
}

/// Whether a gateway has lost all of several sessions at once: it went itself, whatever was last known of it.
fn is_deserted(gateway: &SafeText, before: &[Session], open: &BTreeSet<&SafeText>) -> bool {
    let mut held = before.iter().filter(|it| it.gateway == *gateway);
    let number = held.clone().count();
    number >= SEVERAL && held.all(|it| !open.contains(&it.id))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Fate, Session, SessionEnds};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).expect("a time")
    }

    fn sessions(on: &[(&str, &str)]) -> Vec<Session> {
        let session = |(id, gateway): &(&str, &str)| Session {
            id: (*id).into(),
            user: "ada".into(),
            gateway: (*gateway).into(),
            started_at: Some(at(0)),
            last_seen_at: None,
        };
        on.iter().map(session).collect()
    }

    #[test]
    fn what_is_missed_has_ended_and_what_stayed_was_watched() {
        let mut seen = SessionEnds::default();
        let first = sessions(&[("a", "i-1"), ("b", "i-1"), ("c", "i-2")]);
        let second = sessions(&[("a", "i-1"), ("d", "i-1")]);
        seen.look((&first, at(60)), (&second, at(66)), |gateway| {
            if gateway.as_str() == "i-1" { Fate::Serves } else { Fate::Ends }
        });
        let ended: Vec<_> = seen.ends.iter().map(|it| (it.gateway.as_str(), it.at, it.started_at)).collect();
        assert_eq!(ended, [("i-1", at(66), Some(at(0)))], "c ended with its gateway");
        assert!((seen.session_hours() - 0.2).abs() < 1e-9, "two sessions for six minutes");
        let lost: Vec<_> = seen.lost.iter().map(|it| (it.gateway.as_str(), it.at)).collect();
        assert_eq!(lost, [("i-2", at(66))]);
    }

    #[test]
    fn a_gateway_that_loses_all_at_once_has_gone_itself() {
        let mut seen = SessionEnds::default();
        let before = sessions(&[("a", "i-1"), ("b", "i-1"), ("c", "i-1"), ("d", "i-2")]);
        seen.look((&before, at(0)), (&sessions(&[("d", "i-2")]), at(1)), |_| Fate::Serves);
        assert!(seen.ends.is_empty());
        assert_eq!(seen.lost.len(), 3);
    }

    #[test]
    fn what_ends_while_a_hook_holds_its_gateway_is_neither_lost_nor_counted() {
        let mut seen = SessionEnds::default();
        let before = sessions(&[("a", "i-1"), ("b", "i-1")]);
        seen.look((&before, at(0)), (&sessions(&[("b", "i-1")]), at(1)), |_| Fate::Lingers);
        assert!(seen.ends.is_empty() && seen.lost.is_empty());
    }

    #[test]
    fn long_pauses_say_nothing_and_old_looks_are_forgotten() {
        let mut seen = SessionEnds::default();
        let (one, none) = (sessions(&[("a", "i-1")]), Vec::new());
        seen.look((&one, at(0)), (&none, at(11)), |_| Fate::Serves);
        assert_eq!(seen, SessionEnds::default());
        seen.look((&one, at(0)), (&none, at(6)), |_| Fate::Serves);
        assert_eq!(seen.ends.len(), 1);
        let later = at(6) + SignedDuration::from_hours(6);
        seen.look((&none, later), (&none, later + SignedDuration::from_mins(1)), |_| Fate::Serves);
        assert!(seen.ends.is_empty() && seen.session_hours() < 1e-9);
    }
}
