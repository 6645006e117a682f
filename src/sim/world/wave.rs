//! The daily rhythm of everything that people cause.

use std::f64::consts::TAU;

use jiff::Timestamp;

/// A wave around 1 that swings by `swing` (0 to 1) over the day and peaks at `peak_hour` UTC.
pub fn daily_wave(now: Timestamp, swing: f64, peak_hour: f64) -> f64 {
    let hour = now.as_second().rem_euclid(86_400) as f64 / 3600.0;
    1.0 + swing * (TAU * (hour - peak_hour) / 24.0).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_peaks_at_its_hour_and_ebbs_twelve_hours_later() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        assert!((daily_wave(at(15), 0.4, 15.0) - 1.4).abs() < 1e-9);
        assert!((daily_wave(at(3), 0.4, 15.0) - 0.6).abs() < 1e-9);
    }
}
