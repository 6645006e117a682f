//! Screens as text: what stands where, and below it, in the same place, a letter for the role of each cell.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Style},
};

use crate::theme::{Role, Theme};

/// Roles that lie over others: they have a background of their own here.
const OVER: [(Role, char); 4] = [(Role::Selected, '#'), (Role::Match, '='), (Role::Marked, '+'), (Role::Bar, '~')];

/// The letter of each other role, in the order of [`Role::ALL`]; ordinary text is a dot.
const LETTERS: [(Role, char); 20] = [
    (Role::Text, '.'),
    (Role::Muted, 'm'),
    (Role::Strong, 'S'),
    (Role::Heading, 'H'),
    (Role::Brand, 'B'),
    (Role::Border, '-'),
    (Role::Ok, 'o'),
    (Role::Progress, 'p'),
    (Role::Idle, 'z'),
    (Role::Notice, 'n'),
    (Role::Warning, 'W'),
    (Role::Critical, 'C'),
    (Role::Stale, 't'),
    (Role::Faulted, 'F'),
    (Role::Production, 'P'),
    (Role::Key, 'k'),
    (Role::Hint, 'h'),
    (Role::Input, 'i'),
    (Role::MeterFull, 'M'),
    (Role::MeterEmpty, 'e'),
];

/// A theme in which each role can be told from the style of a cell.
pub fn paper_theme() -> Theme {
    Theme::of(|role| {
        let color = Color::Indexed(role as u8);
        if OVER.iter().any(|(it, _)| *it == role) { Style::new().bg(color) } else { Style::new().fg(color) }
    })
}

/// The screen's text, then its roles.
pub fn to_text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.rows().map(|row| row.y) {
        let line: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push('\n');
    for y in buffer.area.rows().map(|row| row.y) {
        let line: String = (0..buffer.area.width).map(|x| letter(&buffer[(x, y)])).collect();
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn letter(cell: &Cell) -> char {
    let of = |roles: &[(Role, char)], color: Color| {
        roles.iter().find(|(role, _)| color == Color::Indexed(*role as u8)).map(|(_, letter)| *letter)
    };
    let over = of(&OVER, cell.bg);
    if over.is_some_and(|it| it != '~') || cell.symbol() != " " {
        let own = of(&LETTERS, cell.fg).filter(|it| *it != '.');
        return match over {
            Some('~') => own.unwrap_or('~'),
            Some(over) => over,
            None => own.unwrap_or('.'),
        };
    }
    over.unwrap_or(' ')
}
