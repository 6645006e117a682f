//! Pagination, the same for every service: page sizes within the documented bounds, tokens that are opaque.
//!
//! Invariant: following the tokens to the end gives every item once, also when items appear or vanish between the
//! pages while the last one shown stays. A token that this listing did not give out is refused.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::error::ApiError;

/// How one operation pages.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Names the listing, as `ecs.ListTasks`; the token of another listing is foreign.
    pub listing: &'static str,
    /// The parameter that asks for a size, as messages name it.
    pub size_name: &'static str,
    /// Items on a page where no size is asked for, and the smallest and largest that may be asked for.
    pub default: usize,
    pub min: usize,
    pub max: usize,
    /// The service's error code for a size out of bounds, and for a token that is not one of this listing.
    pub bad_size: &'static str,
    pub bad_token: &'static str,
}

/// A page of items, and the token of the next page where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The page of `items` that `token` (`None`: the first) and `size` (`None`: the rule's default) ask for.
///
/// `key` identifies an item within the listing; the next page starts after the last item's key, or at its
/// place where the item has vanished meanwhile.
pub fn page<T>(
    items: Vec<T>,
    token: Option<&str>,
    size: Option<i64>,
    rule: &Rule,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, ApiError> {
    let size = rule.size(size)?;
    let start = match token {
        None => 0,
        Some(token) => {
            let (position, last) = rule.open(token)?;
            items.iter().position(|item| key(item) == last).map_or(position, |at| at + 1)
        }
    };
    let total = items.len();
    let items: Vec<T> = items.into_iter().skip(start).take(size).collect();
    let next = match items.last() {
        Some(last) if start + items.len() < total => Some(rule.seal(start + items.len() - 1, &key(last))),
        _ => None,
    };
    Ok(Page { items, next })
}

impl Rule {
    fn size(&self, asked: Option<i64>) -> Result<usize, ApiError> {
        let Some(asked) = asked else { return Ok(self.default) };
        let bound = match usize::try_from(asked) {
            Ok(size) if (self.min..=self.max).contains(&size) => return Ok(size),
            Ok(size) if size > self.max => format!("less than or equal to {}", self.max),
            _ => format!("greater than or equal to {}", self.min),
        };
        let message = format!(
            "1 validation error detected: Value '{asked}' at '{}' failed to satisfy constraint: \
             Member must have value {bound}",
            self.size_name
        );
        Err(ApiError::bad_request(self.bad_size, message))
    }

    /// The token of the page after the item `key` at `position`.
    fn seal(&self, position: usize, key: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{:016x}{position}:{key}", self.mark(position, key)))
    }

    /// Position and key in a token of this listing.
    fn open(&self, token: &str) -> Result<(usize, String), ApiError> {
        self.parse(token).ok_or_else(|| ApiError::bad_request(self.bad_token, "The token is not valid."))
    }

    fn parse(&self, token: &str) -> Option<(usize, String)> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (mark, rest) = text.split_at_checked(16)?;
        let (position, key) = rest.split_once(':')?;
        let position = position.parse().ok()?;
        let genuine = u64::from_str_radix(mark, 16).ok()? == self.mark(position, key);
        genuine.then(|| (position, key.to_owned()))
    }

    /// Ties a token to its listing, so that a forged or foreign one shows.
    fn mark(&self, position: usize, key: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.listing, position, key).hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        listing: "ecs.ListTasks",
        size_name: "maxResults",
        default: 10,
        min: 1,
        max: 100,
        bad_size: "InvalidParameterException",
        bad_token: "InvalidParameterException",
    };

    fn get(items: Vec<usize>, token: Option<&str>, size: Option<i64>) -> Result<Page<usize>, ApiError> {
        page(items, token, size, &RULE, ToString::to_string)
    }

    fn all(count: usize, size: Option<i64>) -> (Vec<usize>, usize) {
        let (mut seen, mut token, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = get((0..count).collect(), token.as_deref(), size).unwrap();
            seen.extend(page.items);
            pages += 1;
            token = page.next;
            if token.is_none() {
                return (seen, pages);
            }
        }
    }

    #[test]
    fn every_item_comes_once() {
        for (count, pages) in [(0, 1), (1, 1), (10, 1), (11, 2), (100, 10), (101, 11)] {
            assert_eq!(all(count, None), ((0..count).collect(), pages), "{count} items");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(get((0..200).collect(), None, Some(100)).unwrap().items.len(), 100);
        for size in [0, -1, 101] {
            assert_eq!(get(vec![1], None, Some(size)).unwrap_err().code, "InvalidParameterException");
        }
    }

    #[test]
    fn a_page_goes_on_after_the_last_item_though_others_vanish() {
        let first = get((0..30).collect(), None, None).unwrap();
        let without_some: Vec<usize> = (5..30).collect();
        assert_eq!(get(without_some, first.next.as_deref(), None).unwrap().items[0], 10);
        let without_last: Vec<usize> = (0..30).filter(|item| *item != 9).collect();
        assert_eq!(get(without_last, first.next.as_deref(), None).unwrap().items[0], 10);
    }

    #[test]
    fn forged_and_foreign_tokens_are_refused() {
        let foreign = Rule { listing: "ecs.ListServices", ..RULE };
        let token = page((0..30).collect(), None, None, &foreign, ToString::to_string).unwrap().next.unwrap();
        let forged = URL_SAFE_NO_PAD.encode("00000000000000009:9");
        for token in [token.as_str(), forged.as_str(), "", "e30=", "\u{1F600}"] {
            assert_eq!(get((0..30).collect(), Some(token), None).unwrap_err().code, "InvalidParameterException");
        }
    }
}
