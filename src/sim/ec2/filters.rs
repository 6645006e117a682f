//! `Filter.N.Name` and `Filter.N.Value.M`: every filter must match, by any of its values.

use super::{super::wire::input::Input, invalid_value};
use crate::sim::wire::error::ApiError;

/// The filters of a call.
#[derive(Debug)]
pub struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Reads the filters; a name outside `known` (or `tag:…`) is an error.
    pub fn read(input: Input<'_>, known: &[&str]) -> Result<Self, ApiError> {
        let filters = input.items("Filter")?.into_iter().map(|filter| {
            let name = filter.text("Name")?.unwrap_or_default();
            if known.contains(&name) || name.starts_with("tag:") || name == "tag-key" {
                Ok((name.to_owned(), filter.texts("Value")?))
            } else {
                Err(invalid_value(format!("The filter '{name}' is invalid")))
            }
        });
        filters.collect::<Result<_, _>>().map(Self)
    }

    /// Whether all filters match what `value` says of a name, or the tags.
    pub fn match_all(&self, tags: &[(String, String)], value: impl Fn(&str) -> String) -> bool {
        self.0.iter().all(|(name, patterns)| {
            let matched = |text: &str| patterns.iter().any(|pattern| glob(pattern.as_bytes(), text.as_bytes()));
            match name.strip_prefix("tag:") {
                Some(key) => tags.iter().any(|(name, value)| name == key && matched(value)),
                None if name == "tag-key" => tags.iter().any(|(name, _)| matched(name)),
                None => matched(&value(name)),
            }
        })
    }
}

/// Matches `*` (anything) and `?` (one character), without backtracking further than the last star.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(char) if *char == b'?' || *char == text[from] => (at, from) = (at + 1, from + 1),
            _ => match star {
                Some((mark, taken)) => {
                    star = Some((mark, taken + 1));
                    (at, from) = (mark + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|char| *char == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, text, expected) in [
            ("run*", "running", true),
            ("*-gateway-*", "terminal-gateway-asg", true),
            ("t3.?edium", "t3.medium", true),
            ("t3", "t3.medium", false),
            ("", "x", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
