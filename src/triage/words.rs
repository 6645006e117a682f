//! Plain words for numbers: spans of time, times of day, counts.

use jiff::{SignedDuration, Timestamp};

/// A span of time as coarse as one speaks of it: `45 s`, `4 m`, `2 h 5 m`, `3 d 4 h`; never negative.
pub fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0..=1) if seconds < 90 => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} m"),
        (0, _, _) if minutes % 60 == 0 => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {} m", minutes % 60),
        (10.., _, _) => format!("{days} d"),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A time of day, as `20:19:10 UTC`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S UTC").to_string()
}

/// A number of things, as `1 task`, `5 tasks`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
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

    use super::{count, list, span};

    #[test]
    fn spans_read_as_people_say_them() {
        let spans =
            [-5, 0, 89, 90, 240, 3600, 7500, 86_400, 273_600, 864_001].map(|it| span(SignedDuration::from_secs(it)));
        assert_eq!(spans, ["0 s", "0 s", "89 s", "1 m", "4 m", "1 h", "2 h 5 m", "1 d", "3 d 4 h", "10 d"]);
    }

    #[test]
    fn things_are_counted_and_listed() {
        assert_eq!([count(0, "task"), count(1, "task"), count(2, "task")], ["0 tasks", "1 task", "2 tasks"]);
        assert_eq!([list::<&str>(&[]), list(&["a"]), list(&["a", "b", "c"])], ["", "a", "a, b and c"]);
    }
}
