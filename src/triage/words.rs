//! Plain words for numbers: spans of time, times of day, counts.

use jiff::{SignedDuration, Timestamp};

use crate::domain::signal::Severity;

/// A span of time as coarse as one speaks of it: `45 s`, `1 m 20 s`, `4 m`, `2 h 5 m`, `3 d 4 h`; never negative.
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, 1) if seconds > 60 => format!("1 m {} s", seconds % 60),
        (0, 0, _) => format!("{minutes} m"),
        (0, _, _) if minutes % 60 == 0 => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {} m", minutes % 60),
        (10.., _, _) => format!("{days} d"),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Milliseconds as `45 ms` or `1.3 s`.
pub fn milliseconds(value: f64) -> String {
    if value >= 1000.0 { format!("{:.1} s", value / 1000.0) } else { format!("{value:.0} ms") }
}

/// A time of day, as `20:19:10 UTC`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S UTC").to_string()
}

/// A number of things, as `1 task`, `5 tasks`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// What runs of what is wanted, as `1 of 2 tasks`; and beyond it `2 + 2 tasks`: those wanted, and those that a rollout
/// or scaling in has yet to stop.
pub fn of_wanted(running: u32, wanted: u32, noun: &str) -> String {
    match running.checked_sub(wanted).filter(|beyond| *beyond > 0) {
        Some(beyond) => format!("{wanted} + {beyond} {noun}s"),
        None => format!("{running} of {}", count(wanted as usize, noun)),
    }
}

/// Signals by severity, as `1 critical · 2 warnings`; `None` where there is none.
pub fn by_severity(of: impl Fn(Severity) -> usize) -> Option<String> {
    let told = [Severity::Critical, Severity::Warning, Severity::Notice].into_iter().filter_map(|severity| {
        let number = of(severity);
        (number > 0).then(|| severities(number, severity))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join(" · "))
}

/// A number of signals of one severity, as `1 critical`, `2 warnings`.
pub fn severities(number: usize, severity: Severity) -> String {
    match severity {
        Severity::Critical => format!("{number} critical"),
        other => count(number, other.word()),
    }
}

/// Things in a row, as `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{by_severity, count, list, of_wanted, span};

    #[test]
    fn spans_read_as_people_say_them() {
        let spans = [-5, 0, 59, 60, 61, 119, 120, 240, 3600, 7500, 86_400, 273_600, 864_001]
            .map(|it| span(SignedDuration::from_secs(it)));
        assert_eq!(
            spans,
            [
                "0 s", "0 s", "59 s", "1 m", "1 m 1 s", "1 m 59 s", "2 m", "4 m", "1 h", "2 h 5 m", "1 d", "3 d 4 h",
                "10 d"
            ]
        );
    }

    #[test]
    fn more_than_is_wanted_is_told_apart() {
        let told = [(0, 1), (1, 2), (2, 2), (4, 2), (1, 0)].map(|(running, wanted)| of_wanted(running, wanted, "task"));
        assert_eq!(told, ["0 of 1 task", "1 of 2 tasks", "2 of 2 tasks", "2 + 2 tasks", "0 + 1 tasks"]);
    }

    #[test]
    fn signals_are_counted_by_severity() {
        let of = |numbers: [usize; 3]| by_severity(|it| numbers[it as usize]);
        assert_eq!(of([0, 0, 0]), None);
        assert_eq!(of([2, 1, 0]).as_deref(), Some("2 critical · 1 warning"));
        assert_eq!(of([0, 2, 1]).as_deref(), Some("2 warnings · 1 notice"));
    }

    #[test]
    fn things_are_counted_and_listed() {
        assert_eq!([count(0, "task"), count(1, "task"), count(2, "task")], ["0 tasks", "1 task", "2 tasks"]);
        assert_eq!([list::<&str>(&[]), list(&["a"]), list(&["a", "b", "c"])], ["", "a", "a, b and c"]);
    }
}
