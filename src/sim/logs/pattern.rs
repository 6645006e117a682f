//! Filter patterns: words that must, may or must not occur, or a condition on the members of a JSON line.
//!
//! Patterns for space-delimited fields (`[ip, user, …]`) and regular expressions are refused.

use serde_json::Value as Json;

use super::invalid;
use crate::sim::wire::error::ApiError;

/// The longest pattern.
const LONGEST: usize = 1024;

/// Which lines are wanted.
#[derive(Debug, PartialEq)]
pub enum Pattern {
    /// All of `all`, one of `any` where there are some, none of `none`; as they are written.
    Words { all: Vec<String>, any: Vec<String>, none: Vec<String> },
    /// One of the alternatives, each of which asks for several things.
    Members(Vec<Vec<Test>>),
}

/// `$.path = value`.
#[derive(Debug, PartialEq)]
pub struct Test {
    path: Vec<String>,
    comparison: Comparison,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Pattern {
    /// Reads a filter pattern; an empty one wants every line.
    pub fn read(text: &str) -> Result<Self, ApiError> {
        let refused = || invalid("Invalid filter pattern");
        if text.len() > LONGEST {
            return Err(refused());
        }
        let text = text.trim();
        if let Some(inner) = text.strip_prefix('{') {
            let inner = inner.strip_suffix('}').ok_or_else(refused)?;
            let alternative = |part: &str| part.split("&&").map(Test::read).collect::<Option<Vec<_>>>();
            let alternatives = inner.split("||").map(alternative).collect::<Option<Vec<_>>>();
            return alternatives.map(Self::Members).ok_or_else(refused);
        }
        if text.starts_with('[') || text.starts_with('%') {
            return Err(refused());
        }
        let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
        for (sign, word) in words(text).ok_or_else(refused)? {
            match sign {
                Some('?') => any.push(word),
                Some('-') => none.push(word),
                _ => all.push(word),
            }
        }
        Ok(Self::Words { all, any, none })
    }

    pub fn matches(&self, message: &str) -> bool {
        match self {
            Self::Words { all, any, none } => {
                let has = |word: &String| message.contains(word.as_str());
                all.iter().all(has) && (any.is_empty() || any.iter().any(has)) && !none.iter().any(has)
            }
            Self::Members(alternatives) => {
                let Ok(json) = serde_json::from_str::<Json>(message) else { return false };
                alternatives.iter().any(|tests| tests.iter().all(|test| test.holds(&json)))
            }
        }
    }
}

/// The words of a pattern, each with its sign; a quoted phrase is one word. `None` where a quote is left open.
fn words(text: &str) -> Option<Vec<(Option<char>, String)>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = matches!(first, '?' | '-').then_some(first);
        rest = if sign.is_some() { &rest[1..] } else { rest };
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        if !word.is_empty() {
            words.push((sign, word.to_owned()));
        }
        rest = after.trim_start();
    }
    Some(words)
}

impl Test {
    fn read(text: &str) -> Option<Self> {
        const SIGNS: [(&str, Comparison); 6] = [
            (">=", Comparison::GreaterOrEqual),
            ("<=", Comparison::LessOrEqual),
            ("!=", Comparison::Unequal),
            ("=", Comparison::Equal),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
        ];
        let text = text.trim().trim_start_matches('(').trim_end_matches(')');
        let (sign, comparison) = SIGNS.into_iter().find(|(sign, _)| text.contains(sign))?;
        let (path, value) = text.split_once(sign)?;
        let path = path.trim().strip_prefix("$.")?;
        let value = value.trim();
        let value = value.strip_prefix('"').map_or(Some(value), |value| value.strip_suffix('"'))?;
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let sound = !value.is_empty() && path.iter().all(|name| !name.is_empty());
        sound.then(|| Self { path, comparison, value: value.to_owned() })
    }

    fn holds(&self, json: &Json) -> bool {
        let found = self.path.iter().try_fold(json, |json, name| json.get(name));
        let Some(found) = found else { return false };
        let ordering = match (found.as_f64(), self.value.parse::<f64>()) {
            (Some(found), Ok(wanted)) => found.partial_cmp(&wanted),
            _ => None,
        };
        let equal = match found {
            Json::String(text) => like(text, &self.value),
            Json::Null => self.value == "null",
            Json::Bool(bool) => self.value.parse() == Ok(*bool),
            _ => ordering.is_some_and(std::cmp::Ordering::is_eq),
        };
        match self.comparison {
            Comparison::Equal => equal,
            Comparison::Unequal => !equal,
            Comparison::Less => ordering.is_some_and(std::cmp::Ordering::is_lt),
            Comparison::LessOrEqual => ordering.is_some_and(std::cmp::Ordering::is_le),
            Comparison::Greater => ordering.is_some_and(std::cmp::Ordering::is_gt),
            Comparison::GreaterOrEqual => ordering.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

/// Equal, but for a star at the pattern's beginning or end that stands for anything.
fn like(text: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (Some(rest), Some(_)) => text.contains(rest.trim_end_matches('*')),
        (None, None) => text == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"level":"error","statusCode":502,"req":{"url":"/api/cases"},"msg":"request completed"}"#;

    #[test]
    fn words_must_may_or_must_not_occur() {
        for (pattern, matches) in [
            ("", true),
            ("error", true),
            ("ERROR", false),
            ("error 502", true),
            ("error 503", false),
            ("\"request completed\"", true),
            ("\"completed request\"", false),
            ("?503 ?502", true),
            ("?503 ?504", false),
            ("error -502", false),
            ("error -503", true),
        ] {
            assert_eq!(Pattern::read(pattern).unwrap().matches(LINE), matches, "{pattern}");
        }
    }

    #[test]
    fn members_of_a_json_line_are_compared() {
        for (pattern, matches) in [
            ("{ $.level = \"error\" }", true),
            ("{ $.level = error }", true),
            ("{ $.level != \"error\" }", false),
            ("{ $.statusCode >= 500 && $.statusCode < 600 }", true),
            ("{ $.statusCode < 500 || $.req.url = \"/api/*\" }", true),
            ("{ $.statusCode > 502 }", false),
            ("{ $.missing = 1 }", false),
        ] {
            assert_eq!(Pattern::read(pattern).unwrap().matches(LINE), matches, "{pattern}");
        }
        assert!(!Pattern::read("{ $.level = \"error\" }").unwrap().matches("level error"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for odd in ["{ $.level }", "{ level = 1 }", "{ $.a = 1", "[ip, user]", "%err.*%", "\"open", &"x".repeat(1025)] {
            assert_eq!(Pattern::read(odd).unwrap_err().code, "InvalidParameterException", "{odd}");
        }
    }
}
