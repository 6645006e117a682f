//! The keys of a stack file that say how careful to be: `override`, `[[freeze]]`, `[deploy]`.

use jiff::{SignedDuration, Timestamp, civil::Time};

use crate::{
    domain::text::SafeText,
    toml_file::{Reported, Table, Value, all, quoted},
};

use super::{
    care::{Care, DAYS, DeployRules, Freeze, FreezeSpan, Overridable},
    parse::plain,
};

/// Reads them off the top of a stack file.
pub fn care(table: &mut Table<'_>) -> Result<Care, Reported> {
    let overridable = table
        .value("override")
        .map_or(Ok(Vec::new()), |value| all(value.items()?.into_iter().map(|item| item.one_of(&Overridable::WORDS))));
    let freezes = table
        .value("freeze")
        .map_or(Ok(Vec::new()), |value| all(value.items()?.into_iter().map(|item| item.table(freeze))));
    let deploy = table.value("deploy").map_or(Ok(DeployRules::default()), |value| value.table(deploy));
    Ok(Care { overridable: overridable?, freezes: freezes?, deploy: deploy? })
}

fn deploy(table: &mut Table<'_>) -> Result<DeployRules, Reported> {
    let bake = table.value("bake_minutes").map(minutes).transpose();
    let timeout = table.value("timeout_minutes").map(minutes).transpose();
    let errors = table.value("error_percent").map(percent).transpose();
    let roll_back =
        table.value("broken_gate").map(|value| value.one_of(&[("offer", false), ("roll-back", true)])).transpose();
    let usual = DeployRules::default();
    let rules = DeployRules {
        bake: bake?.unwrap_or(usual.bake),
        timeout: timeout?.unwrap_or(usual.timeout),
        error_ratio: errors?.map_or(usual.error_ratio, |it| Some(it / 100.0)),
        roll_back: roll_back?.unwrap_or(usual.roll_back),
    };
    if rules.timeout <= rules.bake {
        let hint = "a deployment is watched for the bake time too".to_owned();
        return Err(table.fault("timeout_minutes is not longer than bake_minutes", Some(hint)));
    }
    Ok(rules)
}

/// Up to a day.
pub fn minutes(value: Value<'_>) -> Result<SignedDuration, Reported> {
    let minutes: f64 = value.get()?;
    if (0.0..=1440.0).contains(&minutes) {
        Ok(SignedDuration::from_secs((minutes * 60.0).round() as i64))
    } else {
        Err(value.fault("must be from 0 to 1440 minutes", None))
    }
}

/// Of a hundred.
pub fn percent(value: Value<'_>) -> Result<f64, Reported> {
    let percent: f64 = value.get()?;
    if (0.0..=100.0).contains(&percent) { Ok(percent) } else { Err(value.fault("must be from 0 to 100", None)) }
}

fn freeze(table: &mut Table<'_>) -> Result<Freeze, Reported> {
    let reason = table.required_value("reason").and_then(|value| value.parse(plain));
    let days = table.value("days");
    let from = table.required_value("from");
    let until = table.required_value("until");
    let span = match days {
        Some(days) => weekly(days, from?, until?),
        None => once(from?, until?),
    };
    Ok(Freeze { span: span?, reason: SafeText::from(reason?) })
}

fn once(from: Value<'_>, until: Value<'_>) -> Result<FreezeSpan, Reported> {
    let moment = |value: Value<'_>| {
        value.parse(|text| {
            text.parse::<Timestamp>().map_err(|_| format!("{} is no time, as \"2026-12-20T00:00:00Z\"", quoted(text)))
        })
    };
    let (start, end) = (moment(from), moment(until));
    let (start, end) = (start?, end?);
    if start < end { Ok(FreezeSpan::Once { from: start, until: end }) } else { Err(backwards(until)) }
}

fn weekly(days: Value<'_>, from: Value<'_>, until: Value<'_>) -> Result<FreezeSpan, Reported> {
    let days = all(days.items()?.into_iter().map(|item| item.one_of(&DAYS)));
    let (start, end) = (clock(from), clock(until));
    let (days, start, end) = (days?, start?, end?);
    if start < end { Ok(FreezeSpan::Weekly { days, from: start, until: end }) } else { Err(backwards(until)) }
}

fn backwards(until: Value<'_>) -> Reported {
    until.fault("until is not after from", Some("give a window over midnight as two".to_owned()))
}

/// `HH:MM`; `24:00` is the end of the day.
fn clock(value: Value<'_>) -> Result<Time, Reported> {
    value.parse(|text| {
        if text == "24:00" {
            return Ok(Time::MAX);
        }
        Time::strptime("%H:%M", text).map_err(|_| format!("{} is no time of day, as \"16:30\"", quoted(text)))
    })
}

#[cfg(test)]
mod tests {
    use super::care;
    use crate::{
        stack::care::{Care, Overridable},
        toml_file,
    };

    fn read(text: &str) -> Result<Care, Vec<String>> {
        toml_file::read("x.toml", text, care).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_file_that_says_nothing_has_the_usual_care() {
        assert_eq!(read("").unwrap(), Care::default());
    }

    #[test]
    fn what_is_said_is_taken() {
        let text = r#"
            override = ["min-tasks", "freeze"]
            [deploy]
            bake_minutes = 5
            error_percent = 0.5
            broken_gate = "roll-back"
            [[freeze]]
            days = ["fri"]
            from = "16:00"
            until = "24:00"
            reason = "nobody is here"
        "#;
        let care = read(text).unwrap();
        assert_eq!(care.overridable, [Overridable::MinTasks, Overridable::Freeze]);
        assert_eq!((care.deploy.bake.as_mins(), care.deploy.error_ratio), (5, Some(0.005)));
        assert!(care.deploy.roll_back);
        assert_eq!(care.freezes[0].when(), "every fri 16:00–23:59 UTC");
    }

    #[test]
    fn every_fault_is_told() {
        let text = r#"
            override = ["identity"]
            [deploy]
            bake_minutes = 60
            broken_gate = "ignore"
            error_percent = 101
            [[freeze]]
            from = "2026-12-20T00:00:00Z"
            until = "2026-12-19T00:00:00Z"
            reason = "backwards"
        "#;
        let faults = read(text).unwrap_err();
        assert_eq!(faults.len(), 4, "{faults:#?}");
    }
}
