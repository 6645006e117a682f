//! How long it takes until a gateway is empty.
//!
//! Of sessions that come and go, those found open have on average as long to go as they are old (the inspection
//! paradox: age and residual life have the same distribution). And the last of n that end independently, each after the
//! mean time m, ends after about m · (1 + 1/2 + … + 1/n).

use jiff::{SignedDuration, Timestamp};

use crate::domain::session::Session;

/// Mean age of open sessions; `None` where no beginning is known.
pub fn mean_age<'a>(sessions: impl Iterator<Item = &'a Session>, now: Timestamp) -> Option<SignedDuration> {
    let ages = sessions.filter_map(|it| Some(now.duration_since(it.started_at?).as_secs().max(0)));
    let (count, sum) = ages.fold((0_i64, 0_i64), |(count, sum), age| (count + 1, sum + age));
    (count > 0).then(|| SignedDuration::from_secs(sum / count))
}

/// Seconds until the last of `sessions` has ended, where each goes on for `mean` on average.
pub fn seconds_to_empty(sessions: u32, mean: SignedDuration) -> i64 {
    let harmonic: f64 = (1..=sessions.min(10_000)).map(|it| 1.0 / f64::from(it)).sum();
    (mean.as_secs_f64() * harmonic).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_is_waited_for() {
        let mean = SignedDuration::from_mins(30);
        let seconds: Vec<i64> = [0, 1, 2, 10].map(|it| seconds_to_empty(it, mean)).into();
        assert_eq!(seconds, [0, 1800, 2700, 5272]);
    }

    #[test]
    fn what_says_no_beginning_counts_for_nothing() {
        let now = "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap();
        let began = |minutes: i64| now.checked_sub(SignedDuration::from_mins(minutes)).ok();
        let session = |started_at| Session {
            id: "s".into(),
            user: "ada".into(),
            gateway: "i-1".into(),
            started_at,
            last_seen_at: None,
        };
        let open = [session(began(10)), session(began(50)), session(None)];
        assert_eq!(mean_age(open.iter(), now), Some(SignedDuration::from_mins(30)));
        assert_eq!(mean_age(open[2..].iter(), now), None);
    }
}
