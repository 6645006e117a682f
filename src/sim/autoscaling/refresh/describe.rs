//! `DescribeInstanceRefreshes`.

use super::{
    super::{State, describe::GROUPS},
    Refresh,
};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        page::{Rule, page},
        value::Value,
    },
};

const RULE: Rule = Rule { listing: "autoscaling.DescribeInstanceRefreshes", ..GROUPS };

/// Those of one group, newest first.
pub fn describe(state: &mut State, call: &Call<'_>) -> Reply {
    let input = call.input;
    let group = state.group(call)?.name.clone();
    let ids = input.texts("InstanceRefreshIds")?;
    let refreshes = state.refreshes.iter().filter(|refresh| refresh.group == group);
    let refreshes: Vec<&Refresh> = refreshes.filter(|it| ids.is_empty() || ids.contains(&it.id)).collect();
    let (token, size) = (input.text("NextToken")?, input.int("MaxRecords")?);
    let page = page(refreshes, token, size, &RULE, |refresh| refresh.id.clone())?;
    let refreshes = page.items.into_iter().map(|it| shape! { "InstanceRefreshId" => &it.id });
    Ok(shape! { "InstanceRefreshes" => Value::list(refreshes), "NextToken" => page.next })
}
