//! How careful a stack wants to be treated: guards that may be typed over, times of rest, and how deployments are
//! watched.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use crate::domain::text::SafeText;

/// What the stack file says of changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Care {
    /// Guards that block and that a typed text may override.
    pub overridable: Vec<Overridable>,
    pub freezes: Vec<Freeze>,
    pub deploy: DeployRules,
}

/// A guard whose block a stack may allow to be overridden by typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Overridable {
    /// Fewer tasks than `min_tasks`.
    MinTasks,
    /// More than one task of a stateful service.
    SingleTask,
    /// Another deployment or operation is under way.
    InProgress,
    /// A freeze window is open.
    Freeze,
    /// IAM's simulation says that the call would be denied.
    Permission,
    /// A deployment that would bring what runs already.
    SameImage,
}

impl Overridable {
    /// Each with its word in stack files.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("min-tasks", Self::MinTasks),
        ("single-task", Self::SingleTask),
        ("in-progress", Self::InProgress),
        ("freeze", Self::Freeze),
        ("permission", Self::Permission),
        ("same-image", Self::SameImage),
    ];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, it)| *it == self).map_or("", |(word, _)| word)
    }
}

/// How deployments of the stack are watched.
#[derive(Debug, Clone, PartialEq)]
pub struct DeployRules {
    /// How long a deployment must stay healthy after it has completed, and before the next region begins.
    pub bake: SignedDuration,
    /// Given up watching after this long.
    pub timeout: SignedDuration,
    /// Most of the requests that targets may answer with a 5xx while it is watched, as a ratio of 1; `None`: any.
    pub error_ratio: Option<f64>,
    /// A broken gate is rolled back by itself; else the console offers to.
    pub roll_back: bool,
}

impl Default for DeployRules {
    fn default() -> Self {
        Self {
            bake: SignedDuration::from_secs(60),
            timeout: SignedDuration::from_mins(30),
            error_ratio: Some(0.05),
            roll_back: false,
        }
    }
}

/// A time in which nothing is changed without need. All times are UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct Freeze {
    pub span: FreezeSpan,
    pub reason: SafeText,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FreezeSpan {
    /// From one moment to another.
    Once { from: Timestamp, until: Timestamp },
    /// On these days of the week, from one time of the day to another later one.
    Weekly { days: Vec<civil::Weekday>, from: civil::Time, until: civil::Time },
}

impl Freeze {
    /// Whether the window is open at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        match &self.span {
            FreezeSpan::Once { from, until } => *from <= now && now < *until,
            FreezeSpan::Weekly { days, from, until } => {
                let local = now.to_zoned(TimeZone::UTC).datetime();
                days.contains(&local.weekday()) && *from <= local.time() && local.time() < *until
            }
        }
    }

    /// When it is open, in words.
    pub fn when(&self) -> String {
        match &self.span {
            FreezeSpan::Once { from, until } => {
                let day = |at: &Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
                format!("from {} until {}", day(from), day(until))
            }
            FreezeSpan::Weekly { days, from, until } => {
                let days: Vec<_> = days.iter().map(|it| day_word(*it)).collect();
                let clock = |at: &civil::Time| at.strftime("%H:%M").to_string();
                format!("every {} {}–{} UTC", days.join(", "), clock(from), clock(until))
            }
        }
    }
}

/// Each day with its word in stack files.
pub const DAYS: [(&str, civil::Weekday); 7] = [
    ("mon", civil::Weekday::Monday),
    ("tue", civil::Weekday::Tuesday),
    ("wed", civil::Weekday::Wednesday),
    ("thu", civil::Weekday::Thursday),
    ("fri", civil::Weekday::Friday),
    ("sat", civil::Weekday::Saturday),
    ("sun", civil::Weekday::Sunday),
];

fn day_word(day: civil::Weekday) -> &'static str {
    DAYS.iter().find(|(_, it)| *it == day).map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, time};

    use super::{Freeze, FreezeSpan, Timestamp};

    #[test]
    fn a_window_is_open_from_its_first_moment_to_before_its_last() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let once = Freeze {
            span: FreezeSpan::Once { from: at("2026-12-20T00:00:00Z"), until: at("2027-01-04T00:00:00Z") },
            reason: "year end".into(),
        };
        let held = ["2026-12-19T23:59:59Z", "2026-12-20T00:00:00Z", "2027-01-03T23:59:59Z", "2027-01-04T00:00:00Z"];
        assert_eq!(held.map(|it| once.holds(at(it))), [false, true, true, false]);
        assert_eq!(once.when(), "from 2026-12-20 00:00 UTC until 2027-01-04 00:00 UTC");
    }

    #[test]
    fn a_weekly_window_is_open_on_its_days_and_hours_only() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let weekly = Freeze {
            span: FreezeSpan::Weekly {
                days: vec![Weekday::Friday],
                from: time(16, 0, 0, 0),
                until: time(23, 59, 59, 0),
            },
            reason: "weekend".into(),
        };
        // 2026-11-20 is a Friday.
        let held = ["2026-11-20T15:59:00Z", "2026-11-20T16:00:00Z", "2026-11-21T17:00:00Z"];
        assert_eq!(held.map(|it| weekly.holds(at(it))), [false, true, false]);
        assert_eq!(weekly.when(), "every fri 16:00–23:59 UTC");
    }
}
