//! Signals that the operator does not want to be told of any more.

use super::{navigate, notify, palette};
use crate::{
    app::{App, effect::Effect, joins::Joins},
    command::Command,
    domain::signal::{Mute, Signal},
};

/// Sorts out which of the signals are told, and which are muted. The one that was gone to stays in question, wherever it
/// stands now, unless a worse one has come since: that is the next to go to.
pub fn sort(app: &mut App, signals: Vec<Signal>) {
    let is_muted = |signal: &Signal| app.mutes.iter().any(|it| it.silences(signal));
    let (muted, told): (Vec<_>, Vec<_>) = signals.into_iter().partition(is_muted);
    let same = |one: &Signal, other: &Signal| one.rule == other.rule && one.subject == other.subject;
    let known = std::mem::replace(&mut app.signals, told);
    app.muted = muted;
    app.signal_cursor = app.signal_cursor.and_then(|at| known.get(at)).and_then(|looked| {
        let is_new = |it: &&Signal| !known.iter().any(|known| same(known, it));
        let came = app.signals.iter().filter(is_new).any(|it| it.severity < looked.severity);
        app.signals.iter().position(|it| same(it, looked)).filter(|_| !came)
    });
}

/// Mutes the signal in question for good.
pub fn mute(app: &mut App) -> Vec<Effect> {
    let Some(signal) = navigate::signal_in_question(&Joins::of(app)).cloned() else {
        notify(app, "no signal here: put the cursor on what is wrong");
        return Vec::new();
    };
    // One of the same that was not as bad gives way.
    app.mutes.retain(|it| !(it.rule.as_str() == signal.rule && it.subject == signal.subject));
    app.mutes.insert(0, Mute::of(&signal, app.now));
    app.signal_cursor = None;
    let list = Command::Unmute.id();
    notify(app, format!("muted (:{list} tells it again): {}", signal.summary));
    kept(app)
}

/// Lists what is muted, for one to be told again.
pub fn open(app: &mut App) {
    if app.mutes.is_empty() {
        notify(app, "nothing is muted");
    } else {
        palette::open_on_muted(app);
    }
}

/// Tells of it again.
pub fn unmute(app: &mut App, mute: &Mute) -> Vec<Effect> {
    app.mutes.retain(|it| it != mute);
    notify(app, format!("told again: {}", mute.summary));
    kept(app)
}

fn kept(app: &mut App) -> Vec<Effect> {
    app.unsettled = true;
    vec![Effect::KeepMutes(app.mutes.clone())]
}
