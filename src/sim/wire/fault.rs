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
    /// Credentials that were good once.
    Expired,
    /// The caller's ARN, what it may not do (`ecs:UpdateService`), and to which resource where the service says so.
    Denied { caller: String, action: String, resource: Option<String> },
    /// Asked too often.
    Throttled,
}

impl Fault {
    /// The error as services of this dialect report it. All but a throttle are the sender's fault, so that clients do
    /// not retry.
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
            (Self::Expired, Ec2) => ApiError::bad_request("RequestExpired", "Request has expired."),
            (Self::Expired, Query) => ApiError::bad_request("ExpiredToken", EXPIRED).with_status(403),
            (Self::Expired, _) => ApiError::bad_request("ExpiredTokenException", EXPIRED),
            (Self::Denied { caller, action, resource }, _) => {
                let message = denial(caller, action, resource.as_deref());
                match dialect {
                    Ec2 => {
                        let message = format!("You are not authorized to perform this operation. {message}");
                        ApiError::bad_request("UnauthorizedOperation", message).with_status(403)
                    }
                    Query => ApiError::bad_request("AccessDenied", message).with_status(403),
                    _ => ApiError::bad_request("AccessDeniedException", message),
                }
            }
            (Self::Throttled, Ec2) => {
                ApiError::bad_request("RequestLimitExceeded", "Request limit exceeded.").with_status(503)
            }
            (Self::Throttled, Query) => ApiError::bad_request("Throttling", "Rate exceeded"),
            (Self::Throttled, _) => ApiError::bad_request("ThrottlingException", "Rate exceeded"),
        }
    }

    /// The same for a service that once spoke Query: in the protocols that it speaks now its codes are still those of
    /// Query, and their shapes those of the protocol.
    pub fn error_with_query_past(&self, dialect: Dialect) -> ApiError {
        let mut error = self.error(dialect);
        if matches!(self, Self::Expired | Self::Denied { .. } | Self::Throttled) {
            error.code = self.error(Dialect::Query).code;
        }
        error
    }
}

/// IAM's sentence about what is allowed by no policy.
fn denial(caller: &str, action: &str, resource: Option<&str>) -> String {
    let on = resource.map(|resource| format!(" on resource: {resource}")).unwrap_or_default();
    format!(
        "User: {caller} is not authorized to perform: {action}{on} because no identity-based policy allows the \
         {action} action"
    )
}

const EXPIRED: &str = "The security token included in the request is expired";
const MISSING_TOKEN: &str = "Request is missing Authentication Token";
const INCOMPLETE: &str =
    "Authorization header requires 'Credential' parameter with a scope of date, region, service and aws4_request.";
const NOT_VALIDATED: &str = "AWS was not able to validate the provided access credentials";
