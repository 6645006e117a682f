//! How a write ended, by what is certain: taken, certainly not, or unknown.
//!
//! Invariant: "certainly not" is only said where the call never left, or where AWS itself said no.

use std::error::Error;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::fault;
use crate::domain::{
    fault::{Fault, FaultKind},
    write::WriteOutcome,
};

/// Refusals that come with a server's status although nothing was done.
const REFUSALS: [&str; 2] = ["ConcurrentUpdateException", "ConflictException"];

/// How a write of `operation` ended that did not succeed.
pub fn of<E>(operation: &str, error: &SdkError<E, HttpResponse>, now: Timestamp) -> WriteOutcome
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let fault = fault::of(operation, error, now);
    if fault::never_left(error) || was_refused(error, &fault) {
        WriteOutcome::Refused(fault)
    } else {
        WriteOutcome::Unknown(fault)
    }
}

/// Whether AWS, or what stands before it, said no: a status of the 4xx says that nothing was done, but for 408, which
/// says that the server has waited long enough.
fn was_refused<E>(error: &SdkError<E, HttpResponse>, fault: &Fault) -> bool {
    let status = error.raw_response().map(|it| it.status().as_u16());
    fault.kind == FaultKind::Throttled && status.is_some()
        || REFUSALS.contains(&fault.code.as_str())
        || status.is_some_and(|it| (400..500).contains(&it) && it != 408)
}

#[cfg(test)]
mod tests {
    use std::io;

    use aws_credential_types::provider::error::CredentialsError;
    use aws_sdk_ecs::operation::update_service::UpdateServiceError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

    use super::*;

    fn answered(status: u16, code: &str) -> SdkError<UpdateServiceError, HttpResponse> {
        let metadata = ErrorMetadata::builder().code(code).build();
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        SdkError::service_error(UpdateServiceError::generic(metadata), response)
    }

    fn is_certain(error: &SdkError<UpdateServiceError, HttpResponse>) -> bool {
        matches!(of("ecs:UpdateService", error, Timestamp::UNIX_EPOCH), WriteOutcome::Refused(_))
    }

    #[test]
    fn what_aws_refuses_has_not_happened() {
        let cases = [
            (400, "AccessDeniedException", true),
            (400, "ThrottlingException", true),
            (503, "RequestLimitExceeded", true),
            (500, "ConcurrentUpdateException", true),
            (408, "RequestTimeout", false),
            (500, "ServerException", false),
            (503, "ServiceUnavailable", false),
        ];
        for (status, code, certain) in cases {
            assert_eq!(is_certain(&answered(status, code)), certain, "{status} {code}");
        }
    }

    #[test]
    fn what_was_cut_off_may_have_happened() {
        let broken = |kind: io::ErrorKind| SdkError::dispatch_failure(ConnectorError::io(io::Error::from(kind).into()));
        assert!(!is_certain(&broken(io::ErrorKind::ConnectionReset)));
        assert!(is_certain(&broken(io::ErrorKind::ConnectionRefused)));
        assert!(!is_certain(&SdkError::timeout_error("no answer")));
        let unsigned = CredentialsError::not_loaded("no credentials");
        assert!(is_certain(&SdkError::dispatch_failure(ConnectorError::other(unsigned.into(), None))));
    }

    #[test]
    fn an_answer_that_cannot_be_read_says_nothing() {
        let response = |status: u16| HttpResponse::new(status.try_into().unwrap(), SdkBody::from("<html>"));
        let garbled = |status| SdkError::response_error("unreadable", response(status));
        assert!(!is_certain(&garbled(200)) && !is_certain(&garbled(502)));
        assert!(is_certain(&garbled(403)), "a proxy that refuses passes nothing on");
    }
}
