//! Summed-up measurements and the statistics read from them.

/// What was measured in one go: `count` values of which only these figures are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub count: f64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    /// The spread (sigma) of log-normally distributed values such as latencies; percentiles come from it.
    pub spread: Option<f64>,
}

impl Sample {
    /// A single value.
    pub fn one(value: f64) -> Self {
        Self { count: 1.0, sum: value, min: value, max: value, spread: None }
    }

    /// `count` events, each of which counts as 1 (requests, errors).
    pub fn events(count: f64) -> Self {
        Self { count, sum: count, min: 1.0, max: 1.0, spread: None }
    }

    /// `count` log-normal values around `median` with the given sigma.
    pub fn log_normal(count: f64, median: f64, spread: f64) -> Self {
        let mean = median * (spread * spread / 2.0).exp();
        let (min, max) = (median * (-2.5 * spread).exp(), median * (3.0 * spread).exp());
        Self { count, sum: mean * count, min, max, spread: Some(spread) }
    }

    /// This and the other together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let count = self.count + other.count;
        let spread = match (self.spread, other.spread) {
            (Some(one), Some(two)) if count > 0.0 => Some((one * self.count + two * other.count) / count),
            (one, two) => one.or(two),
        };
        let (min, max) = (self.min.min(other.min), self.max.max(other.max));
        Self { count, sum: self.sum + other.sum, min, max, spread }
    }

    /// As if only that share of the values had arrived, at least one.
    #[must_use]
    pub fn share(&self, share: f64) -> Self {
        let count = (self.count * share).ceil().max(1.0);
        Self { count, sum: self.sum * count / self.count.max(1.0), ..*self }
    }

    fn average(&self) -> f64 {
        if self.count > 0.0 { self.sum / self.count } else { 0.0 }
    }

    /// The value below which `percent` of the values lie. Of values that are not log-normal only the range is
    /// known: half of them are taken to lie on each side of the average.
    fn percentile(&self, percent: f64) -> f64 {
        if let Some(spread) = self.spread {
            let median = self.average() / (spread * spread / 2.0).exp();
            return median * (spread * normal_quantile(percent / 100.0)).exp();
        }
        let average = self.average();
        if percent < 50.0 {
            self.min + (average - self.min) * percent / 50.0
        } else {
            average + (self.max - average) * (percent - 50.0) / 50.0
        }
    }
}

/// What is read from the samples of a period (CloudWatch: `Stat`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// In percent: 99.9 for `p99.9`.
    Percentile(f64),
}

impl Statistic {
    /// As it stands on the wire; `None` for statistics that are not simulated (trimmed means and such).
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "SampleCount" => Some(Self::SampleCount),
            "Average" => Some(Self::Average),
            "Sum" => Some(Self::Sum),
            "Minimum" => Some(Self::Minimum),
            "Maximum" => Some(Self::Maximum),
            _ => {
                let percent: f64 = text.strip_prefix('p')?.parse().ok()?;
                (0.0..=100.0).contains(&percent).then_some(Self::Percentile(percent))
            }
        }
    }

    pub fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::SampleCount => sample.count,
            Self::Average => sample.average(),
            Self::Sum => sample.sum,
            Self::Minimum => sample.min,
            Self::Maximum => sample.max,
            Self::Percentile(percent) => sample.percentile(percent),
        }
    }
}

/// How many deviations from the mean the share `p` of a normal distribution lies (Abramowitz and Stegun 26.2.23,
/// good to 4.5e-4).
fn normal_quantile(p: f64) -> f64 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    let tail = p.min(1.0 - p);
    let t = (-2.0 * tail.ln()).sqrt();
    let above = t * 0.010_328 + 0.802_853;
    let below = t * 0.001_308 + 0.189_269;
    let deviations = t - (t * above + 2.515_517) / (t * (t * below + 1.432_788) + 1.0);
    if p < 0.5 { -deviations } else { deviations }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "counts and copied values are exact")]

    use super::*;

    fn close(one: f64, two: f64) -> bool {
        (one - two).abs() < 0.002 * two.abs().max(1.0)
    }

    #[test]
    fn statistics_are_named_as_on_the_wire() {
        assert_eq!(Statistic::parse("p99.9"), Some(Statistic::Percentile(99.9)));
        assert_eq!(Statistic::parse("Average"), Some(Statistic::Average));
        for unknown in ["average", "p101", "tm90", "pxx", ""] {
            assert_eq!(Statistic::parse(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn percentiles_of_latencies_follow_the_log_normal() {
        let latency = Sample::log_normal(100.0, 0.020, 0.5);
        assert!(close(Statistic::Percentile(50.0).of(&latency), 0.020));
        assert!(close(Statistic::Percentile(95.0).of(&latency) * 1000.0, 20.0 * (0.5_f64 * 1.6449).exp()));
        assert!(Statistic::Average.of(&latency) > 0.020, "the mean of a skewed distribution is above its median");
        let whole_hour = latency.plus(&latency);
        assert!(close(Statistic::Percentile(95.0).of(&whole_hour), Statistic::Percentile(95.0).of(&latency)));
    }

    #[test]
    fn percentiles_of_other_values_stay_in_their_range() {
        let sample = Sample { count: 4.0, sum: 20.0, min: 2.0, max: 9.0, spread: None };
        assert_eq!(Statistic::Percentile(0.0).of(&sample), 2.0);
        assert_eq!(Statistic::Percentile(50.0).of(&sample), 5.0);
        assert_eq!(Statistic::Percentile(100.0).of(&sample), 9.0);
    }
}
