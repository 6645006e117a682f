//! GetDimensionValues and GetTags: what there is to filter and group by.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    super::{
        billing,
        wire::{
            call::{Call, Reply},
            error::ApiError,
            page::{Page, Rule},
            value::{Value, shape},
        },
        world::World,
    },
    filter::{Aspect, Expression, Subject, TAG},
    get_cost_and_usage::described,
    missing,
    paging::{self, Asked, page_of},
    period::{Granularity, Period},
};

pub fn answer(world: &mut World, call: &Call<'_>) -> Reply {
    let input = call.input;
    let dimension = Aspect::dimension(input.text("Dimension")?.ok_or_else(|| missing("dimension"))?)?;
    let found = values(world, call, &dimension)?;
    let total = found.len();
    let page = page(world, call, &found, &paging::VALUES)?;
    let is_account = dimension == Aspect::Dimension("LINKED_ACCOUNT");
    let told = |value: &String| {
        if is_account {
            described(value)
        } else {
            shape! { "Value" => value, "Attributes" => Value::empty() }
        }
    };
    Ok(shape! {
        "DimensionValues" => Value::list(page.items.iter().map(told)),
        "ReturnSize" => page.items.len(),
        "TotalSize" => total,
        "NextPageToken" => page.next,
    })
}

/// The tag keys, or the values of one key: the empty one for what is not tagged.
pub fn tags(world: &mut World, call: &Call<'_>) -> Reply {
    let found = match call.input.text("TagKey")? {
        Some(key) => values(world, call, &Aspect::Tag(key.to_owned()))?,
        None => vec![TAG.to_owned()],
    };
    let total = found.len();
    let page = page(world, call, &found, &paging::TAGS)?;
    Ok(shape! {
        "NextPageToken" => page.next,
        "Tags" => Value::list(page.items.iter()),
        "ReturnSize" => page.items.len(),
        "TotalSize" => total,
    })
}

fn page(world: &World, call: &Call<'_>, found: &[String], rule: &Rule) -> Result<Page<String>, ApiError> {
    let (token, size) = (call.input.text("NextPageToken")?, call.input.int("MaxResults")?);
    let request = (&call.place.account, call.operation, found);
    let asked = Asked { token, size, now: world.now };
    page_of(found.to_vec(), asked, &request, rule, String::clone)
}

/// The values that the filtered bill of the period has, in the order of the alphabet, or as `SortBy` says, of their cost.
fn values(world: &World, call: &Call<'_>, aspect: &Aspect) -> Result<Vec<String>, ApiError> {
    let input = call.input;
    let period = Period::read(input, Granularity::Daily)?.past(Granularity::Daily, world.now)?;
    let filter = Expression::read(input)?;
    let wanted = input.text("SearchString")?.unwrap_or_default().to_lowercase();
    let account = call.place.account.as_str();
    let mut found: BTreeMap<String, Decimal> = BTreeMap::new();
    for stretch in period.stretches(Granularity::Monthly) {
        for line in billing::lines(world, account, &stretch.hours) {
            let subject = Subject { account, usage: line.usage };
            if filter.admits(subject) {
                *found.entry(aspect.value(subject)).or_default() += line.cost();
            }
        }
    }
    let mut found: Vec<_> = found.into_iter().filter(|(value, _)| value.to_lowercase().contains(&wanted)).collect();
    if let Some(order) = input.items("SortBy")?.first() {
        found.sort_by_key(|(_, cost)| *cost);
        if order.text("SortOrder")? != Some("ASCENDING") {
            found.reverse();
        }
    }
    Ok(found.into_iter().map(|(value, _)| value).collect())
}
