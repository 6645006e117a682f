//! How sessions end, and when a gateway that takes no new ones will be empty.
//!
//! Sessions are taken to end by chance, each as likely in the next hour as any other. How likely is estimated from all that
//! is known: the ages of those that are open (while as many come as go, their mean age is the mean time that is left), and
//! the ends that were seen while the table was watched. With `n` open sessions whose ages sum up to `A` hours, and `d` ends
//! seen in `W` session-hours, the likeliest rate is `(n + d) / (A + W)`. Once enough ends were seen, they alone count, as
//! `d / W`: while many arrive at once, ages say too little of how long sessions last.

use jiff::{SignedDuration, Timestamp};

use crate::domain::session::{Session, SessionEnds};

/// How the sessions of a fleet end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaving {
    /// Ends an hour and session.
    pub rate: f64,
    /// Sessions and ends that it is estimated from.
    pub seen: usize,
    /// The ends among them.
    pub ends: usize,
}

/// When a gateway that takes no new sessions will be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emptying {
    /// Nine times of ten later.
    pub early: SignedDuration,
    /// As likely before as after.
    pub likely: SignedDuration,
    /// Nine times of ten before, with how little is known counted in.
    pub late: SignedDuration,
}

/// How sure an estimate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    Rough,
    Fair,
    Good,
}

impl Sureness {
    pub fn word(self) -> &'static str {
        match self {
            Self::Rough => "rough",
            Self::Fair => "fair",
            Self::Good => "good",
        }
    }
}

/// How often a span is halved to find a time: to a minute of a week and better.
const HALVINGS: u32 = 24;

/// From so many ends on, ages are left out.
const ENOUGH_ENDS: usize = 8;

/// With less to go by than so many session-hours nothing is said.
const LEAST_HOURS: f64 = 0.25;

/// How `sessions`, which are open, and those whose `ends` were seen leave; `None` while too little is known.
pub fn leaving<'a>(
    sessions: impl Iterator<Item = &'a Session>,
    ends: Option<&SessionEnds>,
    now: Timestamp,
) -> Option<Leaving> {
    let ages: Vec<f64> = sessions
        .filter_map(|it| it.started_at)
        .map(|at| (now.duration_since(at).as_secs_f64() / 3600.0).max(0.0))
        .collect();
    let ended = ends.map_or(0, |it| it.ends.len());
    if let Some(seen) = ends.filter(|it| ended >= ENOUGH_ENDS && it.session_hours() >= LEAST_HOURS) {
        return Some(Leaving { rate: ended as f64 / seen.session_hours(), seen: ended, ends: ended });
    }
    let hours = ages.iter().sum::<f64>() + ends.map_or(0.0, SessionEnds::session_hours);
    let seen = ages.len() + ended;
    (seen > 0 && hours >= LEAST_HOURS).then(|| Leaving { rate: seen as f64 / hours, seen, ends: ended })
}

impl Leaving {
    /// Sessions that end in an hour, of so many.
    pub fn per_hour(&self, sessions: u32) -> f64 {
        self.rate * f64::from(sessions)
    }

    /// When the last of so many will have ended; `None` where there is none.
    pub fn empty_in(&self, sessions: u32) -> Option<Emptying> {
        let at = |chance| SignedDuration::try_from_secs_f64(self.hours_until(sessions, chance) * 3600.0);
        let at = |chance| at(chance).unwrap_or(SignedDuration::MAX);
        (sessions > 0).then(|| Emptying { early: at(0.1), likely: at(0.5), late: at(0.9) })
    }

    /// Hours until all of so many have ended with this chance, by halving.
    fn hours_until(&self, sessions: u32, chance: f64) -> f64 {
        // Of 1,000 sessions the last goes after seven times the mean; what is known may be ten times off.
        let (mut low, mut high) = (0.0, 100.0 / self.rate);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.ended_by(sessions, middle) < chance { low = middle } else { high = middle }
        }
        high
    }

    /// The chance that all of so many have ended within so many hours. One has ended by t with the chance 1 - e^(-rate t);
    /// the rate itself is only estimated, so that the chance is the mean over all that it may be.
    fn ended_by(&self, sessions: u32, hours: f64) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for step in -6..=6 {
            let off = f64::from(step) / 2.0;
            let weight = (-off * off / 2.0).exp();
            let rate = self.rate * (off * self.error()).exp();
            sum += weight * (1.0 - (-rate * hours).exp()).powf(f64::from(sessions));
            weights += weight;
        }
        sum / weights
    }

    /// How far the rate may be off, as a ratio of 1.
    pub fn error(&self) -> f64 {
        1.0 / (self.seen as f64).sqrt()
    }

    pub fn sureness(&self) -> Sureness {
        match self.seen {
            30.. => Sureness::Good,
            10.. => Sureness::Fair,
            _ => Sureness::Rough,
        }
    }
}

