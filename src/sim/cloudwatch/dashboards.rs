//! `ListDashboards` and `GetDashboard`.

use super::{State, required};
use crate::sim::wire::{
    call::{Call, Reply},
    error::ApiError,
    page::{Rule, page},
    value::{Value, shape},
};

const DASHBOARDS: Rule = Rule {
    listing: "cloudwatch.ListDashboards",
    size_name: "maxRecords",
    default: 1000,
    min: 1,
    max: 1000,
    bad_size: "InvalidParameterValue",
    bad_token: "InvalidParameterValue",
};

/// A dashboard: its body, which is JSON in text, and when it was put.
#[derive(Debug)]
pub struct Dashboard {
    pub body: String,
    pub modified: jiff::Timestamp,
}

pub fn list(state: &State, call: &Call<'_>) -> Reply {
    let prefix = call.input.text("DashboardNamePrefix")?.unwrap_or_default();
    let found = state.dashboards.iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    let page = page(found, call.input.text("NextToken")?, None, &DASHBOARDS, |(name, _)| (*name).clone())?;
    let entries = page.items.into_iter().map(|(name, dashboard)| {
        shape! {
            "DashboardName" => name,
            "DashboardArn" => arn(call, name),
            "LastModified" => dashboard.modified,
            "Size" => dashboard.body.len(),
        }
    });
    Ok(shape! { "DashboardEntries" => Value::list(entries), "NextToken" => page.next })
}

pub fn get(state: &State, call: &Call<'_>) -> Reply {
    let name = required(call.input, "DashboardName")?;
    let dashboard = state.dashboards.get(name).ok_or_else(|| {
        ApiError::bad_request("ResourceNotFound", format!("Dashboard {name} does not exist")).with_status(404)
    })?;
    Ok(shape! { "DashboardArn" => arn(call, name), "DashboardBody" => &dashboard.body, "DashboardName" => name })
}

/// Dashboards belong to the account, not to a region.
fn arn(call: &Call<'_>, name: &str) -> String {
    format!("arn:aws:cloudwatch::{}:dashboard/{name}", call.place.account)
}
