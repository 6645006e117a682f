//! The one table of everything an operator can invoke.
//!
//! Keymaps, the palette, help, hints and the generated docs all come from [`COMMANDS`]; a command that is not
//! here cannot be bound, found or run.

use crate::domain::verb::Verb;

/// What a command does; parsed from and written as its kebab-case id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    Quit,
    Help,
    Palette,
    Filter,
    Back,
    Open,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Mark,
    MarkAll,
    ClearMarks,
    Describe,
    RawJson,
    Copy,
    Refresh,
    HistoryBack,
    HistoryForward,
    SortBy(u8),
    NextTheme,
    NextSignal,
    WhatChanged,
    /// Of the palette alone: no reflex hides a signal.
    Mute,
    Unmute,
    Advise,
    Charts,
    NextWindow,
    /// The menu of what can be changed here.
    Act,
    Operations,
    /// One line of that menu, by its name.
    Do(Verb),
    View(ViewName),
}

/// The views. All but `Stack`, which needs one to be of, can be gone to by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViewName {
    Overview,
    Stack,
    Services,
    Tasks,
    Deployments,
    Gateways,
    Targets,
    Sessions,
    Alarms,
    Events,
    Listeners,
    Timeline,
    Metrics,
    Logs,
    Cost,
    Journal,
    Api,
}

impl ViewName {
    /// What it is called on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Stack => "stack",
            Self::Services => "services",
            Self::Tasks => "tasks",
            Self::Deployments => "deployments",
            Self::Gateways => "gateways",
            Self::Targets => "targets",
            Self::Sessions => "sessions",
            Self::Alarms => "alarms",
            Self::Events => "events",
            Self::Listeners => "listeners",
            Self::Timeline => "timeline",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
            Self::Cost => "cost",
            Self::Journal => "journal",
            Self::Api => "api",
        }
    }
}

/// Where a binding is live; the innermost that applies to what is on screen wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere but while text is typed.
    Global,
    /// A table of resources.
    Table,
    /// A text that scrolls: describe, raw JSON, help.
    Text,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub command: Command,
    /// As it stands in keymap files and the palette.
    pub id: &'static str,
    /// One line for help and palette.
    pub summary: &'static str,
    pub context: Context,
    /// A word or two for the hints at the foot of the screen; `None` where none is needed.
    pub hint: Option<&'static str>,
}

const fn entry(
    command: Command,
    id: &'static str,
    context: Context,
    summary: &'static str,
    hint: Option<&'static str>,
) -> Entry {
    Entry { command, id, summary, context, hint }
}

use Command as C;
use Context::{Global, Table, Text};

