//! What a change of a group needs to be told: how many, how they are drained, which bounds, which process.

use std::sync::Arc;

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::{
    app::overlay::TextLine,
    domain::text::SafeText,
    plan::group::action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange},
    theme::Role,
};

/// A form of a group, without what is typed into it.
#[derive(Debug, Clone)]
pub enum GroupForm {
    Scale {
        current: u32,
        min: u32,
        max: u32,
        /// Its instances hold sessions: fewer are drained.
        holds_sessions: bool,
        bounds: BoundsChoice,
    },
    Drain {
        instance: Arc<str>,
        replace: bool,
    },
    /// To a version of the launch template: which the group names, and which its gateways have.
    Roll {
        named: SafeText,
        versions: Vec<SafeText>,
    },
    Bounds {
        min: u32,
        max: u32,
    },
    Retarget {
        policy: Arc<str>,
        metric: SafeText,
        value: f64,
    },
    /// Each process, and whether it is suspended.
    Processes {
        listed: Vec<(&'static str, bool)>,
        selected: usize,
    },
}

/// How a drain is told in words.
const DRAIN_WORDS: &str = "width N · within 2h · then wait, back, or lose N";

impl GroupForm {
    pub fn title(&self, group: &str) -> String {
        let group = SafeText::new(group);
        match self {
            Self::Scale { current, .. } => format!("scale {group} from {current}"),
            Self::Drain { instance, replace, .. } => {
                let then = if *replace { "replace" } else { "end" };
                format!("drain and {then} {}", SafeText::new(instance))
            }
            Self::Roll { .. } => format!("roll {group}"),
            Self::Bounds { .. } => format!("bounds of {group}"),
            Self::Retarget { policy, .. } => format!("target of {}", SafeText::new(policy)),
            Self::Processes { .. } => format!("processes of {group}"),
        }
    }

    pub fn step(&mut self, by: isize) {
        if let Self::Processes { listed, selected } = self {
            *selected = selected.saturating_add_signed(by).min(listed.len().saturating_sub(1));
        }
    }

    /// The other way to treat the bounds.
    pub fn turn(&mut self) {
        if let Self::Scale { bounds, .. } = self {
            *bounds = match bounds {
                BoundsChoice::Keep => BoundsChoice::Move,
                BoundsChoice::Move => BoundsChoice::Keep,
            };
        }
    }

    /// The line that the list is at, where it has one.
    pub fn selected(&self) -> usize {
        match self {
            Self::Processes { selected, .. } => *selected,
            _ => 0,
        }
    }

    /// The change that is described, or what is wrong with it.
    pub fn change(&self, typed: &str) -> Result<GroupChange, String> {
        match self {
            Self::Scale { bounds, .. } => {
                let (number, rest) = typed.split_once(' ').unwrap_or((typed, ""));
                let to = number.parse().map_err(|_| format!("{number:?} is no number of gateways"))?;
                Ok(GroupChange::Scale { to, bounds: *bounds, drain: drain(rest)? })
            }
            Self::Drain { instance, replace } => {
                Ok(GroupChange::Drain { instance: instance.clone(), replace: *replace, drain: drain(typed)? })
            }
            Self::Roll { .. } => {
                let (number, rest) = typed.split_once(' ').unwrap_or((typed, ""));
                let version = number.parse().map_err(|_| format!("{number:?} is no version's number"))?;
                Ok(GroupChange::Roll { version, drain: drain(rest)? })
            }
            Self::Bounds { .. } => {
                let numbers: Result<Vec<u32>, _> = typed.split_whitespace().map(str::parse).collect();
                match numbers.as_deref() {
                    Ok([min, max]) => Ok(GroupChange::Bounds { min: Some(*min), max: Some(*max) }),
                    _ => Err("type the least and the most, as 1 10".to_owned()),
                }
            }
            Self::Retarget { policy, .. } => {
                let target: Decimal = typed.parse().map_err(|_| format!("{typed:?} is no target, as 7.5 is one"))?;
                Ok(GroupChange::Retarget { policy: Some(policy.clone()), target })
            }
            Self::Processes { listed, selected } => {
                let (name, is_suspended) = listed.get(*selected).ok_or("there is no process")?;
                Ok(GroupChange::Processes { processes: vec![(*name).into()], suspended: !is_suspended })
            }
        }
    }

