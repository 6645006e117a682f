//! What a terminal makes of colours that a theme leaves to it.

use ratatui::{buffer::Buffer, style::Color};

/// As a common terminal has them: pale on black.
const INK: Color = Color::Rgb(204, 204, 204);
const GROUND: Color = Color::Rgb(0, 0, 0);

/// The screen with each of the terminal's own colours as RGB.
pub fn in_its_own_colours(mut screen: Buffer) -> Buffer {
    for cell in &mut screen.content {
        cell.fg = concrete(cell.fg, INK);
        cell.bg = concrete(cell.bg, GROUND);
    }
    screen
}

/// The sixteen named colours are xterm's.
fn concrete(colour: Color, default: Color) -> Color {
    let (red, green, blue) = match colour {
        Color::Reset => return default,
        Color::Black => (0, 0, 0),
        Color::Red => (205, 0, 0),
        Color::Green => (0, 205, 0),
        Color::Yellow => (205, 205, 0),
        Color::Blue => (0, 0, 238),
        Color::Magenta => (205, 0, 205),
        Color::Cyan => (0, 205, 205),
        Color::Gray => (229, 229, 229),
        Color::DarkGray => (127, 127, 127),
        Color::LightRed => (255, 0, 0),
        Color::LightGreen => (0, 255, 0),
        Color::LightYellow => (255, 255, 0),
        Color::LightBlue => (92, 92, 255),
        Color::LightMagenta => (255, 0, 255),
        Color::LightCyan => (0, 255, 255),
        Color::White => (255, 255, 255),
        Color::Rgb(..) | Color::Indexed(_) => return colour,
    };
    Color::Rgb(red, green, blue)
}