/// A span as coarse as an estimate is: `10 m`, `50 m`, `3 h`, `14 h`, `2 d`.
pub fn coarse(span: SignedDuration) -> String {
    let minutes = span.as_secs_f64() / 60.0;
    match minutes {
        ..=90.0 => format!("{} m", ((minutes / 10.0).round() * 10.0).max(10.0)),
        ..=2880.0 => format!("{} h", (minutes / 60.0).round()),
        _ => format!("{} d", (minutes / 1440.0).round()),
    }
}

impl Emptying {
    /// As `2 h–6 h`.
    pub fn words(&self) -> String {
        let (likely, late) = (coarse(self.likely), coarse(self.late));
        if likely == late { likely } else { format!("{likely}–{late}") }
    }
}

#[cfg(test)]
mod tests {
    use super::{Leaving, SignedDuration, Sureness, coarse, leaving};
    use crate::{
        domain::session::{Fate, SessionEnds},
        triage::testing::{ago, now, sessions},
    };

    #[test]
    fn ages_tell_how_long_sessions_last() {
        // Four that are an hour old, a few seconds more or less.
        let open = sessions("i-0aaa", 4);
        let leaving = leaving(open.iter(), None, now()).expect("enough is known");
        assert!((leaving.rate - 1.0).abs() < 0.01, "{leaving:?}");
        assert!((leaving.per_hour(4) - 4.0).abs() < 0.01);
        assert_eq!((leaving.seen, leaving.sureness()), (4, Sureness::Rough));
    }

    #[test]
    fn ends_that_were_seen_count_beside_them() {
        let (before, after) = (sessions("i-0aaa", 4), sessions("i-0aaa", 3));
        let mut seen = SessionEnds::default();
        for minute in 0..30 {
            let looked = |minute: i64| ago(1800 - minute * 60);
            let after = if minute == 29 { &after } else { &before };
            seen.look((&before, looked(minute)), (after, looked(minute + 1)), |_| Fate::Serves);
        }
        let leaving = leaving(after.iter(), Some(&seen), now()).expect("enough is known");
        assert_eq!((leaving.seen, leaving.ends), (4, 1));
        // Three hours of age, and four sessions watched for half an hour.
        assert!((leaving.rate - 4.0 / 5.0).abs() < 0.01, "{leaving:?}");
    }

    #[test]
    fn once_enough_ends_were_seen_ages_are_left_out() {
        let (before, after) = (sessions("i-0aaa", 9), sessions("i-0aaa", 1));
        let mut seen = SessionEnds::default();
        for minute in 0..60 {
            // One goes every six minutes, the last eight of them.
            let held = |minute: usize| &before[..9 - minute.saturating_sub(6) / 6];
            let looked = |minute: usize| ago(3600 - 60 * i64::try_from(minute).expect("small"));
            seen.look((held(minute), looked(minute)), (held(minute + 1), looked(minute + 1)), |_| Fate::Serves);
        }
        let leaving = leaving(after.iter(), Some(&seen), now()).expect("enough is known");
        assert_eq!((leaving.seen, leaving.ends), (9, 9));
        assert!((leaving.rate - 9.0 / seen.session_hours()).abs() < 1e-9);
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(leaving([].iter(), None, now()), None);
        let mut fresh = sessions("i-0aaa", 2);
        for started_at in [Some(ago(60)), None] {
            for it in &mut fresh {
                it.started_at = started_at;
            }
            assert_eq!(leaving(fresh.iter(), None, now()), None);
        }
    }

    #[test]
    fn the_last_of_more_takes_longer_and_little_knowledge_makes_it_later() {
        let of = |seen| Leaving { rate: 1.0, seen, ends: 0 };
        let hours = |it: SignedDuration| it.as_secs_f64() / 3600.0;
        let one = of(100).empty_in(1).expect("one");
        assert!((hours(one.likely) - 0.693).abs() < 0.01 && (hours(one.early) - 0.105).abs() < 0.01);
        assert!((hours(one.late) - 2.32).abs() < 0.02, "a little later than were the rate known: {one:?}");
        let ten = of(100).empty_in(10).expect("ten");
        assert!(ten.likely > one.likely && ten.late > one.late);
        assert!(of(4).empty_in(10).expect("ten").late > ten.late);
        assert_eq!(of(100).empty_in(0), None);
        assert_eq!(ten.words(), "3 h–5 h");
    }

    #[test]
    fn estimates_are_told_coarsely() {
        let told = [0, 7, 44, 89, 100, 600, 4000].map(|minutes| coarse(SignedDuration::from_mins(minutes)));
        assert_eq!(told, ["10 m", "10 m", "40 m", "90 m", "2 h", "10 h", "3 d"]);
    }
}
