//! How fresh a pane is, in words, and the fault that keeps it from being so.

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{
    pen::{Pen, draw_lines},
    strip::Pieces,
};
use crate::{
    app::{fault_text, freshness::PlaceFreshness, words},
    domain::{fault::Fault, observation::Freshness},
    theme::{Role, Theme},
    triage::next_step,
};

/// For the right end of a strip: `fresh 3 s`, `! stale 1 m 20 s`, `✗ 1 of 6 reads failed, data 40 s old`.
pub fn pieces(freshness: &PlaceFreshness) -> Pieces {
    let age = freshness.age.map(words::exact);
    let (role, text) = match freshness.state {
        // What lies on this machine waits for nobody.
        Freshness::Awaited if freshness.reads == 0 => (Role::Progress, "nothing read yet".to_owned()),
        Freshness::Awaited => (Role::Progress, "waiting for AWS".to_owned()),
        // Reads come and go every second: only a mark says so, or the strip would never be at rest.
        Freshness::Fresh => (Role::Muted, format!("fresh {} ·", age.unwrap_or_default())),
        Freshness::Refreshing => (Role::Muted, age.map_or("refreshing".to_owned(), |age| format!("fresh {age} ↻"))),
        Freshness::Stale => (Role::Stale, format!("! stale {}", age.unwrap_or_default())),
        Freshness::Faulted => {
            let data = age.map_or("not all ever read".to_owned(), |age| format!("data {age} old"));
            (Role::Faulted, format!("✗ {} of {} reads failed, {data}", freshness.failed, freshness.reads))
        }
    };
    let mut pieces = vec![(role, text.trim_end().to_owned())];
    if freshness.partial {
        pieces.push((Role::Faulted, ", partial".to_owned()));
    }
    pieces
}

/// The fault in as many lines as `area` has; in a single one the head and the next step together.
pub fn draw_fault(fault: &Fault, profile: &str, now: Timestamp, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let lines = fault_text::lines(fault, profile, now, usize::from(area.width));
    draw_lines(&lines, area, theme, buffer);
    if let (1, Some(head)) = (area.height, lines.first()) {
        let taken = u16::try_from(head.plain().as_str().width()).unwrap_or(u16::MAX).min(area.width);
        let rest = Rect { x: area.x + taken, width: area.width - taken, ..area };
        let next = next_step(profile, fault.kind, &[fault.operation.as_str()]);
        Pen::new(theme, buffer, rest).put(Role::Strong, &format!("  → {next}"));
    }
}
