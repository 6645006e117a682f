//! Breaking long lines at a width: what continues is indented as far as what it continues.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::overlay::TextLine;
use crate::{domain::text::SafeText, theme::Role};

/// Widths below which breaking would only make confetti.
const NARROWEST: usize = 16;

/// The lines, broken so that none is wider than `width` (lines of other width than a terminal's stay whole).
pub fn flow(lines: &[TextLine], width: usize) -> Vec<TextLine> {
    if width < NARROWEST {
        return lines.to_vec();
    }
    lines.iter().flat_map(|line| broken(line, width)).collect()
}

/// One line, broken at spaces where it can be, within graphemes never.
fn broken(line: &TextLine, width: usize) -> Vec<TextLine> {
    let total: usize = line.0.iter().map(|(_, text)| text.as_str().width()).sum();
    if total <= width {
        return vec![line.clone()];
    }
    let indent = indent_of(line).min(width / 2);
    let mut flow = Flow { width, indent, lines: Vec::new(), current: Vec::new(), used: 0, fresh: true };
    for (role, text) in &line.0 {
        for word in runs(text.as_str()) {
            flow.put(*role, word);
        }
    }
    flow.end();
    flow.lines
}

/// Words and the blanks between them, in order.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_blank = rest.starts_with(' ');
        let end = rest.find(|it| (it == ' ') != is_blank).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        (!run.is_empty()).then_some(run)
    })
}

/// Where the text begins that may go on in the next line: behind a label, a mark or leading blanks.
fn indent_of(line: &TextLine) -> usize {
    let Some((_, first)) = line.0.first() else { return 0 };
    if line.0.len() > 1 && first.as_str().ends_with(' ') {
        return first.as_str().width();
    }
    let text = first.as_str();
    let blanks = text.len() - text.trim_start().len();
    let mark = text.trim_start().split_once(' ').is_some_and(|(word, _)| word.width() == 1);
    blanks + if mark { 2 } else { 0 }
}

struct Flow {
    width: usize,
    indent: usize,
    lines: Vec<TextLine>,
    current: Vec<(Role, String)>,
    used: usize,
    /// Nothing but the indent stands on the current line.
    fresh: bool,
}

impl Flow {
    fn put(&mut self, role: Role, word: &str) {
        let wide = word.width();
        if self.used + wide <= self.width {
            if !(self.fresh && !self.lines.is_empty() && word.trim().is_empty()) {
                self.add(role, word, wide);
            }
            return;
        }
        if word.trim().is_empty() {
            self.end();
            return;
        }
        if !self.fresh && self.indent + wide <= self.width {
            self.end();
            self.add(role, word, wide);
            return;
        }
        for grapheme in word.graphemes(true) {
            let wide = grapheme.width();
            if self.used + wide > self.width {
                self.end();
            }
            self.add(role, grapheme, wide);
        }
    }

    fn add(&mut self, role: Role, text: &str, wide: usize) {
        if self.current.is_empty() && !self.lines.is_empty() {
            self.current.push((Role::Text, " ".repeat(self.indent)));
            self.used = self.indent;
        }
        match self.current.last_mut() {
            Some((last, so_far)) if *last == role => so_far.push_str(text),
            _ => self.current.push((role, text.to_owned())),
        }
        self.used += wide;
        self.fresh = false;
    }

    fn end(&mut self) {
        if self.current.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.current);
        self.lines.push(TextLine(line.into_iter().map(|(role, text)| (role, SafeText::from(text))).collect()));
        self.used = self.indent;
        self.fresh = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::{TextLine, flow};
    use crate::theme::Role;

    fn plain(lines: &[TextLine]) -> Vec<String> {
        let text = |line: &TextLine| line.0.iter().map(|(_, text)| text.as_str()).collect::<String>();
        lines.iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    #[test]
    fn a_field_goes_on_behind_its_label() {
        let line = TextLine::field("reason", Role::Text, "Health checks failed with these codes: [503]");
        assert_eq!(
            plain(&flow(&[line], 40)),
            [
                "reason             Health checks failed",
                "                   with these codes:",
                "                   [503]"
            ]
        );
    }

    #[test]
    fn evidence_goes_on_behind_its_mark() {
        let line = TextLine::of(Role::Text, "  · desired 2, running 1, pending 0");
        assert_eq!(plain(&flow(&[line], 22)), ["  · desired 2, running", "    1, pending 0"]);
    }

    #[test]
    fn what_has_no_spaces_is_broken_where_the_line_ends() {
        let line = TextLine::of(Role::Text, "0123456789abcdef0123456789");
        assert_eq!(plain(&flow(&[line], 20)), ["0123456789abcdef0123", "456789"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_allowed_and_nothing_is_lost(text in "[ a-z,日本é·]{0,200}", width in 16_usize..100) {
            let line = TextLine(vec![(Role::Muted, "label ".into()), (Role::Text, text.as_str().into())]);
            let flowed = flow(&[line], width);
            for line in plain(&flowed) {
                prop_assert!(line.width() <= width);
            }
            let letters = |text: &str| text.chars().filter(|it| *it != ' ').collect::<String>();
            prop_assert_eq!(letters(&plain(&flowed).concat()), letters(&format!("label {text}")));
        }
    }
}
