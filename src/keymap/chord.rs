//! Chords: a key with the modifiers held, as `ctrl-r`, `F1`, `shift-tab`, `space`, `?`, `G`.
//!
//! Invariant: what is printed is parsed back to the same chord, and only chords that every terminal can send are
//! parsed; without the kitty protocol a terminal knows no ctrl-enter, and cannot tell ctrl-i from tab.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use unicode_width::UnicodeWidthChar;

use crate::toml_file::{did_you_mean, quoted};

/// A key pressed with its modifiers, in one form however the terminal or the user wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    key: Key,
    ctrl: bool,
    alt: bool,
    /// Never with a character: the character says it.
    shift: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Char(char),
    Function(u8),
    Named(Named),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Named {
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// The names of keys; the first of each is the one printed.
const NAMES: [(&str, Named, KeyCode); 20] = [
    ("enter", Named::Enter, KeyCode::Enter),
    ("return", Named::Enter, KeyCode::Enter),
    ("esc", Named::Esc, KeyCode::Esc),
    ("escape", Named::Esc, KeyCode::Esc),
    ("tab", Named::Tab, KeyCode::Tab),
    ("backspace", Named::Backspace, KeyCode::Backspace),
    ("delete", Named::Delete, KeyCode::Delete),
    ("del", Named::Delete, KeyCode::Delete),
    ("insert", Named::Insert, KeyCode::Insert),
    ("ins", Named::Insert, KeyCode::Insert),
    ("up", Named::Up, KeyCode::Up),
    ("down", Named::Down, KeyCode::Down),
    ("left", Named::Left, KeyCode::Left),
    ("right", Named::Right, KeyCode::Right),
    ("home", Named::Home, KeyCode::Home),
    ("end", Named::End, KeyCode::End),
    ("pgup", Named::PageUp, KeyCode::PageUp),
    ("pageup", Named::PageUp, KeyCode::PageUp),
    ("pgdn", Named::PageDown, KeyCode::PageDown),
    ("pagedown", Named::PageDown, KeyCode::PageDown),
];

impl Chord {
    /// The chord of a key event; `None` for releases, lone modifiers and keys that no file can name.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        let has = |it| event.modifiers.contains(it);
        if event.kind == KeyEventKind::Release || has(KeyModifiers::SUPER) || has(KeyModifiers::HYPER) {
            return None;
        }
        let (ctrl, alt, shift) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT), has(KeyModifiers::SHIFT));
        let key = match event.code {
            KeyCode::Char(typed) => {
                let key = Key::Char(if ctrl { under_ctrl(typed) } else { under_shift(typed, shift) });
                return Some(Self { key, ctrl, alt, shift: false });
            }
            KeyCode::BackTab => return Some(Self { key: Key::Named(Named::Tab), ctrl, alt, shift: true }),
            KeyCode::F(number) => Key::Function(number),
            code => Key::Named(NAMES.iter().find(|it| it.2 == code)?.1),
        };
        Some(Self { key, ctrl, alt, shift })
    }

    /// Parses a chord of a keymap file; fails with a message where it is none or cannot be typed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut chord = Self { key: Key::Char(' '), ctrl: false, alt: false, shift: false };
        let mut rest = text;
        while let Some((modifier, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty()) {
            let held = match modifier {
                "ctrl" => &mut chord.ctrl,
                "alt" => &mut chord.alt,
                "shift" => &mut chord.shift,
                _ => return Err(unknown_modifier(text, modifier)),
            };
            if std::mem::replace(held, true) {
                return Err(format!("{} holds {modifier} twice", quoted(text)));
            }
            rest = after;
        }
        chord.key = key(text, rest)?;
        chord.typeable(text)
    }

    /// Settles shift, and refuses what terminals do not send.
    fn typeable(mut self, text: &str) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("{} cannot be typed: {why}", quoted(text)));
        if let Key::Char(typed) = self.key
            && self.shift
            && !self.ctrl
        {
            if !typed.is_lowercase() && !typed.is_uppercase() {
                return refuse("write the character that shift makes of it");
            }
            self.key = Key::Char(under_shift(typed, true));
            self.shift = false;
        }
        match self.key {
            Key::Char(typed) if self.ctrl && (self.shift || typed.is_uppercase()) => {
                let plain = Self { key: Key::Char(under_ctrl(typed)), shift: false, ..self };
                refuse(&format!("terminals cannot tell it from {}", quoted(&plain.to_string())))
            }
            Key::Char(typed) if self.ctrl => match typed {
                'i' => refuse("it is tab"),
                'm' => refuse("it is enter"),
                '[' => refuse("it is esc"),
                'a'..='z' | ' ' | '\\' | ']' | '^' | '_' => Ok(self),
                _ => refuse("terminals send ctrl with letters only"),
            },
            Key::Char('[' | 'O') if self.alt => refuse("it begins the sequences of other keys"),
            Key::Named(Named::Tab) if self.ctrl || self.alt => refuse("terminals send tab with shift only"),
            Key::Named(Named::Esc) if self.ctrl || self.alt || self.shift => refuse("terminals send a plain esc"),
            Key::Named(Named::Enter | Named::Backspace) if self.ctrl || self.shift => {
                refuse("terminals send it plain or with alt only")
            }
            _ => Ok(self),
        }
    }
}

