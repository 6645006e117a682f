//! Pages: a token belongs to one request and to the bill as it stood.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use super::super::{
    billing::refreshed,
    wire::{
        error::ApiError,
        page::{Page, Rule, page},
    },
};

/// A page of at most so many items.
const fn rule(listing: &'static str) -> Rule {
    Rule {
        listing,
        size_name: "maxResults",
        default: 2_000,
        min: 1,
        max: 2_000,
        bad_size: "ValidationException",
        bad_token: "InvalidNextTokenException",
    }
}

pub const RESULTS: Rule = rule("ce.GetCostAndUsage");
pub const VALUES: Rule = rule("ce.GetDimensionValues");
pub const TAGS: Rule = rule("ce.GetTags");

/// What a page is asked by.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub token: Option<&'a str>,
    pub size: Option<i64>,
    pub now: Timestamp,
}

/// The page of `items` that is asked for. `request` is everything else that was asked: another one is refused with the
/// same token, and so is the same one once the bill has been brought up to date.
pub fn page_of<T>(
    items: Vec<T>,
    asked: Asked<'_>,
    request: &impl Hash,
    rule: &Rule,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, ApiError> {
    let mut hasher = DefaultHasher::new();
    request.hash(&mut hasher);
    let (print, version) = (format!("{:016x}", hasher.finish()), refreshed(asked.now).to_string());
    let inner = match asked.token {
        None => None,
        Some(token) => {
            let parts: Vec<&str> = token.splitn(3, '.').collect();
            match parts.as_slice() {
                [known, _, _] if *known != print => return Err(changed()),
                [_, known, _] if *known != version => return Err(expired()),
                [_, _, inner] => Some(*inner),
                _ => Some(token),
            }
        }
    };
    let found = page(items, inner, asked.size, rule, key)?;
    Ok(Page { next: found.next.map(|inner| format!("{print}.{version}.{inner}")), items: found.items })
}

fn changed() -> ApiError {
    let message = "Your request parameters changed between pages. Try again with the old parameters or without a \
                   pagination token.";
    ApiError::bad_request("RequestChangedException", message)
}

fn expired() -> ApiError {
    let message = "The requested report expired. Update the date interval and try again.";
    ApiError::bad_request("BillExpirationException", message)
}
