//! Times, sizes and counts in the words that the whole console uses for them.

use jiff::{SignedDuration, Timestamp};

use crate::metrics::Unit;
pub use crate::triage::words::{by_severity, count, list, milliseconds, of_wanted, severities, span};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// A duration to the second while that matters: `12 s`, `1 m 20 s`; from an hour on as [`span`] has it.
pub fn exact(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        HOUR.. => span(duration),
        MINUTE.. if seconds % MINUTE == 0 => format!("{} m", seconds / MINUTE),
        MINUTE.. => format!("{} m {} s", seconds / MINUTE, seconds % MINUTE),
        _ => format!("{seconds} s"),
    }
}

/// How long ago `at` was: `4 m ago`.
pub fn ago(now: Timestamp, at: Timestamp) -> String {
    format!("{} ago", span(now.duration_since(at)))
}

/// Time of day in UTC: `03:12:45`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// Time of day in UTC, with the date where that was no less than a day ago: `03:12:45`, `Nov 20 03:12`.
pub fn time_of(now: Timestamp, at: Timestamp) -> String {
    if now.duration_since(at).as_secs() < 24 * HOUR { clock(at) } else { at.strftime("%b %d %H:%M").to_string() }
}

/// Date and time in UTC, and how long ago that was: `2026-11-20 03:12:45 UTC (4 m ago)`.
pub fn moment(now: Timestamp, at: Timestamp) -> String {
    format!("{} ({})", at.strftime("%Y-%m-%d %H:%M:%S UTC"), ago(now, at))
}

/// Date and time in UTC of what is to come, and how far off it is: `2026-11-20 03:12:45 UTC (in 4 m)`.
pub fn moment_ahead(now: Timestamp, at: Timestamp) -> String {
    format!("{} (in {})", at.strftime("%Y-%m-%d %H:%M:%S UTC"), span(at.duration_since(now)))
}

/// A number without needless decimals: `1`, `0.75`, `12.5`; at most three of them.
pub fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// CPU units (1024 a vCPU) as `0.5 vCPU`.
pub fn cpu(units: u32) -> String {
    format!("{} vCPU", number(f64::from(units) / 1024.0))
}

/// MiB as `512 MiB` or `2 GiB`.
pub fn memory(mebibytes: u32) -> String {
    if mebibytes >= 1024 {
        format!("{} GiB", number(f64::from(mebibytes) / 1024.0))
    } else {
        format!("{mebibytes} MiB")
    }
}

/// A figure in its unit, as short as it can be read: `38 %`, `12.5/s`, `45 ms`, `3.2 GiB`.
pub fn figure(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Percent => format!("{} %", short(value)),
        Unit::PerSecond => format!("{}/s", short(value)),
        Unit::PerMinute => format!("{}/min", short(value)),
        Unit::Milliseconds => milliseconds(value),
        Unit::Seconds if value < 1.0 => milliseconds(value * 1000.0),
        Unit::Seconds => format!("{} s", short(value)),
        Unit::Count => short(value),
        Unit::Bytes => bytes(value),
    }
}

/// Three digits that matter: `0.25`, `9.4`, `38`, `1.2k`.
fn short(value: f64) -> String {
    match value.abs() {
        1_000_000.0.. => format!("{}M", number((value / 100_000.0).round() / 10.0)),
        10_000.0.. => format!("{}k", number((value / 1000.0).round())),
        1000.0.. => format!("{}k", number((value / 100.0).round() / 10.0)),
        10.0.. => number(value.round()),
        1.0.. => number((value * 10.0).round() / 10.0),
        _ => number((value * 100.0).round() / 100.0),
    }
}

/// Bytes as `512 MiB` or `3.2 GiB`.
pub fn bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value.abs() < 1024.0 {
            return format!("{} {unit}", short(value));
        }
        value /= 1024.0;
    }
    format!("{} TiB", short(value))
}

/// A period of so many seconds as it is spoken of in alarms: `1 min`, `30 s`.
pub fn period(seconds: u32) -> String {
    if seconds > 0 && seconds.is_multiple_of(60) { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}

/// What one recognises an image by: its tag, or the first twelve digits of its digest.
pub fn image_tag(reference: &str) -> String {
    if let Some((_, digest)) = reference.split_once('@') {
        return short_digest(digest);
    }
    let name = reference.rsplit('/').next().unwrap_or(reference);
    name.split_once(':').map_or_else(|| "latest".to_owned(), |(_, tag)| tag.to_owned())
}

/// The first twelve digits of `sha256:…`, as the Docker tools show them.
pub fn short_digest(digest: &str) -> String {
    digest.rsplit(':').next().unwrap_or(digest).chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{Unit, exact, figure, image_tag, memory, milliseconds, number, period, short_digest};

    #[test]
    fn ages_of_data_are_told_to_the_second() {
        let of = |seconds| exact(SignedDuration::from_secs(seconds));
        assert_eq!([3, 60, 80, 7260].map(of), ["3 s", "1 m", "1 m 20 s", "2 h 1 m"]);
    }

    #[test]
    fn numbers_have_no_needless_decimals() {
        assert_eq!([1.0, 0.75, 12.5, 1.0 / 3.0, 100.0].map(number), ["1", "0.75", "12.5", "0.333", "100"]);
        assert_eq!([memory(512), memory(2048), memory(1536)], ["512 MiB", "2 GiB", "1.5 GiB"]);
        assert_eq!([milliseconds(45.4), milliseconds(1250.0)], ["45 ms", "1.2 s"]);
        assert_eq!([period(60), period(30), period(300)], ["1 min", "30 s", "5 min"]);
    }

    #[test]
    fn figures_have_the_digits_that_matter() {
        let of = |unit| move |value| figure(unit, value);
        assert_eq!([0.0, 0.254, 9.44, 38.4, 100.0].map(of(Unit::Percent)), ["0 %", "0.25 %", "9.4 %", "38 %", "100 %"]);
        assert_eq!([999.0, 1240.0, 12_600.0, 3_450_000.0].map(of(Unit::Count)), ["999", "1.2k", "13k", "3.5M"]);
        assert_eq!([12.5, 0.5].map(of(Unit::PerSecond)), ["13/s", "0.5/s"]);
        assert_eq!([0.35, 2.0].map(of(Unit::Seconds)), ["350 ms", "2 s"]);
        assert_eq!([512.0, 3_435_973_836.8, 2e15].map(of(Unit::Bytes)), ["512 B", "3.2 GiB", "1.8k TiB"]);
    }

    #[test]
    fn images_are_known_by_tag_or_digest() {
        assert_eq!(image_tag("1.dkr.ecr.us-east-1.amazonaws.com/terminal/api:v42"), "v42");
        assert_eq!(image_tag("localhost:5000/api"), "latest");
        assert_eq!(image_tag("repo/api@sha256:0123456789abcdef"), "0123456789ab");
        assert_eq!(short_digest("sha256:0123456789abcdef"), "0123456789ab");
    }
}
