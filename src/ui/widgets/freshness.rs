//! How fresh a pane is, in words, and the fault that keeps it from being so.

use jiff::{SignedDuration, Timestamp};
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

/// For the right end of a strip: `fresh <15 s ·`, `! stale 1 m 20 s`, `✗ 1 of 6 reads failed, data 40 s old`; the last in
/// fewer words where there is no room for all, for that something failed is never left out.
pub fn pieces(freshness: &PlaceFreshness, room: usize) -> Pieces {
    let whole = told(freshness);
    let width = |pieces: &[(Role, String)]| pieces.iter().map(|(_, text)| text.width()).sum::<usize>();
    if width(&whole) <= room || freshness.state != Freshness::Faulted {
        return whole;
    }
    let (failed, reads) = (freshness.failed, freshness.reads);
    let old = freshness.age.map_or_else(String::new, |age| format!(", {} old", words::span(age)));
    let shorter = [
        format!("✗ {failed} of {reads} failed{old}"),
        format!("✗ {failed}/{reads}{old}"),
        format!("✗ {failed}/{reads}"),
    ];
    let fits = shorter.into_iter().find(|it| it.width() <= room);
    vec![(Role::Faulted, fits.unwrap_or_else(|| "✗".to_owned()))]
}

fn told(freshness: &PlaceFreshness) -> Pieces {
    let age = freshness.age.map(words::exact);
    let (role, text) = match freshness.state {
        // What lies on this machine waits for nobody.
        Freshness::Awaited if freshness.reads == 0 => (Role::Progress, "nothing read yet".to_owned()),
        Freshness::Awaited => (Role::Progress, "waiting for AWS".to_owned()),
        // Reads come and go every second: a mark says so, and what is fresh is told in steps, or the strip would never be
        // at rest, which a slow line has to pay for.
        Freshness::Fresh => (Role::Muted, format!("fresh {} ·", freshness.age.map(within).unwrap_or_default())),
        Freshness::Refreshing => {
            let fresh = |age| format!("fresh {} ↻", within(age));
            (Role::Muted, freshness.age.map_or("refreshing".to_owned(), fresh))
        }
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

/// An age that nobody has to act on: what it is below.
fn within(age: SignedDuration) -> String {
    const STEPS: [i64; 3] = [15, 30, 60];
    let step = STEPS.into_iter().find(|it| age.as_secs() < *it);
    step.map_or_else(
        || words::span(SignedDuration::from_mins(age.as_mins())),
        |it| format!("<{}", words::span(SignedDuration::from_secs(it))),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_reads_failed_is_told_in_whatever_room_there_is() {
        let age = Some(SignedDuration::from_secs(141));
        let failed =
            PlaceFreshness { state: Freshness::Faulted, age, failed: 7, reads: 40, ..PlaceFreshness::awaited() };
        let told = |room| pieces(&failed, room).into_iter().map(|(_, text)| text).collect::<String>();
        assert_eq!(told(60), "✗ 7 of 40 reads failed, data 2 m 21 s old");
        assert_eq!(told(30), "✗ 7 of 40 failed, 2 m old");
        assert_eq!(told(16), "✗ 7/40, 2 m old");
        assert_eq!((told(8).as_str(), told(2).as_str()), ("✗ 7/40", "✗"));
    }

    #[test]
    fn what_is_fresh_is_told_in_steps() {
        let told = |seconds| within(SignedDuration::from_secs(seconds));
        assert_eq!(
            [told(0), told(14), told(15), told(59), told(61), told(300)].join(" "),
            "<15 s <15 s <30 s <1 m 1 m 5 m"
        );
    }
}
