//! Characters that have to meet their neighbours: drawn as rectangles, because fonts leave gaps between lines.

/// A rectangle within a cell, in percent of its width and height, and how much of the ground it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub left: u32,
    pub right: u32,
    pub top: u32,
    pub bottom: u32,
    /// A shade: half as strong as its colour.
    pub faint: bool,
}

/// The rectangle of a rule or a block; `None` for what a font draws well enough.
pub fn shape(symbol: &str) -> Option<Shape> {
    let solid = |left, right, top, bottom| Some(Shape { left, right, top, bottom, faint: false });
    match symbol {
        "─" => solid(0, 100, 47, 53),
        "│" => solid(44, 56, 0, 100),
        "▏" => solid(0, 12, 15, 85),
        "▕" => solid(88, 100, 15, 85),
        "█" => solid(0, 100, 15, 85),
        "░" => solid(0, 100, 15, 85).map(|it| Shape { faint: true, ..it }),
        _ => None,
    }
}
