//! A screen as a picture for readers that show no SVG: drawn with a font of its own, the same on every machine.

#![expect(clippy::cast_possible_wrap, reason = "a screen has a few thousand pixels")]

use fontdue::{Font, FontSettings};
use ratatui::{buffer::Buffer, style::Modifier};
use unicode_width::UnicodeWidthStr;

use super::{
    glyph::{Shape, shape},
    svg::{Ink, colours, rgb},
};

/// Pixels. The font is 0.6 as wide as it is high.
const CELL: (usize, usize) = (10, 20);
const FONT_SIZE: f32 = 16.6;
/// From the top of a cell to the line that letters stand on.
const BASELINE: i32 = 15;
const MARGIN: usize = 16;

type Rgb = [u8; 3];

/// What is being drawn.
struct Canvas {
    width: usize,
    pixels: Vec<Rgb>,
}

/// The plain font and the bold one.
struct Fonts {
    plain: Font,
    bold: Font,
}

/// Draws the screen; its colours must be RGB. Returns a PNG file.
pub fn png(screen: &Buffer) -> Vec<u8> {
    let fonts = Fonts { plain: font(dejavu::sans_mono::regular()), bold: font(dejavu::sans_mono::bold()) };
    let (columns, rows) = (usize::from(screen.area.width), usize::from(screen.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let ground = rgb(colours(&screen[(screen.area.width - 1, screen.area.height / 2)]).1);
    let mut canvas = Canvas { width, pixels: vec![ground; width * height] };
    for row in 0..screen.area.height {
        let mut column = 0;
        while column < screen.area.width {
            let cell = &screen[(column, row)];
            let wide = cell.symbol().width().max(1) as u16;
            let corner = (MARGIN + usize::from(column) * CELL.0, MARGIN + usize::from(row) * CELL.1);
            let (ink, ground) = colours(cell);
            canvas.fill(corner, (usize::from(wide) * CELL.0, CELL.1), rgb(ground), 255);
            canvas.symbol(&fonts, corner, cell.symbol(), ink);
            column += wide;
        }
    }
    encode(&canvas, width, height)
}

/// The size and the pixels of a PNG that [`png`] made.
pub fn decode(file: &[u8]) -> Option<(u32, u32, Vec<u8>)> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    Some((info.width, info.height, pixels))
}

fn font(bytes: &[u8]) -> Font {
    let settings = FontSettings { scale: FONT_SIZE, ..FontSettings::default() };
    Font::from_bytes(bytes, settings).expect("a bundled font")
}

fn encode(canvas: &Canvas, width: usize, height: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(canvas.pixels.as_flattened()).expect("pixels");
    writer.finish().expect("an end");
    file
}

impl Canvas {
    fn symbol(&mut self, fonts: &Fonts, (x, y): (usize, usize), symbol: &str, ink: Ink) {
        let colour = rgb(ink.colour);
        if let Some(Shape { left, right, top, bottom, faint }) = shape(symbol) {
            let of = |percent: u32, length: usize| (percent as usize * length + 50) / 100;
            let (left, right) = (of(left, CELL.0), of(right, CELL.0));
            let (top, bottom) = (of(top, CELL.1), of(bottom, CELL.1));
            self.fill((x + left, y + top), (right - left, bottom - top), colour, if faint { 128 } else { 255 });
            return;
        }
        let strength = if ink.font.contains(Modifier::DIM) { 153 } else { 255 };
        let font = if ink.font.contains(Modifier::BOLD) { &fonts.bold } else { &fonts.plain };
        for letter in symbol.chars().filter(|it| !it.is_whitespace()) {
            let (metrics, covered) = font.rasterize(letter, FONT_SIZE);
            let top = BASELINE - metrics.ymin - metrics.height as i32;
            for (at, coverage) in covered.into_iter().enumerate() {
                let across = x as i32 + metrics.xmin + (at % metrics.width) as i32;
                let down = y as i32 + top + (at / metrics.width) as i32;
                let amount = u32::from(coverage) * strength / 255;
                self.blend((across as usize, down as usize), colour, amount);
            }
        }
        if ink.font.contains(Modifier::UNDERLINED) {
            self.fill((x, y + BASELINE as usize + 2), (CELL.0, 1), colour, strength);
        }
    }

    fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), colour: Rgb, amount: u32) {
        for down in y..y + height {
            for across in x..x + width {
                self.blend((across, down), colour, amount);
            }
        }
    }

    /// Lays `colour` over a pixel, `amount` of 255.
    fn blend(&mut self, (x, y): (usize, usize), colour: Rgb, amount: u32) {
        let Some(pixel) = self.pixels.get_mut(y * self.width + x) else { return };
        for (below, above) in pixel.iter_mut().zip(colour) {
            *below = ((u32::from(*below) * (255 - amount) + u32::from(above) * amount) / 255) as u8;
        }
    }
}

#[test]
fn letters_rules_and_grounds_are_where_their_cells_are() {
    use ratatui::{
        layout::Rect,
        style::{Color, Style},
    };

    let (light, dark) = (Color::Rgb(255, 255, 255), Color::Rgb(0, 0, 0));
    let mut screen = Buffer::empty(Rect::new(0, 0, 3, 1));
    screen.set_style(screen.area, Style::new().fg(light).bg(dark));
    screen.set_string(0, 0, "l─", Style::new().fg(light).bg(dark));
    let (width, height, pixels) = decode(&png(&screen)).expect("a picture");
    assert_eq!((width, height), (62, 52));
    let lit = |column: usize| {
        let within = |x: usize| (MARGIN + column * CELL.0..MARGIN + (column + 1) * CELL.0).contains(&x);
        pixels.chunks(3).enumerate().filter(|(at, pixel)| within(at % 62) && pixel[0] > 128).count()
    };
    assert!((12..60).contains(&lit(0)), "a letter: {}", lit(0));
    assert_eq!((lit(1), lit(2)), (20, 0), "a rule of two pixels from side to side, and nothing");
}
