//! Colours: how theme files write them, and the nearest that a poorer terminal has.

use ratatui::style::Color;

/// The sixteen colours by their names in theme files, and `default`: the terminal's own.
pub const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// Steps of red, green and blue in the cube of the 256 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Parses `#rrggbb`.
pub fn hex(text: &str) -> Option<Color> {
    let digits = text.strip_prefix('#').filter(|it| it.len() == 6 && it.bytes().all(|it| it.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok().map(Color::from_u32)
}

/// The nearest of the 256 colours. The first sixteen are left out: what they look like is the user's affair.
pub fn to_256(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else { return colour };
    let step = |channel: u8| (0..6).min_by_key(|it| CUBE[*it].abs_diff(channel)).unwrap_or_default();
    let (r, g, b) = (step(red), step(green), step(blue));
    let mean = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
    // Greys run from 8 to 238 in steps of 10.
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let level = 8 + grey * 10;
    let away = |to: [u8; 3]| -> u32 {
        let squared = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        squared(to[0], red) + squared(to[1], green) + squared(to[2], blue)
    };
    if away([level; 3]) < away([CUBE[r], CUBE[g], CUBE[b]]) {
        Color::Indexed(232 + grey)
    } else {
        Color::Indexed((16 + 36 * r + 6 * g + b) as u8)
    }
}

/// The nearest of the sixteen by hue: a pastel red stays a red, which plain distance would make a grey.
pub fn to_16(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else { return colour };
    let [r, g, b] = [red, green, blue].map(|it| f64::from(it) / 255.0);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let (light, spread) = (f64::midpoint(most, least), most - least);
    if spread < 0.18 || !(0.14..=0.93).contains(&light) {
        return match light {
            it if it < 0.2 => Color::Black,
            it if it < 0.5 => Color::DarkGray,
            it if it < 0.8 => Color::Gray,
            _ => Color::White,
        };
    }
    let hue = if most <= r {
        ((g - b) / spread).rem_euclid(6.0)
    } else if most <= g {
        (b - r) / spread + 2.0
    } else {
        (r - g) / spread + 4.0
    };
    let bright = light > 0.5;
    // Sixths of the circle; orange is nearer to yellow for the eye, so red ends early.
    match (hue, bright) {
        (it, true) if !(0.35..5.5).contains(&it) => Color::LightRed,
        (it, false) if !(0.35..5.5).contains(&it) => Color::Red,
        (it, true) if it < 1.4 => Color::LightYellow,
        (it, false) if it < 1.4 => Color::Yellow,
        (it, true) if it < 2.6 => Color::LightGreen,
        (it, false) if it < 2.6 => Color::Green,
        (it, true) if it < 3.3 => Color::LightCyan,
        (it, false) if it < 3.3 => Color::Cyan,
        (it, true) if it < 4.4 => Color::LightBlue,
        (it, false) if it < 4.4 => Color::Blue,
        (_, true) => Color::LightMagenta,
        (_, false) => Color::Magenta,
    }
}
