//! Listings of EC2: by id, filtered, page by page.

use super::filters::Filters;
use crate::sim::wire::{
    call::Call,
    error::ApiError,
    page::{Rule, page},
};

/// The page rule that most listings of EC2 share.
pub const PAGES: Rule = Rule {
    listing: "ec2",
    size_name: "maxResults",
    default: 1000,
    min: 5,
    max: 1000,
    bad_size: "InvalidParameterValue",
    bad_token: "InvalidNextToken",
};

/// What one operation lists.
pub struct Listing {
    /// Names the listing, as `ec2.DescribeVpcs`.
    pub name: &'static str,
    /// The parameter that lists ids.
    pub ids: &'static str,
    /// Filters that are simulated, besides tags.
    pub filters: &'static [&'static str],
    /// Items on a page at most, and where no size is asked for.
    pub most: usize,
    /// The error for an id that nothing has.
    pub unknown: fn(&str) -> ApiError,
}

/// The page of `items` that the call asks for, and the token of the next one; an unknown id is an error.
pub fn list<T>(
    listing: &Listing,
    call: &Call<'_>,
    items: Vec<T>,
    id: impl Fn(&T) -> &String,
    tags: impl Fn(&T) -> Vec<(String, String)>,
    value: impl Fn(&T, &str) -> String,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let rule = Rule { listing: listing.name, default: listing.most, max: listing.most, ..PAGES };
    let input = call.input;
    let asked = input.texts(listing.ids)?;
    if let Some(unknown) = asked.iter().find(|asked| !items.iter().any(|item| id(item) == *asked)) {
        return Err((listing.unknown)(unknown));
    }
    let filters = Filters::read(input, listing.filters)?;
    let wanted = |item: &T| {
        (asked.is_empty() || asked.contains(id(item))) && filters.match_all(&tags(item), |name| value(item, name))
    };
    let matching = items.into_iter().filter(wanted).collect();
    let page = page(matching, input.text("NextToken")?, input.int("MaxResults")?, &rule, |item| id(item).clone())?;
    Ok((page.items, page.next))
}
