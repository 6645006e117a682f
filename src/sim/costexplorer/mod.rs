//! AWS Cost Explorer: the bill of an account, filtered, grouped, paged and looked ahead (`aws-reference.md` §6).
//!
//! ```text
//! call ─▶ request (period, filter, groups, metrics) ─▶ billing::lines ─▶ rows ─▶ page ─▶ ResultsByTime
//! ```
//!
//! It answers in us-east-1 alone. Every request that it answers costs 0.01 USD, and is on the bill itself.

mod filter;
mod get_cost_and_usage;
mod get_cost_forecast;
mod get_dimension_values;
mod paging;
mod period;
mod sums;
#[cfg(test)]
mod tests;

pub use self::period::{day_of, midnight};
use super::{
    billing,
    wire::{
        call::{Call, Reply},
        error::ApiError,
    },
    world::World,
};

/// The one region that Cost Explorer and Budgets answer in.
const REGION: &str = "us-east-1";
/// The account in which nobody has switched Cost Explorer on.
const OFF: &str = "777788889999";

/// The operations of Cost Explorer; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let operation = match call.operation {
        "GetCostAndUsage" => get_cost_and_usage::answer,
        "GetCostForecast" => get_cost_forecast::answer,
        "GetDimensionValues" => get_dimension_values::answer,
        "GetTags" => get_dimension_values::tags,
        _ => return None,
    };
    let reply = open_for(world, call).and_then(|()| operation(world, call));
    if reply.is_ok() {
        billing::note_request(world, &call.place);
    }
    Some(reply)
}

/// Refuses whoever cannot be answered whatever is asked.
fn open_for(world: &World, call: &Call<'_>) -> Result<(), ApiError> {
    at_home(call)?;
    let account = &call.place.account;
    if account == OFF || world.edge.closes_cost_explorer(account) {
        return Err(ApiError::bad_request("AccessDeniedException", "User not enabled for cost explorer access"));
    }
    if !billing::is_billed(world, account) {
        return Err(ApiError::bad_request("DataUnavailableException", NO_DATA));
    }
    Ok(())
}

/// Refuses a call that is signed for another region than the one it is answered in.
pub fn at_home(call: &Call<'_>) -> Result<(), ApiError> {
    if call.place.region == REGION {
        return Ok(());
    }
    let message = format!("Credential should be scoped to a valid region, not '{}'.", call.place.region);
    Err(ApiError::bad_request("InvalidSignatureException", message))
}

const NO_DATA: &str = "Data is not available. Please try to adjust the time period. If just enabled Cost Explorer, data \
                       might not be ingested yet";

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationException", message)
}

fn missing(name: &str) -> ApiError {
    invalid(format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    ))
}