/// Every command.
pub const COMMANDS: &[Entry] = &[
    entry(C::Quit, "quit", Global, "leave the console", Some("quit")),
    entry(C::Help, "help", Global, "keys and commands of this view", Some("help")),
    entry(C::Palette, "palette", Global, "go anywhere, run anything, by name", Some("go to")),
    entry(C::Filter, "filter", Table, "show only rows that match", Some("filter")),
    entry(C::Back, "back", Global, "leave what is open: back to where you came from", Some("back")),
    entry(C::Open, "open", Table, "drill into the row under the cursor", Some("open")),
    entry(C::Up, "up", Global, "one row or line up", None),
    entry(C::Down, "down", Global, "one row or line down", None),
    entry(C::Left, "left", Global, "scroll columns or text to the left", None),
    entry(C::Right, "right", Global, "scroll columns or text to the right", None),
    entry(C::PageUp, "page-up", Global, "one page up", None),
    entry(C::PageDown, "page-down", Global, "one page down", None),
    entry(C::Top, "top", Global, "first row or line", None),
    entry(C::Bottom, "bottom", Global, "last row or line", None),
    entry(C::Mark, "mark", Table, "mark or unmark the row", Some("mark")),
    entry(C::MarkAll, "mark-all", Table, "mark every row shown", None),
    entry(C::ClearMarks, "clear-marks", Table, "unmark every row", None),
    entry(C::Describe, "describe", Table, "everything known about the row, in words", Some("describe")),
    entry(C::RawJson, "raw-json", Table, "the row as AWS describes it, as JSON", Some("json")),
    entry(C::Copy, "copy", Global, "copy the row's ARN, or the text shown (OSC 52)", None),
    entry(C::Refresh, "refresh", Global, "fetch what is on screen again now", None),
    entry(C::HistoryBack, "history-back", Global, "the view before, as in a browser", None),
    entry(C::HistoryForward, "history-forward", Global, "the view after, as in a browser", None),
    entry(C::SortBy(1), "sort-1", Table, "sort by the 1st column; again to reverse", None),
    entry(C::SortBy(2), "sort-2", Table, "sort by the 2nd column; again to reverse", None),
    entry(C::SortBy(3), "sort-3", Table, "sort by the 3rd column; again to reverse", None),
    entry(C::SortBy(4), "sort-4", Table, "sort by the 4th column; again to reverse", None),
    entry(C::SortBy(5), "sort-5", Table, "sort by the 5th column; again to reverse", None),
    entry(C::SortBy(6), "sort-6", Table, "sort by the 6th column; again to reverse", None),
    entry(C::SortBy(7), "sort-7", Table, "sort by the 7th column; again to reverse", None),
    entry(C::SortBy(8), "sort-8", Table, "sort by the 8th column; again to reverse", None),
    entry(C::SortBy(9), "sort-9", Table, "sort by the 9th column; again to reverse", None),
    entry(C::SortBy(10), "sort-10", Table, "sort by the 10th column; again to reverse", None),
    entry(C::SortBy(11), "sort-11", Table, "sort by the 11th column; again to reverse", None),
    entry(C::SortBy(12), "sort-12", Table, "sort by the 12th column; again to reverse", None),
    entry(C::Charts, "charts", Table, "the metrics of the row under the cursor", Some("charts")),
    entry(C::NextWindow, "next-window", Table, "charts of 1 h, 3 h or 24 h", Some("window")),
    entry(C::Act, "act", Table, "change something here: deploy, roll back, scale …", Some("act")),
    entry(C::Operations, "operations", Global, "operations from here, newest first", None),
    entry(C::Do(Verb::Deploy), "deploy", Table, "deploy another image or revision", None),
    entry(C::Do(Verb::Redeploy), "redeploy", Table, "deploy the same again, in new tasks", None),
    entry(C::Do(Verb::Rollback), "rollback", Table, "go back to what was good before", None),
    entry(C::Do(Verb::Scale), "scale", Table, "another number of tasks or gateways", None),
    entry(C::Do(Verb::StopTask), "stop-task", Table, "stop one task", None),
    entry(C::Do(Verb::SuspendScaling), "suspend-scaling", Table, "pause auto scaling", None),
    entry(C::Do(Verb::ResumeScaling), "resume-scaling", Table, "let auto scaling go on", None),
    entry(C::Do(Verb::Move), "move", Table, "move between FARGATE and FARGATE_SPOT", None),
    entry(C::Do(Verb::Wake), "wake", Table, "wake services that sleep at zero tasks", None),
    entry(C::Do(Verb::Sleep), "sleep", Table, "put services that may sleep to zero tasks", None),
    entry(C::Do(Verb::Drain), "drain", Table, "end a gateway when its last session has gone", None),
    entry(C::Do(Verb::Roll), "roll", Table, "bring a group's gateways to a version of its launch template", None),
    entry(C::Do(Verb::RollBackRefresh), "roll-back-refresh", Table, "undo the instance refresh of a group", None),
    entry(
        C::Do(Verb::CancelRefresh),
        "cancel-refresh",
        Table,
        "stop the instance refresh of a group where it is",
        None,
    ),
    entry(C::Do(Verb::Terminate), "terminate", Table, "end a gateway at once", None),
    entry(C::Do(Verb::Protect), "protect", Table, "keep gateways from scale-in", None),
    entry(C::Do(Verb::Unprotect), "unprotect", Table, "let scale-in choose gateways again", None),
    entry(C::Do(Verb::Standby), "standby", Table, "keep a gateway, and give it no more sessions", None),
    entry(C::Do(Verb::InService), "in-service", Table, "let a gateway take sessions again", None),
    entry(C::Do(Verb::SuspendProcesses), "suspend-processes", Table, "suspend what a group does by itself", None),
    entry(C::Do(Verb::ResumeProcesses), "resume-processes", Table, "resume what a group does by itself", None),
    entry(C::Do(Verb::Bounds), "bounds", Table, "the least and the most gateways", None),
    entry(C::Do(Verb::Retarget), "retarget", Table, "another target for a group's policy", None),
    entry(C::Do(Verb::CompleteHook), "complete-hook", Table, "end a gateway's wait for a lifecycle hook", None),
    entry(C::NextTheme, "next-theme", Global, "the next theme", None),
    entry(C::NextSignal, "next-signal", Global, "jump to the next signal's resource", Some("signal")),
    entry(C::WhatChanged, "what-changed", Global, "what changed in the 15 minutes before the signal", Some("changes")),
    entry(C::Mute, "mute", Global, "tell no more of this signal, unless it gets worse", None),
    entry(C::Unmute, "unmute", Global, "what is muted, to be told again", None),
    entry(C::Advise, "advise", Global, "what the sessions need, now and in the next hours", None),
    entry(C::View(ViewName::Overview), "overview", Global, "every stack, worst first", None),
    entry(C::View(ViewName::Services), "services", Global, "ECS services", None),
    entry(C::View(ViewName::Tasks), "tasks", Global, "ECS tasks, running and stopped", None),
    entry(C::View(ViewName::Deployments), "deployments", Global, "service deployments", None),
    entry(C::View(ViewName::Gateways), "gateways", Global, "instances of Auto Scaling groups and their sessions", None),
    entry(C::View(ViewName::Targets), "targets", Global, "load-balancer targets", None),
    entry(C::View(ViewName::Sessions), "sessions", Global, "sessions on gateways", None),
    entry(C::View(ViewName::Alarms), "alarms", Global, "CloudWatch alarms", None),
    entry(C::View(ViewName::Events), "events", Global, "what the scheduler says of services, of the row's first", None),
    entry(
        C::View(ViewName::Listeners),
        "listeners",
        Global,
        "which host, path or header leads to which target group",
        None,
    ),
    entry(C::View(ViewName::Timeline), "timeline", Global, "what happened, on one clock", None),
    entry(C::View(ViewName::Metrics), "metrics", Global, "charts of all that is measured", None),
    entry(
        C::View(ViewName::Logs),
        "logs",
        Global,
        "what a service, a task or a gateway writes, line by line as it comes",
        Some("logs"),
    ),
    entry(C::View(ViewName::Cost), "cost", Global, "what stacks cost: so far, forecast, against the estimate", None),
    entry(
        C::View(ViewName::Journal),
        "journal",
        Global,
        "operations of this machine, who began them, how they ended",
        None,
    ),
    entry(C::View(ViewName::Api), "api", Global, "the console's own AWS calls, throttles and identities", None),
];

