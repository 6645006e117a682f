//! What a change of a group needs to be told: how many, how they are drained, which bounds, which process.

use std::sync::Arc;

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::{
    app::overlay::TextLine,
    domain::{
        text::SafeText,
        write::{
            group::TemplateEdit,
            refresh::{Met, RefreshChoice},
        },
    },
    plan::group::action::{AtDeadline, BoundsChoice, DrainChoice, GroupChange, RollBy, RollTo},
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
        /// Its instances hold sessions: they are drained unless a refresh is asked for.
        holds_sessions: bool,
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
/// Where a roll leads, and what AWS's own way of it takes.
const ROLL_WORDS: &str = "NUMBER, or image ami-… and type t3.large";
const REFRESH_WORDS: &str = "refresh · min 90 · max 110 · at 20,50,100 for 10m · warm 2m · bake 5m · protected or \
                             standby wait, ignore, replace · drained · rollback · all · alarm NAME";

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
            Self::Roll { holds_sessions, .. } => roll(typed, *holds_sessions),
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
            Self::Roll { named, versions, holds_sessions } => {
                let versions: Vec<&str> = versions.iter().map(SafeText::as_str).collect();
                let mut lines = vec![
                    TextLine::field("the group says", Role::Text, named.clone()),
                    TextLine::field("instances have", Role::Text, crate::triage::words::list(&versions)),
                    TextLine::field("to", Role::Muted, ROLL_WORDS),
                ];
                if *holds_sessions {
                    lines.push(TextLine::field("session by session", Role::Muted, DRAIN_WORDS));
                }
                lines.push(TextLine::field("or by AWS", Role::Muted, REFRESH_WORDS));
                lines
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

/// `7 width 2`, `image ami-1 type t3.large`, `7 refresh min 90 rollback`: where it leads, and how.
fn roll(typed: &str, holds_sessions: bool) -> Result<GroupChange, String> {
    let mut words = typed.split_whitespace().peekable();
    let first = *words.peek().ok_or_else(|| format!("type {ROLL_WORDS}"))?;
    let to = if let Ok(version) = first.parse() {
        words.next();
        RollTo::Version(version)
    } else {
        let mut edit = TemplateEdit::default();
        while let Some(field) = words.next_if(|it| matches!(*it, "image" | "type")) {
            let value = words.next().map(Into::into);
            *(if field == "image" { &mut edit.image } else { &mut edit.instance_type }) = value;
        }
        RollTo::New(edit)
    };
    let is_refresh = words.next_if_eq(&"refresh").is_some() || !holds_sessions;
    let rest: Vec<&str> = words.collect();
    if matches!(&to, RollTo::New(edit) if *edit == TemplateEdit::default()) {
        return Err(format!("{first:?} leads nowhere: {ROLL_WORDS}"));
    }
    let by = if is_refresh { RollBy::Refresh(refresh(&rest)?) } else { RollBy::Drain(drain(&rest.join(" "))?) };
    Ok(GroupChange::Roll { to, by })
}

/// `min 90 at 20,50,100 for 10m rollback`: the preferences of an instance refresh.
fn refresh(words: &[&str]) -> Result<RefreshChoice, String> {
    let mut choice = RefreshChoice { skip_matching: true, ..RefreshChoice::default() };
    let mut words = words.iter();
    let number = |word: Option<&&str>| {
        let word = word.copied().unwrap_or_default();
        word.trim_end_matches('%').parse::<u32>().map_err(|_| format!("{word:?} is no number"))
    };
    let seconds = |word: Option<&&str>| {
        let word = word.copied().unwrap_or_default();
        let time: Option<SignedDuration> = word.parse().ok();
        let seconds = time.and_then(|it| u32::try_from(it.as_secs()).ok());
        seconds.ok_or_else(|| format!("{word:?} is no time, as 10m is one"))
    };
    let met = |word: Option<&&str>| match word.copied().unwrap_or_default() {
        "wait" => Ok(Met::Wait),
        "ignore" => Ok(Met::Ignore),
        "replace" => Ok(Met::Replace),
        other => Err(format!("{other:?} is not understood: wait, ignore or replace")),
    };
    while let Some(word) = words.next() {
        match *word {
            "min" => choice.min_healthy = Some(number(words.next())?),
            "max" => choice.max_healthy = Some(number(words.next())?),
            "at" => {
                let points = words.next().copied().unwrap_or_default().split(',');
                choice.checkpoints = points.map(|it| number(Some(&it))).collect::<Result<_, _>>()?;
            }
            "for" => choice.checkpoint_seconds = Some(seconds(words.next())?),
            "warm" => choice.warmup_seconds = Some(seconds(words.next())?),
            "bake" => choice.bake_seconds = Some(seconds(words.next())?),
            "protected" => choice.protected = met(words.next())?,
            "standby" => choice.standby = met(words.next())?,
            "drained" => choice = choice.of_drained(),
            "rollback" => choice.roll_back = true,
            "all" => choice.skip_matching = false,
            "alarm" => choice.alarms.extend(words.next().map(|it| (*it).into())),
            other => return Err(format!("{other:?} is not understood: {REFRESH_WORDS}")),
        }
    }
    Ok(choice)
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
    fn a_roll_leads_to_a_number_or_to_something_new_and_is_done_by_the_console_or_by_aws() {
        let edit = TemplateEdit { image: Some("ami-1".into()), instance_type: Some("t3.large".into()) };
        let by = RollBy::Drain(DrainChoice { width: 2, ..DrainChoice::default() });
        let wanted = GroupChange::Roll { to: RollTo::New(edit), by };
        assert_eq!(roll("image ami-1 type t3.large width 2", true), Ok(wanted));
        let choice = RefreshChoice {
            min_healthy: Some(50),
            checkpoints: vec![50, 100],
            checkpoint_seconds: Some(600),
            skip_matching: true,
            roll_back: true,
            protected: Met::Ignore,
            ..RefreshChoice::default()
        };
        let wanted = GroupChange::Roll { to: RollTo::Version(7), by: RollBy::Refresh(choice) };
        assert_eq!(roll("7 refresh min 50 at 50,100 for 10m protected ignore rollback", true), Ok(wanted));
        assert!(matches!(roll("7", false), Ok(GroupChange::Roll { by: RollBy::Refresh(_), .. })));
        for wrong in ["", "x", "image", "7 refresh min x", "7 refresh protected maybe", "7 refresh soon", "7 min 90"] {
            assert!(roll(wrong, true).is_err(), "{wrong}");
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
