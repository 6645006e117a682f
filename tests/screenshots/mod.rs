//! The pictures in `screenshots/` are what the console draws today, on worlds that are the same each time.

mod gallery;
mod glyph;
mod png;
mod svg;
mod terminal;