impl Command {
    /// The command with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        COMMANDS.iter().find(|entry| entry.id == id).map(|entry| entry.command)
    }

    /// Its line in the table.
    pub fn entry(self) -> &'static Entry {
        // Every variant stands in the table; the test below holds it to that.
        COMMANDS.iter().find(|entry| entry.command == self).unwrap_or(&COMMANDS[0])
    }

    pub fn id(self) -> &'static str {
        self.entry().id
    }

    /// Whether it leads to a write: gone in read-only mode.
    pub fn writes(self) -> bool {
        matches!(self, Self::Act | Self::Do(_))
    }
}

impl Context {
    /// The name of its section in a keymap file.
    pub fn id(self) -> &'static str {
        match self {
            Global => "global",
            Table => "table",
            Text => "text",
        }
    }

    pub const ALL: [Self; 3] = [Global, Table, Text];
    /// What is live while a table has the keys, innermost first.
    pub const OF_TABLE: [Self; 2] = [Table, Global];
    /// What is live while a text is open, innermost first.
    pub const OF_TEXT: [Self; 2] = [Text, Global];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{COMMANDS, Command};

    #[test]
    fn ids_are_unique_and_lead_back_to_their_command() {
        let ids: BTreeSet<_> = COMMANDS.iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), COMMANDS.len());
        for entry in COMMANDS {
            assert_eq!(Command::from_id(entry.id), Some(entry.command));
            assert_eq!(entry.command.id(), entry.id);
        }
    }
}
