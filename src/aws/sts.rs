//! STS: who the credentials belong to.

use aws_sdk_sts::Client;
use jiff::Timestamp;

use super::{fault, values::text};
use crate::domain::{fault::Fault, query::Identity};

/// sts:GetCallerIdentity. When the credentials end only their provider knows.
pub async fn identity(client: &Client, now: Timestamp) -> Result<Identity, Fault> {
    let output =
        client.get_caller_identity().send().await.map_err(|error| fault::of("sts:GetCallerIdentity", &error, now))?;
    Ok(Identity { account: text(output.account()), arn: text(output.arn()), expires_at: None })
}