    pub fn lines(&self) -> Vec<TextLine> {
        match self {
            Self::Scale { current, min, max, holds_sessions, bounds } => {
                let mut lines = vec![TextLine::field("now", Role::Text, format!("{current}, between {min} and {max}"))];
                let choice = match bounds {
                    BoundsChoice::Keep => "stay: beyond them is refused",
                    BoundsChoice::Move => "the one in the way is moved",
                };
                lines.push(TextLine(vec![
                    (Role::Muted, format!("{:<18} ", "bounds").into()),
                    (Role::Strong, choice.into()),
                    (Role::Muted, "  (tab for the other)".into()),
                ]));
                if *holds_sessions {
                    lines.push(TextLine::field("fewer", Role::Text, "the emptiest are drained, then ended"));
                    lines.push(TextLine::field("and how", Role::Muted, DRAIN_WORDS));
                }
                lines
            }
            Self::Drain { .. } => vec![
                TextLine::of(Role::Text, "enter alone does as the stack says; or say how:"),
                TextLine::of(Role::Muted, DRAIN_WORDS.split_once("· ").map_or(DRAIN_WORDS, |(_, it)| it)),
            ],
            Self::Roll { named, versions } => {
                let versions: Vec<&str> = versions.iter().map(SafeText::as_str).collect();
                vec![
                    TextLine::field("the group says", Role::Text, named.clone()),
                    TextLine::field("gateways have", Role::Text, crate::triage::words::list(&versions)),
                    TextLine::field("version, and how", Role::Muted, DRAIN_WORDS),
                ]
            }
            Self::Bounds { min, max } => {
                vec![TextLine::field("now", Role::Text, format!("{min} {max}")), TextLine::of(Role::Muted, "MIN MAX")]
            }
            Self::Retarget { metric, value, .. } => {
                vec![TextLine::field("now", Role::Text, format!("{metric} is kept at {value}"))]
            }
            Self::Processes { listed, selected } => {
                let line = |(at, (name, is_suspended)): (usize, &(&str, bool))| {
                    let (role, state) = if *is_suspended {
                        (Role::Warning, "suspended: enter resumes it")
                    } else {
                        (Role::Text, "active: enter suspends it")
                    };
                    TextLine(vec![
                        (Role::Key, if at == *selected { "› " } else { "  " }.into()),
                        (Role::Strong, format!("{name:<18} ").into()),
                        (role, state.into()),
                    ])
                };
                listed.iter().enumerate().map(line).collect()
            }
        }
    }
}

/// `width 2 within 90m then back`, each part once at most.
pub fn drain(words: &str) -> Result<DrainChoice, String> {
    let mut choice = DrainChoice::default();
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        match (word, words.next()) {
            ("width", Some(number)) => {
                choice.width = number.parse().ok().filter(|it| *it > 0).ok_or(format!("{number:?} is no width"))?;
            }
            ("within", Some(time)) => {
                let time: SignedDuration = time.parse().map_err(|_| format!("{time:?} is no time, as 90m is one"))?;
                choice.deadline = Some(time);
            }
            ("then", Some("wait")) => choice.then = Some(AtDeadline::Wait),
            ("then", Some("back")) => choice.then = Some(AtDeadline::PutBack),
            ("then", Some("lose")) => {
                let number = words.next().unwrap_or_default();
                let sessions = number.parse().map_err(|_| format!("{number:?} is no number of sessions"))?;
                choice.then = Some(AtDeadline::End { sessions });
            }
            _ => return Err(format!("{word:?} is not understood: {DRAIN_WORDS}")),
        }
    }
    Ok(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_is_told_in_words() {
        assert_eq!(drain(""), Ok(DrainChoice::default()));
        let within = Some(SignedDuration::from_mins(90));
        let back = DrainChoice { width: 2, deadline: within, then: Some(AtDeadline::PutBack) };
        assert_eq!(drain("width 2 within 90m then back"), Ok(back));
        let end = DrainChoice { width: 1, deadline: within, then: Some(AtDeadline::End { sessions: 3 }) };
        assert_eq!(drain("within 90m then lose 3"), Ok(end));
        for wrong in ["within soon", "width 0", "then lose", "whatever", "within"] {
            assert!(drain(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn scaling_takes_a_number_and_how() {
        let form = GroupForm::Scale { current: 3, min: 1, max: 9, holds_sessions: true, bounds: BoundsChoice::Keep };
        let change = form.change("2 width 2").unwrap();
        assert!(matches!(change, GroupChange::Scale { to: 2, drain: DrainChoice { width: 2, .. }, .. }));
        assert!(form.change("two").is_err());
    }
}
