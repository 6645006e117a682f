//! The `drain` table of a group: how gateways are emptied before they go.

use jiff::SignedDuration;

use crate::{
    domain::text::SafeText,
    toml_file::{Reported, Table, Value},
};

use super::{
    cautions::{minutes, percent},
    parse::plain,
};

/// How gateways are emptied: new sessions are kept away, those that are there end by themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Drain {
    pub by: DrainBy,
    /// How long it is waited for sessions to end.
    pub deadline: SignedDuration,
    pub at_deadline: AtDeadline,
    /// Share of the sessions' need that must stay free on the gateways that are left, as a ratio of 1.
    pub headroom: f64,
    /// A gateway that AWS gives notice of taking back is drained at once, without being asked.
    pub on_notice: bool,
}

/// What keeps new sessions away from a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DrainBy {
    /// It enters standby: whatever spreads sessions goes by what is in service.
    Standby,
    /// It is deregistered from the group's target groups.
    TargetGroup,
    /// It carries a tag that the gateway watches.
    Tag { key: SafeText, value: SafeText },
}

/// What happens when sessions are left at the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtDeadline {
    /// It goes on waiting, and says so.
    Wait,
    /// The gateway takes sessions again.
    PutBack,
    /// The operator is asked to type how many sessions will be lost.
    Ask,
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            by: DrainBy::Standby,
            deadline: SignedDuration::from_hours(8),
            at_deadline: AtDeadline::Wait,
            headroom: 0.1,
            on_notice: false,
        }
    }
}

impl AtDeadline {
    const WORDS: [(&'static str, Self); 3] = [("wait", Self::Wait), ("put-back", Self::PutBack), ("ask", Self::Ask)];
}

/// The tag where the file names none.
const TAG: (&str, &str) = ("quarterdeck:drain", "true");

/// Reads the table.
pub fn drain(value: Value<'_>) -> Result<Drain, Reported> {
    value.table(|table| {
        let by = by(table);
        let deadline = table.value("deadline_minutes").map(minutes).transpose();
        let at_deadline = table.value("at_deadline").map(|value| value.one_of(&AtDeadline::WORDS)).transpose();
        let headroom = table.value("headroom_percent").map(percent).transpose();
        let on_notice = table.optional("on_notice");
        let usual = Drain::default();
        Ok(Drain {
            by: by?,
            deadline: deadline?.unwrap_or(usual.deadline),
            at_deadline: at_deadline?.unwrap_or(usual.at_deadline),
            headroom: headroom?.map_or(usual.headroom, |it| it / 100.0),
            on_notice: on_notice?.unwrap_or(usual.on_notice),
        })
    })
}

fn by(table: &mut Table<'_>) -> Result<DrainBy, Reported> {
    let word = table.value("by").map(|value| value.one_of(&[("standby", 0), ("target-group", 1), ("tag", 2)]));
    let key = table.value("tag").map(|value| value.parse(plain)).transpose();
    let value = table.value("tag_value").map(|value| value.parse(plain)).transpose();
    let (word, key, value) = (word.transpose()?, key?, value?);
    match word {
        Some(2) => {
            let or = |text: Option<String>, usual: &str| text.map_or_else(|| usual.into(), SafeText::from);
            Ok(DrainBy::Tag { key: or(key, TAG.0), value: or(value, TAG.1) })
        }
        _ if key.is_some() || value.is_some() => {
            let hint = "say by = \"tag\", or drop tag and tag_value".to_owned();
            Err(table.fault("a tag is given that nothing is drained by", Some(hint)))
        }
        Some(1) => Ok(DrainBy::TargetGroup),
        _ => Ok(DrainBy::Standby),
    }
}

#[cfg(test)]
mod tests {
    use super::{AtDeadline, Drain, DrainBy, SignedDuration, drain};
    use crate::toml_file;

    fn read(text: &str) -> Result<Drain, Vec<String>> {
        let found = toml_file::read("x.toml", text, |table| table.required_value("drain").and_then(drain));
        found.map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_not_said_is_the_usual() {
        assert_eq!(read("[drain]").unwrap(), Drain::default());
        let tag = DrainBy::Tag { key: "quarterdeck:drain".into(), value: "true".into() };
        assert_eq!(read("[drain]\nby = 'tag'").unwrap().by, tag);
    }

    #[test]
    fn what_is_said_is_taken() {
        let text = "[drain]\nby = 'tag'\ntag = 'gateway:drain'\ntag_value = 'yes'\ndeadline_minutes = 30\n\
                    at_deadline = 'ask'\nheadroom_percent = 25\non_notice = true";
        let read = read(text).unwrap();
        assert_eq!(read.by, DrainBy::Tag { key: "gateway:drain".into(), value: "yes".into() });
        assert_eq!((read.deadline, read.at_deadline), (SignedDuration::from_mins(30), AtDeadline::Ask));
        assert!((read.headroom - 0.25).abs() < 1e-9 && read.on_notice);
    }

    #[test]
    fn a_tag_needs_to_be_what_it_is_drained_by() {
        let faults = read("[drain]\nby = 'standby'\ntag = 'x'").unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("a tag is given that nothing is drained by"), "{faults:?}");
        assert!(read("[drain]\nby = 'force'").is_err());
    }
}
