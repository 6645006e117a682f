//! What the front end of every service refuses by itself, before an operation runs.

use super::{dialect::Dialect, error::ApiError};

/// A refusal whose code depends on the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No `Authorization` header.
    MissingToken,
    /// An `Authorization` header that is not SigV4.
    IncompleteSignature,
    /// An operation or service that is not simulated.
    UnknownOperation(String),
    /// A body that the protocol cannot read, and why.
    Malformed(String),
}

impl Fault {
    /// The error as services of this dialect report it. All are the sender's fault, so that clients do not retry.
    pub fn error(&self, dialect: Dialect) -> ApiError {
        use Dialect::{Cbor, Ec2, Json10, Json11, Query};
        match (self, dialect) {
            (Self::MissingToken | Self::IncompleteSignature, Ec2) => {
                ApiError::bad_request("AuthFailure", NOT_VALIDATED).with_status(401)
            }
            (Self::MissingToken, Query) => {
                ApiError::bad_request("MissingAuthenticationToken", MISSING_TOKEN).with_status(403)
            }
            (Self::MissingToken, _) => ApiError::bad_request("MissingAuthenticationTokenException", MISSING_TOKEN),
            (Self::IncompleteSignature, Query) => ApiError::bad_request("IncompleteSignature", INCOMPLETE),
            (Self::IncompleteSignature, _) => ApiError::bad_request("IncompleteSignatureException", INCOMPLETE),
            (Self::UnknownOperation(name), Query | Ec2) => {
                ApiError::bad_request("InvalidAction", format!("Could not find operation {name}"))
            }
            (Self::UnknownOperation(name), Json10 | Json11) => {
                ApiError::bad_request("UnknownOperationException", format!("Unknown operation {name}"))
            }
            (Self::UnknownOperation(name), Cbor) => {
                ApiError::bad_request("UnknownOperationException", format!("Unknown operation {name}")).with_status(404)
            }
            (Self::Malformed(why), Query | Ec2) => ApiError::bad_request("MalformedQueryString", why),
            (Self::Malformed(why), _) => ApiError::bad_request("SerializationException", why),
        }
    }
}

const MISSING_TOKEN: &str = "Request is missing Authentication Token";
const INCOMPLETE: &str =
    "Authorization header requires 'Credential' parameter with a scope of date, region, service and aws4_request.";
const NOT_VALIDATED: &str = "AWS was not able to validate the provided access credentials";
