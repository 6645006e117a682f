//! Themes by meaning: every cell on screen has one of these roles, never a colour.
//!
//! Roles are laid over one another: a row in [`Role::Text`], a word in it in a state's role, and [`Role::Selected`] over
//! all of it. So only text, bar and selection set a background, and what is on a selected row keeps its own colour.

mod colour;
mod depth;
mod load;
mod parse;

use ratatui::style::Style;

pub use self::{
    depth::{ColourChoice, Depth, Terminal},
    load::{check, default_name, load, names, shipped_files},
};

/// What a piece of text means; a theme gives each a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text, and the background of the whole screen.
    Text,
    /// Less important: units, separators, ids.
    Muted,
    /// What stands out without being a state: names, titles.
    Strong,
    /// Column headings.
    Heading,
    /// The bar at the top with stack, scope and clock.
    Bar,
    /// The console's name in the bar.
    Brand,
    /// Frames and rules.
    Border,
    /// The row under the cursor.
    Selected,
    /// Marked rows.
    Marked,
    /// The part of a row that matches the filter or palette.
    Match,
    /// As it should be.
    Ok,
    /// Under way and harmless: deploying, initial, draining.
    Progress,
    /// Asleep or unused on purpose.
    Idle,
    Notice,
    Warning,
    Critical,
    /// Data older than its cadence allows.
    Stale,
    /// Data whose last fetch failed.
    Faulted,
    /// A production environment's name.
    Production,
    /// A key in hints and help.
    Key,
    /// What a key does.
    Hint,
    /// Text being typed.
    Input,
    /// The full and the empty part of a meter.
    MeterFull,
    MeterEmpty,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 24] = [
        Self::Text,
        Self::Muted,
        Self::Strong,
        Self::Heading,
        Self::Bar,
        Self::Brand,
        Self::Border,
        Self::Selected,
        Self::Marked,
        Self::Match,
        Self::Ok,
        Self::Progress,
        Self::Idle,
        Self::Notice,
        Self::Warning,
        Self::Critical,
        Self::Stale,
        Self::Faulted,
        Self::Production,
        Self::Key,
        Self::Hint,
        Self::Input,
        Self::MeterFull,
        Self::MeterEmpty,
    ];

    /// Its name in theme files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Strong => "strong",
            Self::Heading => "heading",
            Self::Bar => "bar",
            Self::Brand => "brand",
            Self::Border => "border",
            Self::Selected => "selected",
            Self::Marked => "marked",
            Self::Match => "match",
            Self::Ok => "ok",
            Self::Progress => "progress",
            Self::Idle => "idle",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Stale => "stale",
            Self::Faulted => "faulted",
            Self::Production => "production",
            Self::Key => "key",
            Self::Hint => "hint",
            Self::Input => "input",
            Self::MeterFull => "meter-full",
            Self::MeterEmpty => "meter-empty",
        }
    }
}

/// A style for every role, in colours that the terminal can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// In the order of [`Role::ALL`], which is that of the enum.
    styles: [Style; Role::ALL.len()],
}

impl Theme {
    /// The theme in which each role has the style that `style_of` gives it.
    pub fn of(style_of: impl Fn(Role) -> Style) -> Self {
        Self { styles: Role::ALL.map(style_of) }
    }

    /// The style of `role`, to be patched over what lies below it.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

#[cfg(test)]
mod tests;
