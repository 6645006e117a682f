//! Hints: what the user may have meant.

use super::quoted;

/// Options listed in a hint at most; more would bury the message.
const LISTED: usize = 12;

/// The option nearest to a mistyped `word`, if one is near: at most one slip for every three characters.
pub fn did_you_mean<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    let near = |option: &'a str| (strsim::damerau_levenshtein(&word.to_lowercase(), option), option);
    options.into_iter().map(near).filter(|(slips, _)| *slips <= allowed).min().map(|(_, option)| option)
}

/// The hint for a word that is none of `options`: the nearest, or all where they are few; `None` where there are none.
pub fn one_of_these(word: &str, options: &[&str]) -> Option<String> {
    if let Some(near) = did_you_mean(word, options.iter().copied()) {
        return Some(format!("did you mean {}?", quoted(near)));
    }
    let listed = options.iter().take(LISTED).map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
    match options.len() {
        0 => None,
        1 => Some(format!("expected {listed}")),
        2..=LISTED => Some(format!("expected one of {listed}")),
        _ => Some(format!("expected one of {listed} …")),
    }
}
