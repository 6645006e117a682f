//! One decoded request.

use super::{super::world::Place, error::ApiError, input::Input, value::Value};

/// What a service is asked, whatever the protocol.
#[derive(Debug)]
pub struct Call<'a> {
    /// The operation's name, as `DescribeServices`.
    pub operation: &'a str,
    pub input: Input<'a>,
    /// From the access key (account) and the credential scope (region).
    pub place: Place,
    /// The access key id, from which the caller's ARN follows.
    pub access_key: &'a str,
    /// The HTTP attempt's request id, also sent as a header.
    pub request_id: &'a str,
}

/// What a service answers. `Value::Absent` says that the operation has no output, `Value::empty()` that its output
/// has no members.
pub type Reply = Result<Value, ApiError>;
