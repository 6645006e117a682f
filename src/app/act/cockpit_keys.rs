//! What keys do in the cockpit: the foot names them, and `?` goes to where they are explained.

use super::operations::way_back;
use crate::{
    app::{App, overlay::TextLine},
    domain::verb::Verb,
    plan::{
        action::Action,
        operation::{Operation, group::Mode},
    },
    theme::Role,
};

/// A key of the cockpit that does something for its operation as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CockpitKey {
    pub key: &'static str,
    /// In a word or two.
    pub word: &'static str,
    /// In a sentence.
    pub does: &'static str,
}

const PAUSE: CockpitKey = CockpitKey {
    key: "p",
    word: "pause",
    does: "nothing more is called until you go on; sessions end by themselves all the same",
};
const GO_ON: CockpitKey = CockpitKey { key: "c", word: "go on", does: "goes on from where it stands" };
const PUT_BACK: CockpitKey = CockpitKey {
    key: "a",
    word: "put back",
    does: "what is not ended yet takes sessions again, and the group is as it was",
};
const GIVE_UP: CockpitKey = CockpitKey {
    key: "e",
    word: "give up sessions",
    does: "ends what is left with its sessions, once their number is typed",
};
const ROLL_BACK_REFRESH: CockpitKey = CockpitKey {
    key: "a",
    word: "roll back",
    does: "AWS brings back what was before; where it cannot, the refresh is stopped",
};
const STOP_REFRESH: CockpitKey =
    CockpitKey { key: "s", word: "stop it here", does: "the refresh is cancelled; what is replaced stays so" };
const REVERSE: CockpitKey = CockpitKey { key: "r", word: "reverse it", does: "plans the roll to the version before" };
const ROLL_BACK: CockpitKey =
    CockpitKey { key: "r", word: "roll back", does: "plans the deployment of what ran before" };
const UNDO: CockpitKey = CockpitKey { key: "r", word: "undo it", does: "plans what brings back what was before" };
const NO_MORE: CockpitKey = CockpitKey {
    key: "s",
    word: "begin no more",
    does: "no further wave is begun; what is under way is watched to its end",
};
const BEFORE: CockpitKey =
    CockpitKey { key: "tab", word: "the one before", does: "shows the operation before this one" };
const KEYS: CockpitKey = CockpitKey { key: "?", word: "keys", does: "goes to these lines" };
const LEAVE: CockpitKey = CockpitKey {
    key: "esc",
    word: "leave it running",
    does: "leaves the screen; the operation goes on, and :operations shows it again",
};
const CLOSE: CockpitKey = CockpitKey { key: "esc", word: "close", does: "leaves the screen" };

/// The keys that do something now, those first that are reached for first.
pub fn keys(app: &App, operation: &Operation) -> Vec<CockpitKey> {
    let mut keys = match (&operation.group, operation.has_ended()) {
        (Some(_), true) if operation.course.verb == Verb::Roll => vec![REVERSE],
        (Some(_), true) => Vec::new(),
        (Some(state), false) => {
            let is_paused = matches!(state.mode, Mode::Paused { .. });
            let first = if is_paused { GO_ON } else { PAUSE };
            if operation.refreshes() && state.refresh().is_some() {
                vec![ROLL_BACK_REFRESH, STOP_REFRESH]
            } else if operation.refreshes() {
                vec![first, PUT_BACK]
            } else if state.gateways.is_empty() {
                vec![first]
            } else {
                vec![first, PUT_BACK, GIVE_UP]
            }
        }
        (None, _) => {
            let mut keys = Vec::new();
            keys.extend(way_back(operation).map(|action| match action {
                Action::Rollback { .. } => ROLL_BACK,
                _ => UNDO,
            }));
            keys.extend(operation.may_begin_more().then_some(NO_MORE));
            keys
        }
    };
    keys.push(if operation.has_ended() { CLOSE } else { LEAVE });
    keys.extend((app.act.operations.len() > 1).then_some(BEFORE));
    keys.push(KEYS);
    keys
}

/// The same, line by line.
pub fn lines(app: &App, operation: &Operation) -> Vec<TextLine> {
    let line = |it: CockpitKey| {
        TextLine(vec![
            (Role::Key, format!("  {:<5}", it.key).into()),
            (Role::Strong, format!("{:<17} ", it.word).into()),
            (Role::Text, it.does.into()),
        ])
    };
    let heading = [TextLine::default(), TextLine::of(Role::Heading, "KEYS")];
    heading.into_iter().chain(keys(app, operation).into_iter().map(line)).collect()
}
