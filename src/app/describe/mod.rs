//! Everything known about a resource, in words: one file a kind.
//!
//! Invariant: secrets never show: nothing here reads environment values, and AWS's texts come as `SafeText`.

mod advice;
mod alarm;
mod changes;
mod chart;
mod checklist;
mod data;
mod deployment;
mod entry;
mod event;
mod group;
pub mod images;
mod instance;
mod journal;
mod line;
mod operation;
mod rule;
mod scope;
mod service;
mod session;
mod sheet;
mod spend;
mod stack;
mod stops;
mod target;
mod target_group;
mod task;

use self::sheet::Sheet;
pub use self::{advice::advice, changes::likeliest_before, checklist::checklist};
use super::{App, joins::Joins, overlay::TextLine};
use crate::{
    domain::{
        id::{Kind, ResourceId},
        signal::Signal,
    },
    theme::Role,
};

/// The describe text of `subject`, unwrapped.
pub fn describe(app: &App, subject: &ResourceId) -> Vec<TextLine> {
    let joins = Joins::of(app);
    let sheet = Sheet::new(app.now, changes(&joins, subject));
    filled(&joins, subject, sheet)
}

/// The same beside a pane of signals: what stands there is not said again.
pub fn describe_beside_signals(app: &App, subject: &ResourceId) -> Vec<TextLine> {
    let joins = Joins::of(app);
    let sheet = Sheet::new(app.now, changes(&joins, subject)).beside_signals();
    filled(&joins, subject, sheet)
}

fn filled(joins: &Joins<'_>, subject: &ResourceId, mut sheet: Sheet) -> Vec<TextLine> {
    sheet.title(subject.kind.word(), subject.name().as_str());
    let known = match subject.kind {
        Kind::Stack => stack::describe(joins, subject, &mut sheet),
        Kind::Service => service::describe(joins, subject, &mut sheet),
        Kind::Task => task::describe(joins, subject, &mut sheet),
        Kind::Deployment => deployment::describe(joins, subject, &mut sheet),
        Kind::Group => group::describe(joins, subject, &mut sheet),
        Kind::Instance => instance::describe(joins, subject, &mut sheet),
        Kind::TargetGroup => target_group::describe(joins, subject, &mut sheet),
        Kind::Target => target::describe(joins, subject, &mut sheet),
        Kind::Session => session::describe(joins, subject, &mut sheet),
        Kind::Alarm => alarm::describe(joins, subject, &mut sheet),
        Kind::Chart => chart::describe(joins, subject, &mut sheet),
        Kind::Cache | Kind::Database => data::describe(joins, subject, &mut sheet),
        Kind::Scope => scope::describe(joins, subject, &mut sheet),
        Kind::Rule => rule::describe(joins, subject, &mut sheet),
        Kind::Stops => stops::describe(joins, subject, &mut sheet),
        Kind::Event => event::describe(joins, subject, &mut sheet),
        Kind::Entry => entry::describe(joins, subject, &mut sheet),
        Kind::Spend => spend::describe(joins, subject, &mut sheet),
        Kind::Operation => operation::describe(joins, subject, &mut sheet),
        Kind::Journal => journal::describe(joins, &mut sheet),
        Kind::Line => line::describe(joins, subject, &mut sheet),
    };
    if known.is_none() {
        sheet.signals(about(joins.app, subject));
        sheet.line(Role::Muted, "");
        sheet.line(Role::Muted, "Nothing else is known of it: it has gone, or has not been read yet.");
    }
    sheet.finish()
}

/// What changed before the worst signal about `subject` began.
fn changes(joins: &Joins<'_>, subject: &ResourceId) -> Vec<TextLine> {
    let stack = (subject.kind == Kind::Stack).then(|| joins.app.stack(&subject.key)).flatten();
    let signal = match stack {
        Some(stack) => joins.signals_of(stack).next(),
        None => about(joins.app, subject).next(),
    };
    signal.map_or_else(Vec::new, |it| changes::before_signal(joins, it))
}

/// Signals whose subject is this resource.
fn about<'a>(app: &'a App, subject: &'a ResourceId) -> impl Iterator<Item = &'a Signal> {
    app.signals.iter().filter(move |it| it.subject == *subject)
}
