//! Text from outside, made safe to show.
//!
//! Invariant: a [`SafeText`] has no control, bidirectional, zero-width or tag character; what was there is
//! shown as a visible stand-in. Only this type reaches widgets, titles, the clipboard and files.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Characters that a hostile or broken name may carry at most; the rest is cut with an ellipsis.
const LONGEST: usize = 8192;

/// A line of text that a terminal can be given as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeText(String);

impl SafeText {
    /// Makes `raw` safe: control characters become their pictures (`␛`), format characters `�`.
    pub fn new(raw: &str) -> Self {
        if is_plain(raw) {
            return Self(raw.to_owned());
        }
        let mut shown: String = raw.chars().take(LONGEST).map(visible).collect();
        if raw.chars().nth(LONGEST).is_some() {
            shown.push('…');
        }
        Self(shown)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether there is nothing to make safe, as in nearly all that AWS says: told at once.
fn is_plain(raw: &str) -> bool {
    raw.len() <= LONGEST && raw.bytes().all(|it| matches!(it, b' '..=b'~'))
}

/// The character to show for `raw`.
fn visible(raw: char) -> char {
    match raw {
        '\0'..='\x1f' => char::from_u32(0x2400 + raw as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        safe => safe,
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for SafeText {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for SafeText {
    fn from(raw: String) -> Self {
        if is_plain(&raw) { Self(raw) } else { Self::new(&raw) }
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Serialize for SafeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SafeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SafeText;

    #[test]
    fn control_sequences_are_shown_and_not_obeyed() {
        assert_eq!(SafeText::new("a\x1b[31mred\r\n").as_str(), "a␛[31mred␍␊");
        assert_eq!(SafeText::new("abc\u{202e}gpj.exe").as_str(), "abc\u{fffd}gpj.exe");
    }

    proptest! {
        #[test]
        fn no_control_or_format_character_survives(raw in any::<String>()) {
            let safe = SafeText::new(&raw);
            let is_format =
                |it| matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let survivor = safe.as_str().chars().find(|it| it.is_control() || is_format(*it));
            prop_assert_eq!(survivor, None);
        }
    }
}
