//! How often an account is asked what it costs: every answer is paid for, and changes two or three times a day.
//!
//! Invariant: between two answers to one question lie twelve hours at least, whatever asks, and however often it starts.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Why, bill::SETTLES, month::Month, month::start_of};
use crate::domain::fault::FaultKind;

/// An answer stands for so long.
pub const STANDS: SignedDuration = SignedDuration::from_hours(12);
/// What was told longer ago says nothing of now.
pub const CURRENT: SignedDuration = SignedDuration::from_hours(48);
/// AWS closes a month's invoice within so long of its end.
const CLOSES: SignedDuration = SignedDuration::from_hours(10 * 24);
/// How long to wait after a question that did not reach AWS; doubled each time that it does not.
pub const FIRST_RETRY: SignedDuration = SignedDuration::from_mins(15);

/// How a question was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub at: Timestamp,
    pub ended: Ended,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// With an answer; or it is not known how, because the console ended before.
    Answered,
    /// The account refuses to be asked. It costs nothing to ask again, but nothing changes that either unless somebody does.
    Refused,
    /// Nothing was paid: it did not get through, so often in a row.
    Unheard { times: u32 },
}

impl Ended {
    /// How a question ended that an account would not answer.
    pub fn silent(why: Why) -> Self {
        match why {
            Why::Off | Why::Denied => Self::Refused,
            // What there is has been looked for.
            Why::TooLittle => Self::Answered,
        }
    }

    /// How a question ended with this fault; `before` is how the one before it did.
    pub fn after(kind: FaultKind, before: Option<Self>) -> Self {
        let times = match before {
            Some(Self::Unheard { times }) => times,
            _ => 0,
        };
        match kind {
            FaultKind::Expired | FaultKind::Credentials | FaultKind::Throttled | FaultKind::Unreachable => {
                Self::Unheard { times: times + 1 }
            }
            // It may have been answered, or a page of it before, and paid for.
            FaultKind::Denied
            | FaultKind::Lost
            | FaultKind::TimedOut
            | FaultKind::Garbled
            | FaultKind::Missing
            | FaultKind::Server
            | FaultKind::Rejected => Self::Answered,
        }
    }
}

/// When a question about `month` (`None`: about no month) may be asked again; `None`: never, the answer is final.
pub fn next(asked: Option<Asked>, month: Option<Month>) -> Option<Timestamp> {
    let Some(Asked { at, ended }) = asked else { return Some(Timestamp::MIN) };
    let wait = match ended {
        Ended::Answered => {
            let is_closed = |month: Month| at.duration_since(start_of(month.end())) >= CLOSES + SETTLES;
            if month.is_some_and(is_closed) {
                return None;
            }
            STANDS
        }
        Ended::Refused => STANDS,
        Ended::Unheard { times } => (FIRST_RETRY * 2_i32.saturating_pow(times.saturating_sub(1).min(10))).min(STANDS),
    };
    Some(at.saturating_add(wait).unwrap_or(Timestamp::MAX))
}

/// Whether it may be asked at `now`.
pub fn may_ask(asked: Option<Asked>, month: Option<Month>, now: Timestamp) -> bool {
    next(asked, month).is_some_and(|at| at <= now)
}

/// Whether what was refused may be asked again before its time: since then, at `wanted`, somebody has wanted it anew.
pub fn may_insist(asked: Option<Asked>, wanted: Option<Timestamp>) -> bool {
    asked.is_some_and(|it| it.ended == Ended::Refused && wanted.is_some_and(|at| at > it.at))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, civil::date};
    use proptest::prelude::*;

    use super::*;

    fn at(hours: i64) -> Timestamp {
        start_of(date(2026, 11, 16)) + SignedDuration::from_hours(hours)
    }

    #[test]
    fn an_answer_stands_for_twelve_hours_and_that_of_a_closed_month_for_ever() {
        let november = Some(Month::of(date(2026, 11, 1)));
        let asked = Some(Asked { at: at(0), ended: Ended::Answered });
        assert!(may_ask(None, november, at(0)));
        assert_eq!([0, 11, 12].map(|hours| may_ask(asked, november, at(hours))), [false, false, true]);
        let october = Some(Month::of(date(2026, 10, 1)));
        assert_eq!(next(asked, october), None);
        // On the 5th the invoice is not final yet.
        let early = Some(Asked { at: at(-11 * 24), ended: Ended::Answered });
        assert!(may_ask(early, october, at(0)));
    }

    #[test]
    fn what_did_not_get_through_is_tried_again_ever_more_seldom() {
        let mut ended = None;
        let mut waits = Vec::new();
        for _ in 0..8 {
            let now = Ended::after(FaultKind::Unreachable, ended);
            ended = Some(now);
            let next = next(Some(Asked { at: at(0), ended: now }), None).unwrap();
            waits.push(next.duration_since(at(0)).as_mins());
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 720, 720]);
        let sent = [FaultKind::TimedOut, FaultKind::Lost, FaultKind::Server, FaultKind::Garbled];
        assert!(sent.iter().all(|it| Ended::after(*it, ended) == Ended::Answered));
    }

    #[test]
    fn a_refusal_stands_as_long_as_an_answer_unless_somebody_insists() {
        let asked = |why| Some(Asked { at: at(0), ended: Ended::silent(why) });
        let wait = |why| next(asked(why), None).map(|it| it.duration_since(at(0)));
        assert_eq!([Why::Denied, Why::Off, Why::TooLittle].map(wait), [Some(STANDS); 3]);
        let insists = |why, hours: Option<i64>| may_insist(asked(why), hours.map(at));
        assert!(insists(Why::Denied, Some(1)) && insists(Why::Off, Some(1)));
        assert!(!insists(Why::Denied, None) && !insists(Why::Denied, Some(0)), "once for each time");
        assert!(!insists(Why::TooLittle, Some(1)), "it was answered, and may have been paid for");
    }

    proptest! {
        /// Whoever looks whenever, however it ends: what AWS may have billed is twelve hours apart.
        #[test]
        fn answers_lie_twelve_hours_apart(looks in prop::collection::vec((1_i64..300, 0_usize..6), 1..200)) {
            let (mut now, mut asked, mut answers) = (at(0), None, Vec::new());
            for (minutes, kind) in looks {
                now += SignedDuration::from_mins(minutes);
                if !may_ask(asked, Some(Month::current(now)), now) {
                    continue;
                }
                let before = asked.map(|it: Asked| it.ended);
                let (ended, may_be_billed) = match kind {
                    0 => (Ended::after(FaultKind::Throttled, before), false),
                    1 => (Ended::after(FaultKind::Unreachable, before), false),
                    2 => (Ended::after(FaultKind::TimedOut, before), true),
                    3 => (Ended::after(FaultKind::Lost, before), true),
                    4 => (Ended::after(FaultKind::Server, before), true),
                    _ => (Ended::Answered, true),
                };
                answers.extend(may_be_billed.then_some(now));
                asked = Some(Asked { at: now, ended });
            }
            prop_assert!(answers.windows(2).all(|it| it[1].duration_since(it[0]) >= STANDS), "{:?}", answers);
        }
    }
}
