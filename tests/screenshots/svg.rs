//! A screen as a picture: backgrounds first, then for each ink its rules and blocks and its runs of text.
//!
//! Each run has its place and its width, so that columns stay columns whatever monospaced font the reader has.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

use super::glyph::{Shape, shape};

/// All lengths are in tenths, so that they add up exactly.
const FONT_SIZE: u32 = 140;
/// Most monospaced fonts are 0.6 as wide as they are high.
const CELL_WIDTH: u32 = 84;
const CELL_HEIGHT: u32 = 180;
/// From the top of a cell to the line that letters stand on.
const BASELINE: u32 = 135;
const MARGIN: u32 = 140;
const CORNER: u32 = 80;
const FONTS: &str = "ui-monospace,'SF Mono',Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,monospace";

/// How something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    pub colour: Color,
    pub font: Modifier,
    pub faint: bool,
}

/// Everything that is drawn in one ink.
#[derive(Debug, Default)]
struct Drawn {
    path: String,
    text: String,
}

/// What stands at one place of a line: a cell, or two of a wide character.
struct Piece<'a> {
    column: u32,
    width: u32,
    symbol: &'a str,
    ink: Ink,
    ground: Color,
}

/// Text of one ink that is laid out as a whole.
struct Run {
    column: u32,
    width: u32,
    text: String,
    ink: Ink,
    /// Not in every font, so that its width has to be forced.
    foreign: bool,
}

/// Draws the screen. Its colours must be RGB, as those of a theme in truecolor are.
pub fn svg(screen: &Buffer) -> String {
    let lines: Vec<Vec<Piece<'_>>> = (0..screen.area.height).map(|row| pieces(screen, row)).collect();
    let ground = commonest(lines.iter().flatten().map(|it| it.ground));
    let mut backgrounds: Vec<(Color, String)> = Vec::new();
    let mut inks: Vec<(Ink, Drawn)> = Vec::new();
    for (line, y) in lines.iter().zip((MARGIN..).step_by(CELL_HEIGHT as usize)) {
        for stretch in line.chunk_by(|left, right| left.ground == right.ground) {
            let (first, last) = (&stretch[0], &stretch[stretch.len() - 1]);
            if first.ground != ground {
                let path = of(&mut backgrounds, first.ground);
                let width = (last.column + last.width - first.column) * CELL_WIDTH;
                rectangle(path, (left(first.column), y), (width, CELL_HEIGHT));
            }
        }
        draw_shapes(line, y, &mut inks);
        for run in runs(line) {
            draw_text(&run, y + BASELINE, &mut of(&mut inks, run.ink).text);
        }
    }
    document(screen, ground, &backgrounds, &inks)
}

fn document(screen: &Buffer, ground: Color, backgrounds: &[(Color, String)], inks: &[(Ink, Drawn)]) -> String {
    let width = tenths(u32::from(screen.area.width) * CELL_WIDTH + 2 * MARGIN);
    let height = tenths(u32::from(screen.area.height) * CELL_HEIGHT + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONTS}\" font-size=\"{}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"{}\" fill=\"{}\"/>\n",
        tenths(FONT_SIZE),
        tenths(CORNER),
        hex(ground),
    );
    for (colour, path) in backgrounds {
        let _ = writeln!(svg, "<path fill=\"{}\" d=\"{path}\"/>", hex(*colour));
    }
    for (ink, Drawn { path, text }) in inks {
        let _ = writeln!(svg, "<g fill=\"{}\"{}>", hex(ink.colour), attributes(*ink));
        if !path.is_empty() {
            let _ = writeln!(svg, "<path d=\"{path}\"/>");
        }
        svg += text;
        svg += "</g>\n";
    }
    svg + "</svg>\n"
}

/// The pieces of a line, from the left.
fn pieces(screen: &Buffer, row: u16) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut column = 0;
    while column < screen.area.width {
        let cell = &screen[(column, row)];
        let width = cell.symbol().width().max(1) as u16;
        let (ink, ground) = colours(cell);
        pieces.push(Piece { column: column.into(), width: width.into(), symbol: cell.symbol(), ink, ground });
        column += width;
    }
    pieces
}

/// How what stands in a cell is drawn, and on what ground.
pub fn colours(cell: &Cell) -> (Ink, Color) {
    let is_reversed = cell.modifier.contains(Modifier::REVERSED);
    let (colour, ground) = if is_reversed { (cell.bg, cell.fg) } else { (cell.fg, cell.bg) };
    (Ink { colour, font: cell.modifier - Modifier::REVERSED, faint: false }, ground)
}

