//! Making text fit: never in the middle of a grapheme, and never silently.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// `text` in at most `width` cells; what is cut off ends in `…`.
pub fn fit(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(1) else { return Cow::Borrowed("") };
    let mut shown = String::with_capacity(room + '…'.len_utf8());
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        shown.push_str(grapheme);
    }
    shown.push('…');
    Cow::Owned(shown)
}

/// `text` in at most `width` cells, cut in the middle: the ends of names tell more than what lies between.
pub fn fit_ends(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(1) else { return Cow::Borrowed("") };
    let mut tail = text.len();
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > room / 2 {
            break;
        }
        tail = at;
    }
    let tail = &text[tail..];
    let mut shown = fit(text, width - tail.width()).into_owned();
    shown.push_str(tail);
    Cow::Owned(shown)
}

/// `text` without its first `cells` cells; a wide grapheme that is cut in half goes as a whole.
pub fn skip(text: &str, cells: usize) -> &str {
    let mut skipped = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if skipped >= cells {
            return &text[at..];
        }
        skipped += grapheme.width();
    }
    ""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::{fit, fit_ends, skip};

    #[test]
    fn what_is_cut_off_is_seen_to_be() {
        assert_eq!(fit("terminal-api", 12), "terminal-api");
        assert_eq!(fit("terminal-api", 9), "terminal…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("terminal", 0), "");
        assert_eq!(skip("terminal", 4), "inal");
        assert_eq!(skip("日本語", 1), "本語");
    }

    #[test]
    fn names_keep_both_ends() {
        assert_eq!(fit_ends("terminal-api:43", 15), "terminal-api:43");
        assert_eq!(fit_ends("terminal-api:43", 9), "term…i:43");
        assert_eq!(fit_ends("terminal-api:43", 2), "t…");
        assert_eq!(fit_ends("terminal-api:43", 1), "…");
        assert_eq!(fit_ends("日本語日本語", 6), "日…語");
        assert_eq!(fit_ends("terminal", 0), "");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_place(text in "\\PC{0,40}", width in 0_usize..50) {
            prop_assert!(fit(&text, width).width() <= width);
            prop_assert!(fit_ends(&text, width).width() <= width);
        }
    }
}
