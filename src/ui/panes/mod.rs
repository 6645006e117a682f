//! The panes of the screen, one file each: `draw(what, area, theme, buffer)`.

pub mod act;
pub mod bar;
pub mod charts;
pub mod cost;
pub mod detail;
pub mod foot;
pub mod palette;
pub mod signals;
pub mod small;
pub mod table;
pub mod text;
