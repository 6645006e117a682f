//! Periods of time: what may be asked for, and how it is cut up.

use std::ops::Range;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{
    super::{
        billing::{HOURS_A_DAY, SECONDS_AN_HOUR, hour_of},
        wire::{error::ApiError, input::Input},
    },
    invalid, missing,
};

/// Months of daily and monthly data before the current one, and days of hourly data.
const MONTHS_KEPT: i64 = 13;
const HOURLY_DAYS: i64 = 14;
/// Days after the end of a month on which its figures become final.
const FINAL_AFTER: i64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    Hourly,
    Daily,
    Monthly,
}

/// One stretch of time for which there is one result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Since the epoch.
    pub hours: Range<i64>,
    /// As they stand on the wire; the end is not part of it.
    pub start: String,
    pub end: String,
}

/// A period as it was asked for; both ends are midnights but for hourly data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Granularity {
    pub fn read(input: Input<'_>) -> Result<Self, ApiError> {
        match input.text("Granularity")? {
            Some("HOURLY") => Ok(Self::Hourly),
            Some("DAILY") => Ok(Self::Daily),
            Some("MONTHLY") => Ok(Self::Monthly),
            Some(other) => Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'granularity' failed to satisfy constraint: Member must \
                 satisfy enum value set: [DAILY, MONTHLY, HOURLY]"
            ))),
            None => Err(missing("granularity")),
        }
    }
}

impl Period {
    /// The `TimePeriod` of a call.
    pub fn read(input: Input<'_>, granularity: Granularity) -> Result<Self, ApiError> {
        let asked = input.object("TimePeriod").ok_or_else(|| missing("timePeriod"))?;
        let moment = |name: &str| {
            let text = asked.text(name)?.ok_or_else(|| missing(&format!("timePeriod.{}", name.to_lowercase())))?;
            moment(text, granularity)
        };
        let (from, to) = (moment("Start")?, moment("End")?);
        if from >= to {
            return Err(invalid("Start date (and hour) should be before end date (and hour)"));
        }
        Ok(Self { from, to })
    }

    /// Checks that there is data of a period of the past.
    pub fn past(self, granularity: Granularity, now: Timestamp) -> Result<Self, ApiError> {
        let this_month = day_of(now).first_of_month();
        if granularity == Granularity::Hourly {
            if now.duration_since(self.from).as_hours() > HOURLY_DAYS * HOURS_A_DAY {
                return Err(invalid(
                    "Start date is more than 14 days ago for hourly granularity. Please adjust start date as we support \
                     only 14 days of data at hourly granularity.",
                ));
            }
        } else if day_of(self.from) < this_month.saturating_sub(MONTHS_KEPT.months()) {
            return Err(invalid("You haven't enabled historical data beyond 14 months"));
        }
        if day_of(self.from) > day_of(now) {
            return Err(invalid("start date is in the future"));
        }
        if self.to > midnight(this_month.saturating_add(1.month())) {
            return Err(invalid("end date past the beginning of next month"));
        }
        Ok(self)
    }

    /// The period cut up at every hour, midnight or first of a month.
    pub fn stretches(self, granularity: Granularity) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let mut from = self.from;
        while from < self.to {
            let day = day_of(from);
            let next = match granularity {
                Granularity::Hourly => from + SECONDS_AN_HOUR.seconds(),
                Granularity::Daily => midnight(day.saturating_add(1.day())),
                Granularity::Monthly => midnight(day.first_of_month().saturating_add(1.month())),
            };
            let to = next.min(self.to);
            stretches.push(Stretch {
                hours: hour_of(from)..hour_of(to),
                start: written(from, granularity),
                end: written(to, granularity),
            });
            from = to;
        }
        stretches
    }
}

impl Stretch {
    /// Whether its figures may still change: its month is open, or only just over.
    pub fn is_estimated(&self, now: Timestamp) -> bool {
        let start = Timestamp::from_second(self.hours.start * SECONDS_AN_HOUR).unwrap_or(now);
        let next_month = day_of(start).first_of_month().saturating_add(1.month());
        now < midnight(next_month.saturating_add(FINAL_AFTER.days()))
    }
}

fn moment(text: &str, granularity: Granularity) -> Result<Timestamp, ApiError> {
    let is_hourly = granularity == Granularity::Hourly;
    let (length, form) = if is_hourly { (20, "yyyy-MM-ddThh:mm:ssZ") } else { (10, "yyyy-MM-dd") };
    let read = if is_hourly { text.parse().ok() } else { text.parse().ok().map(midnight) };
    let whole = |it: &Timestamp| it.as_second() % SECONDS_AN_HOUR == 0;
    read.filter(|it| text.len() == length && whole(it))
        .ok_or_else(|| invalid(format!("Time period {text} is invalid. Valid format is: {form}.")))
}

fn written(moment: Timestamp, granularity: Granularity) -> String {
    let day = day_of(moment);
    if granularity == Granularity::Hourly {
        let hour = hour_of(moment).rem_euclid(HOURS_A_DAY);
        return format!("{day}T{hour:02}:00:00Z");
    }
    day.to_string()
}

/// The day in UTC, in which AWS bills.
pub fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

pub fn midnight(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |it| it.timestamp())
}