/// A character with shift held, as terminals that report the modifier and those that report the result both mean it.
fn under_shift(typed: char, shift: bool) -> char {
    let mut upper = typed.to_uppercase();
    match (shift, upper.next(), upper.next()) {
        (true, Some(single), None) => single,
        _ => typed,
    }
}

/// A character with ctrl held: letters are the same in either case, and the control characters above ESC arrive as
/// the digits 4 to 7.
fn under_ctrl(typed: char) -> char {
    match typed {
        '4' => '\\',
        '5' => ']',
        '6' => '^',
        '7' => '_',
        _ => typed.to_ascii_lowercase(),
    }
}

fn key(chord: &str, name: &str) -> Result<Key, String> {
    let mut characters = name.chars();
    if let (Some(single), None) = (characters.next(), characters.next()) {
        let is_typeable = !single.is_control() && single.width().is_some_and(|it| it > 0) && single != ' ';
        return if is_typeable { Ok(Key::Char(single)) } else { Err(format!("{} cannot be typed", quoted(chord))) };
    }
    let lower = name.to_ascii_lowercase();
    if lower == "space" {
        return Ok(Key::Char(' '));
    }
    if let Some((_, named, _)) = NAMES.iter().find(|it| it.0 == lower) {
        return Ok(Key::Named(*named));
    }
    match lower.strip_prefix('f').and_then(|it| it.parse().ok()) {
        Some(number @ 1..=12) => Ok(Key::Function(number)),
        Some(_) => Err(format!("{} cannot be typed: terminals know F1 to F12", quoted(chord))),
        None => Err(unknown_key(name, &lower)),
    }
}

fn unknown_key(name: &str, lower: &str) -> String {
    let names = NAMES.iter().map(|it| it.0).chain(["space"]);
    match did_you_mean(lower, names) {
        Some(near) => format!("unknown key {}, did you mean {}?", quoted(name), quoted(near)),
        None if name.chars().count() <= 4 && name.is_ascii() => {
            format!("unknown key {}: write a sequence with blanks, as \"g g\"", quoted(name))
        }
        None => format!("unknown key {}", quoted(name)),
    }
}

fn unknown_modifier(chord: &str, modifier: &str) -> String {
    match modifier.to_ascii_lowercase().as_str() {
        "super" | "cmd" | "win" | "meta" | "hyper" => {
            format!("{} cannot be typed: terminals send ctrl, alt and shift only", quoted(chord))
        }
        lower => match did_you_mean(lower, ["ctrl", "alt", "shift"]).or((lower == "c").then_some("ctrl")) {
            Some(near) => format!("unknown modifier {}, did you mean {}?", quoted(modifier), quoted(near)),
            None => format!("unknown modifier {}: expected ctrl, alt or shift", quoted(modifier)),
        },
    }
}

impl From<Chord> for KeyEvent {
    /// The event of a terminal on which the chord is pressed: what [`Chord::from_event`] reads back.
    fn from(chord: Chord) -> Self {
        let code = match chord.key {
            Key::Char(typed) => KeyCode::Char(typed),
            Key::Function(number) => KeyCode::F(number),
            Key::Named(named) => NAMES.iter().find(|it| it.1 == named).map_or(KeyCode::Null, |it| it.2),
        };
        let held =
            [(chord.ctrl, KeyModifiers::CONTROL), (chord.alt, KeyModifiers::ALT), (chord.shift, KeyModifiers::SHIFT)];
        let held = held.into_iter().filter(|it| it.0).map(|it| it.1);
        Self::new(code, held.fold(KeyModifiers::NONE, |all, it| all | it))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            f.write_str(if held { name } else { "" })?;
        }
        match self.key {
            Key::Char(' ') => f.write_str("space"),
            Key::Char(typed) => write!(f, "{typed}"),
            Key::Function(number) => write!(f, "F{number}"),
            Key::Named(named) => f.write_str(NAMES.iter().find(|it| it.1 == named).map_or("", |it| it.0)),
        }
    }
}

/// A sequence as files and screens show it: `g g`.
pub fn sequence(chords: &[Chord]) -> String {
    chords.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Parses a sequence of chords, separated by blanks.
pub fn parse_sequence(text: &str) -> Result<Vec<Chord>, String> {
    let chords: Vec<_> = text.split_whitespace().map(Chord::parse).collect::<Result<_, _>>()?;
    if chords.is_empty() {
        return Err("empty chord: write blank as \"space\"".to_owned());
    }
    Ok(chords)
}
