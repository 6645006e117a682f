//! How many colours there are, and themes in so many.

use ratatui::style::{Color, Modifier, Style};

use super::{Role, colour};

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// No colour codes at all; bold, reverse and underline stay.
    None,
    Sixteen,
    /// What SSH leaves of most terminals: it does not forward `COLORTERM`.
    Indexed,
    Truecolor,
}

/// What the user says about colours (`--color`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColourChoice {
    /// As the environment tells.
    #[default]
    Auto,
    Fixed(Depth),
}

impl ColourChoice {
    /// The words of `--color`.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("auto", Self::Auto),
        ("truecolor", Self::Fixed(Depth::Truecolor)),
        ("256", Self::Fixed(Depth::Indexed)),
        ("16", Self::Fixed(Depth::Sixteen)),
        ("none", Self::Fixed(Depth::None)),
        ("never", Self::Fixed(Depth::None)),
    ];
}

/// What the environment says about the terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal<'a> {
    /// `COLORTERM`
    pub colorterm: Option<&'a str>,
    /// `TERM`
    pub term: Option<&'a str>,
    /// `NO_COLOR`
    pub no_color: Option<&'a str>,
}

impl Depth {
    /// What to draw in: the user's choice, else `NO_COLOR` where it is not empty, else what the terminal claims.
    /// A terminal of no known name has 256 colours: those without are few and named here.
    pub fn decide(choice: ColourChoice, terminal: Terminal<'_>) -> Self {
        if let ColourChoice::Fixed(depth) = choice {
            return depth;
        }
        let term = terminal.term.unwrap_or_default();
        if terminal.no_color.is_some_and(|it| !it.is_empty()) || term == "dumb" || term.starts_with("vt") {
            return Self::None;
        }
        if matches!(terminal.colorterm, Some("truecolor" | "24bit")) || term.ends_with("-direct") {
            return Self::Truecolor;
        }
        match term {
            "" | "linux" | "ansi" | "cygwin" => Self::Sixteen,
            _ if term.ends_with("-16color") => Self::Sixteen,
            _ => Self::Indexed,
        }
    }
}

/// A theme's styles, in the order of [`Role::ALL`], in as many colours as there are.
///
/// A background that is lost, or becomes the same as the screen's, is made up for by reverse: the selection must be
/// seen. Without colours a style has no foreground or background at all, because crossterm under `NO_COLOR` sends a
/// reset for each, which takes bold and reverse with it.
pub fn reduce(styles: &mut [Style; Role::ALL.len()], depth: Depth) {
    let nearest = |colour: Color| match depth {
        Depth::None => None,
        Depth::Sixteen => Some(colour::to_16(colour)),
        Depth::Indexed => Some(colour::to_256(colour)),
        Depth::Truecolor => Some(colour),
    };
    let screen = styles[Role::Text as usize].bg;
    for style in styles {
        let stood_out = style.bg.is_some() && style.bg != screen;
        style.fg = style.fg.and_then(nearest);
        style.bg = style.bg.and_then(nearest);
        if stood_out && style.bg == screen.and_then(nearest) {
            *style = style.add_modifier(Modifier::REVERSED);
        }
    }
}
