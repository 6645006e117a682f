//! From the SDK's plain values to the domain's, where any of them may be absent.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::domain::{id::Arn, text::SafeText};

/// Text made safe; empty where absent.
pub fn text(raw: Option<&str>) -> SafeText {
    SafeText::new(raw.unwrap_or_default())
}

/// Text made safe; `None` where absent or empty.
pub fn some_text(raw: Option<&str>) -> Option<SafeText> {
    raw.filter(|it| !it.is_empty()).map(SafeText::new)
}

/// An ARN; the empty one where absent.
pub fn arn(raw: Option<&str>) -> Arn {
    Arn::new(raw.unwrap_or_default())
}

/// A count; zero where absent or, against all sense, negative.
pub fn count(raw: impl Into<Option<i32>>) -> u32 {
    raw.into().and_then(|it| u32::try_from(it).ok()).unwrap_or_default()
}

/// A port; zero where absent or out of range.
pub fn port(raw: Option<i32>) -> u16 {
    raw.and_then(|it| u16::try_from(it).ok()).unwrap_or_default()
}

/// A moment, to the nanosecond; `None` where absent or beyond what a timestamp can hold.
pub fn time(raw: Option<&DateTime>) -> Option<Timestamp> {
    let raw = raw?;
    Timestamp::new(raw.secs(), i32::try_from(raw.subsec_nanos()).ok()?).ok()
}

/// A moment for the SDK, to the second.
pub fn date_time(moment: Timestamp) -> DateTime {
    DateTime::from_secs(moment.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_senseless_values_become_nothing() {
        assert_eq!((count(None), count(Some(-3)), count(7)), (0, 0, 7));
        assert_eq!((port(Some(70_000)), port(Some(443))), (0, 443));
        assert_eq!((some_text(Some("")), some_text(Some("a"))), (None, Some("a".into())));
        assert_eq!(text(Some("a\u{1b}b")).as_str(), "a␛b");
        assert_eq!(time(Some(&DateTime::from_secs(i64::MAX))), None);
        assert_eq!(time(Some(&DateTime::from_secs_f64(1.5))), Timestamp::from_millisecond(1500).ok());
    }
}
