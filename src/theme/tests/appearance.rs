//! How the shipped themes look: contrast by WCAG 2.2, and differences of colour by CIE 1976 as the colour-blind see
//! them (matrices of Viénot, Brettel and Mollon 1999, in linear RGB).

use ratatui::style::{Color, Modifier};

use super::{
    super::{Depth, Role, Theme},
    theme,
};

/// Lines and bars, which are no text.
const GRAPHIC: [Role; 3] = [Role::Border, Role::MeterFull, Role::MeterEmpty];

const STATES: [Role; 5] = [Role::Ok, Role::Progress, Role::Warning, Role::Critical, Role::Faulted];

fn linear(colour: Color) -> [f64; 3] {
    let Color::Rgb(r, g, b) = colour else { panic!("{colour:?} has no fixed look") };
    [r, g, b].map(|it| {
        let it = f64::from(it) / 255.0;
        if it <= 0.04045 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance(colour: Color) -> f64 {
    let [r, g, b] = linear(colour);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The grounds on which text stands: the screen, the bar, the selection.
fn grounds(theme: &Theme) -> Vec<(Role, Color)> {
    let ground = |role| (role, theme.style(role).bg.expect("a ground of its own"));
    [Role::Text, Role::Bar, Role::Selected].map(ground).to_vec()
}

/// Faint pairs of a theme: a role's text on a ground at less than `least` to 1.
fn faint(name: &str, least: f64) -> Vec<String> {
    let theme = theme(name, Depth::Truecolor);
    let mut faint = Vec::new();
    for role in Role::ALL.into_iter().filter(|it| !GRAPHIC.contains(it)) {
        let Some(text) = theme.style(role).fg else { continue };
        for (under, ground) in grounds(&theme) {
            let found = contrast(text, ground);
            if found < least {
                faint.push(format!("{} on {} of {name}: {found:.1}", role.id(), under.id()));
            }
        }
    }
    faint
}

#[test]
fn text_can_be_read_on_every_ground() {
    let faint: Vec<_> = [("dark", 4.5), ("light", 4.5), ("colour-blind", 4.5), ("high-contrast", 7.0)]
        .map(|(name, least)| faint(name, least))
        .concat();
    assert!(faint.is_empty(), "{faint:#?}");
}

#[test]
fn lines_and_the_selection_can_be_seen() {
    for name in ["dark", "light", "colour-blind", "high-contrast"] {
        let theme = theme(name, Depth::Truecolor);
        let screen = theme.style(Role::Text).bg.expect("a screen");
        for role in GRAPHIC {
            let line = theme.style(role).fg.expect("a colour");
            assert!(contrast(line, screen) > 1.7, "{} of {name}: {:.2}", role.id(), contrast(line, screen));
        }
        let selection = theme.style(Role::Selected).bg.expect("a selection");
        assert!(contrast(selection, screen) > 1.2, "{name}: {:.2}", contrast(selection, screen));
    }
}

#[test]
fn a_selected_row_keeps_the_colours_of_its_states() {
    for name in ["dark", "light", "high-contrast", "colour-blind", "ansi", "mono"] {
        for depth in [Depth::Truecolor, Depth::Indexed, Depth::Sixteen, Depth::None] {
            let theme = theme(name, depth);
            assert_eq!(theme.style(Role::Selected).fg, None, "{name}");
            let state = theme.style(Role::Critical);
            let selected = state.patch(theme.style(Role::Selected));
            assert_eq!(selected.fg, state.fg, "{name}");
            assert!(selected.bg != state.bg || selected.add_modifier.contains(Modifier::REVERSED), "{name} {depth:?}");
        }
    }
}

/// As protanopes, deuteranopes and everyone else see a colour.
fn seen(colour: Color) -> [[f64; 3]; 3] {
    let [r, g, b] = linear(colour);
    let protan = 0.11238 * r + 0.88762 * g;
    let deutan = 0.29275 * r + 0.70725 * g;
    [[r, g, b], [protan, protan, 0.00401 * r - 0.00401 * g + b], [deutan, deutan, -0.02234 * r + 0.02234 * g + b]]
}

fn lab([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let white_relative = [
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    ];
    let [x, y, z] = white_relative.map(|it| if it > 0.008_856 { it.cbrt() } else { 7.787 * it + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// States of a theme that look nearer than `least` to one another for someone.
fn confusable(name: &str, least: f64) -> Vec<String> {
    let theme = theme(name, Depth::Truecolor);
    let colour = |role| theme.style(role).fg.expect("a colour");
    let mut pairs = Vec::new();
    for (index, one) in STATES.into_iter().enumerate() {
        for other in STATES.into_iter().skip(index + 1) {
            for (eye, (a, b)) in seen(colour(one)).into_iter().zip(seen(colour(other))).enumerate() {
                let (a, b) = (lab(a), lab(b));
                let away = (0..3).map(|it| (a[it] - b[it]).powi(2)).sum::<f64>().sqrt();
                if away < least {
                    pairs.push(format!("{} and {} of {name} for eye {eye}: {away:.0}", one.id(), other.id()));
                }
            }
        }
    }
    pairs
}

#[test]
fn the_colour_blind_tell_states_apart() {
    let pairs = confusable("colour-blind", 20.0);
    assert!(pairs.is_empty(), "{pairs:#?}");
}