/// Rules and blocks of a line; neighbours of the same kind become one rectangle.
fn draw_shapes(line: &[Piece<'_>], y: u32, inks: &mut Vec<(Ink, Drawn)>) {
    for alike in line.chunk_by(|left, right| left.symbol == right.symbol && left.ink == right.ink) {
        let Some(Shape { left: from, right: to, top, bottom, faint }) = shape(alike[0].symbol) else { continue };
        let path = &mut of(inks, Ink { font: Modifier::empty(), faint, ..alike[0].ink }).path;
        let within = |percent: u32, length: u32| percent * length / 100;
        // Only what fills its cell from side to side joins its neighbour.
        let joined = if (from, to) == (0, 100) { alike.len() } else { 1 };
        for piece in alike.iter().step_by(joined) {
            let corner = (left(piece.column) + within(from, CELL_WIDTH), y + within(top, CELL_HEIGHT));
            let width = (joined as u32 - 1) * CELL_WIDTH + within(to, CELL_WIDTH) - within(from, CELL_WIDTH);
            rectangle(path, corner, (width, within(bottom, CELL_HEIGHT) - within(top, CELL_HEIGHT)));
        }
    }
}

/// The text of a line in runs: they end where the ink changes, at two blanks, and around what is not ASCII.
fn runs(line: &[Piece<'_>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for piece in line.iter().filter(|it| it.symbol != " " && shape(it.symbol).is_none()) {
        let foreign = !piece.symbol.is_ascii();
        if let Some(run) = runs.last_mut()
            && !foreign
            && !run.foreign
            && run.ink == piece.ink
            && piece.column - (run.column + run.width) <= 1
        {
            let blanks = piece.column - (run.column + run.width);
            run.text += &" ".repeat(blanks as usize);
            run.text += piece.symbol;
            run.width += blanks + piece.width;
            continue;
        }
        let Piece { column, width, symbol, ink, .. } = *piece;
        runs.push(Run { column, width, text: symbol.to_owned(), ink, foreign });
    }
    runs
}

fn draw_text(run: &Run, y: u32, text: &mut String) {
    let _ = write!(text, "<text x=\"{}\" y=\"{}\"", tenths(left(run.column)), tenths(y));
    let width = tenths(run.width * CELL_WIDTH);
    let _ = match (run.foreign, run.width) {
        (true, _) => write!(text, " textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\""),
        // A letter alone has nothing to be aligned with.
        (false, 1) => Ok(()),
        (false, _) => write!(text, " textLength=\"{width}\""),
    };
    let _ = writeln!(text, ">{}</text>", escape(&run.text));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn attributes(ink: Ink) -> String {
    let fonts = [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::DIM, " opacity=\".6\""),
    ];
    let faint = if ink.faint { " opacity=\".5\"" } else { "" };
    let set = fonts.iter().filter(|(it, _)| ink.font.contains(*it)).map(|(_, attribute)| *attribute);
    set.chain([faint]).collect()
}

fn rectangle(path: &mut String, (x, y): (u32, u32), (width, height): (u32, u32)) {
    let (right, left) = (tenths(x + width), tenths(x));
    let _ = write!(path, "M{left} {}H{right}v{}H{left}z", tenths(y), tenths(height));
}

/// Where a column begins.
fn left(column: u32) -> u32 {
    MARGIN + column * CELL_WIDTH
}

/// What belongs to `key`, after everything that came before it.
fn of<K: Copy + PartialEq, V: Default>(list: &mut Vec<(K, V)>, key: K) -> &mut V {
    let at = list.iter().position(|(it, _)| *it == key).unwrap_or_else(|| {
        list.push((key, V::default()));
        list.len() - 1
    });
    &mut list[at].1
}

fn commonest(colours: impl Iterator<Item = Color>) -> Color {
    let mut counts: Vec<(Color, usize)> = Vec::new();
    for colour in colours {
        *of(&mut counts, colour) += 1;
    }
    counts.iter().max_by_key(|(_, count)| *count).expect("a screen with cells").0
}

fn tenths(length: u32) -> String {
    if length.is_multiple_of(10) { (length / 10).to_string() } else { format!("{}.{}", length / 10, length % 10) }
}

/// The parts of a colour of a theme in truecolor.
pub fn rgb(colour: Color) -> [u8; 3] {
    let Color::Rgb(red, green, blue) = colour else { panic!("{colour} is no RGB colour") };
    [red, green, blue]
}

fn hex(colour: Color) -> String {
    let [red, green, blue] = rgb(colour);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[test]
fn a_screen_is_drawn_run_by_run_with_its_styles() {
    use ratatui::{layout::Rect, style::Style};

    let (light, dark, red) = (Color::Rgb(238, 238, 238), Color::Rgb(0, 0, 0), Color::Rgb(170, 0, 17));
    let mut screen = Buffer::empty(Rect::new(0, 0, 14, 2));
    let plain = Style::new().fg(light).bg(dark);
    screen.set_style(screen.area, plain);
    screen.set_string(0, 0, "a <b>  c&d ✗", plain);
    screen.set_string(0, 1, "── ", plain);
    screen.set_string(3, 1, " up ", Style::new().fg(red).add_modifier(Modifier::REVERSED | Modifier::BOLD));
    let drawn = svg(&screen);
    let body: Vec<&str> = drawn.lines().skip(1).collect();
    assert_eq!(
        body,
        [
            "<rect width=\"145.6\" height=\"64\" rx=\"8\" fill=\"#000000\"/>",
            "<path fill=\"#aa0011\" d=\"M39.2 32H72.8v18H39.2z\"/>",
            "<g fill=\"#eeeeee\">",
            "<path d=\"M14 40.4H30.8v1.1H14z\"/>",
            "<text x=\"14\" y=\"27.5\" textLength=\"42\">a &lt;b&gt;</text>",
            "<text x=\"72.8\" y=\"27.5\" textLength=\"25.2\">c&amp;d</text>",
            "<text x=\"106.4\" y=\"27.5\" textLength=\"8.4\" lengthAdjust=\"spacingAndGlyphs\">✗</text>",
            "</g>",
            "<g fill=\"#000000\" font-weight=\"bold\">",
            "<text x=\"47.6\" y=\"45.5\" textLength=\"16.8\">up</text>",
            "</g>",
            "</svg>",
        ]
    );
}
