//! Building a describe text: sections, aligned fields, and what signals say.

use jiff::Timestamp;

use crate::{
    app::{overlay::TextLine, rows::role_of, words},
    domain::{signal::Signal, text::SafeText},
    theme::Role,
    triage::health::Health,
};

/// A text under construction.
pub struct Sheet {
    now: Timestamp,
    lines: Vec<TextLine>,
    /// What changed before the signals told: said below them.
    changes: Vec<TextLine>,
    /// The signals stand beside the text already.
    without_signals: bool,
}

impl Sheet {
    pub fn new(now: Timestamp, changes: Vec<TextLine>) -> Self {
        Self { now, lines: Vec::new(), changes, without_signals: false }
    }

    /// The same for a text beside signals: it does not repeat them.
    #[must_use]
    pub fn beside_signals(self) -> Self {
        Self { without_signals: true, ..self }
    }

    pub fn finish(self) -> Vec<TextLine> {
        self.lines
    }

    /// What the text is about: its kind and name.
    pub fn title(&mut self, kind: &str, name: &str) {
        self.lines.push(TextLine(vec![(Role::Muted, format!("{kind} ").into()), (Role::Strong, name.into())]));
    }

    /// A heading, after a blank line.
    pub fn section(&mut self, heading: &str) {
        self.lines.push(TextLine::default());
        self.lines.push(TextLine::of(Role::Heading, heading.to_uppercase()));
    }

    pub fn line(&mut self, role: Role, text: impl Into<SafeText>) {
        self.lines.push(TextLine::of(role, text));
    }

    pub fn lines(&mut self, lines: Vec<TextLine>) {
        self.lines.extend(lines);
    }

    /// A label and what it says.
    pub fn field(&mut self, label: &str, text: impl Into<SafeText>) {
        self.told(label, Role::Text, text);
    }

    /// A label and what it says, in a role.
    pub fn told(&mut self, label: &str, role: Role, text: impl Into<SafeText>) {
        let text = text.into();
        if text.is_empty() {
            self.lines.push(TextLine::field(label, Role::Muted, "–"));
        } else {
            self.lines.push(TextLine::field(label, role, text));
        }
    }

    /// A label and what is known, or `–`.
    pub fn maybe(&mut self, label: &str, value: Option<impl Into<SafeText>>) {
        match value {
            Some(value) => self.field(label, value),
            None => self.told(label, Role::Muted, "–"),
        }
    }

    /// A label, a time and how long ago that was.
    pub fn moment(&mut self, label: &str, at: Option<Timestamp>) {
        self.maybe(label, at.map(|at| words::moment(self.now, at)));
    }

    pub fn health(&mut self, health: Health) {
        self.told("health", role_of(health), format!("{} {}", health.mark(), health.word()));
    }

    /// Something that happened: how long ago, and what.
    pub fn event(&mut self, at: Option<Timestamp>, role: Role, text: impl Into<SafeText>) {
        let age = at.map_or_else(|| "–".to_owned(), |at| words::ago(self.now, at));
        self.lines.push(TextLine(vec![(Role::Muted, format!("{age:>14}  ").into()), (role, text.into())]));
    }

    /// What is wrong, since when, on what evidence, what to do.
    pub fn signals<'a>(&mut self, signals: impl Iterator<Item = &'a Signal>) {
        let told = !self.without_signals;
        for signal in signals.filter(|_| told) {
            if self.lines.len() <= 1 {
                self.lines.push(TextLine::default());
            }
            let health = Health::from(signal.severity);
            let since = signal.since.map(|at| format!(", for {}", words::span(self.now.duration_since(at))));
            let head = format!("{} {}{}", health.mark(), signal.severity.word(), since.unwrap_or_default());
            self.lines.push(TextLine::of(role_of(health), head));
            self.lines.push(TextLine::of(Role::Strong, format!("  {}", signal.summary)));
            for evidence in &signal.evidence {
                self.lines.push(TextLine::of(Role::Text, format!("  · {evidence}")));
            }
            self.lines.push(TextLine::of(Role::Hint, format!("  → {}", signal.advice)));
        }
        self.lines.append(&mut self.changes);
    }
}

/// `yes` or `no`, as facts are told.
pub fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// Texts in a row, or nothing.
pub fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}
