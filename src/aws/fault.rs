//! From the SDK's errors to faults: sorted by wire code and error type.

use std::{error::Error, io, iter::successors};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use hyper_util::client::legacy;
use jiff::Timestamp;

use super::body;
use crate::domain::{
    fault::{Fault, FaultKind},
    text::SafeText,
};

/// What credential providers say of sessions that are over and of their own slowness. Their error types are
/// private and carry no code, so these beginnings of their texts are all there is to tell it by.
const PROVIDERS_SAY: [(&str, FaultKind); 5] = [
    ("the SSO token has expired", FaultKind::Expired),
    ("failed to load the cached SSO token", FaultKind::Expired),
    ("cached Login token is expired", FaultKind::Expired),
    ("UnauthorizedException", FaultKind::Expired),
    ("identity resolver timed out", FaultKind::TimedOut),
];

/// The fault that an SDK call of `operation` (as `ecs:DescribeServices`) ended with at `now`.
pub fn of<E>(operation: &str, error: &SdkError<E, HttpResponse>, now: Timestamp) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (code, message) = match (code(error), error.raw_response()) {
        (Some(code), _) => (code.into(), message(error).map_or_else(|| context(error), SafeText::from)),
        (None, Some(answer)) => (format!("HTTP {}", answer.status()).into(), unreadable(error, answer)),
        (None, None) => (variant(error).into(), context(error)),
    };
    let request_id = error.request_id().map(SafeText::new);
    Fault { kind: kind(error), operation: operation.into(), code, message, request_id, at: now }
}

/// The fault of an answer that does not hold `what` was asked for.
pub fn not_in_answer(operation: &str, what: &str, now: Timestamp) -> Fault {
    Fault {
        kind: FaultKind::Missing,
        operation: operation.into(),
        code: "MISSING".into(),
        message: format!("{what} is not in the answer").into(),
        request_id: None,
        at: now,
    }
}

/// What sort of fault a code on the wire stands for; `None` for one that only says "no".
pub fn kind_of_code(code: &str) -> Option<FaultKind> {
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => FaultKind::Expired,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "RequestTimeTooSkewed"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "OptInRequired" => FaultKind::Credentials,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized" => FaultKind::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException" => FaultKind::Throttled,
        "RequestTimeout" | "RequestTimeoutException" => FaultKind::TimedOut,
        _ if code.ends_with("NotFound") || code.ends_with("NotFoundException") => FaultKind::Missing,
        _ => return None,
    })
}

fn kind<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> FaultKind {
    if let Some(kind) = credentials_kind(error) {
        return kind;
    }
    match error {
        SdkError::TimeoutError(_) => FaultKind::TimedOut,
        SdkError::DispatchFailure(failure) if !failure.is_user() => {
            let of_the_way = || match failure {
                _ if was_not_sent(error) => FaultKind::Unreachable,
                it if it.is_timeout() => FaultKind::TimedOut,
                _ => FaultKind::Lost,
            };
            chain(error).find_map(said_kind).unwrap_or_else(of_the_way)
        }
        SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) => FaultKind::Rejected,
        _ => {
            let code = code(error);
            let by_status = match error.raw_response().map(|it| it.status().as_u16()) {
                Some(429) => FaultKind::Throttled,
                Some(500..) => FaultKind::Server,
                _ if code.is_none() => FaultKind::Garbled,
                _ => FaultKind::Rejected,
            };
            code.and_then(|it| kind_of_code(&it)).unwrap_or(by_status)
        }
    }
}

/// The code on the wire: as the SDK read it, or as a refusal spells it in another protocol than the call's, which
/// proxies and emulators do.
fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    error.code().map(ToOwned::to_owned).or_else(|| body::error_code(refusal(error)?))
}

/// The message beside that code.
fn message<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    error.message().map(ToOwned::to_owned).or_else(|| body::error_message(refusal(error)?))
}

/// The body of an answer that is no success.
fn refusal<E>(error: &SdkError<E, HttpResponse>) -> Option<&[u8]> {
    error.raw_response().filter(|it| !it.status().is_success())?.body().bytes()
}

/// The fault of a call that never left because no credentials could be had.
fn credentials_kind(error: &(dyn Error + 'static)) -> Option<FaultKind> {
    let mut causes = chain(error).skip_while(|it| !it.is::<CredentialsError>()).peekable();
    if let CredentialsError::ProviderTimedOut(_) = causes.peek()?.downcast_ref()? {
        return Some(FaultKind::TimedOut);
    }
    causes.find_map(cause_kind).or(Some(FaultKind::Credentials))
}

/// Whether the call was not even sent: it could not be built or signed, or no connection was made.
pub(super) fn never_left<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_user() || was_not_sent(error),
        _ => false,
    }
}

/// Whether an error of the way to AWS came before anything was sent.
pub(super) fn was_not_sent(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(is_before_sending)
}

fn is_before_sending(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<CredentialsError>()
        || cause.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect)
        || cause.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::ConnectionRefused)
}

/// What one of the causes below a credentials error says by itself.
fn cause_kind(cause: &(dyn Error + 'static)) -> Option<FaultKind> {
    use aws_sdk_sts::operation::{
        assume_role::AssumeRoleError, assume_role_with_web_identity::AssumeRoleWithWebIdentityError,
    };
    if let Some(error) = cause.downcast_ref::<AssumeRoleError>() {
        return error.code().and_then(kind_of_code);
    }
    if let Some(error) = cause.downcast_ref::<AssumeRoleWithWebIdentityError>() {
        return error.code().and_then(kind_of_code);
    }
    if let Some(error) = cause.downcast_ref::<ConnectorError>() {
        return Some(if error.is_timeout() { FaultKind::TimedOut } else { FaultKind::Unreachable });
    }
    said_kind(cause)
}

/// What a provider's text alone tells.
fn said_kind(cause: &(dyn Error + 'static)) -> Option<FaultKind> {
    let said = cause.to_string();
    PROVIDERS_SAY.iter().find(|(beginning, _)| said.starts_with(beginning)).map(|(_, kind)| *kind)
}

/// The SDK's word for a call that nothing answered.
fn variant<E>(error: &SdkError<E, HttpResponse>) -> &'static str {
    match error {
        SdkError::ConstructionFailure(_) => "ConstructionFailure",
        SdkError::TimeoutError(_) => "TimeoutError",
        _ => "DispatchFailure",
    }
}

/// What to say of an answer that names no code: the beginning of a web page, or else where reading it stopped.
fn unreadable(error: &(dyn Error + 'static), answer: &HttpResponse) -> SafeText {
    const SHOWN: usize = 160;
    let innermost = || chain(error).last().map(ToString::to_string).unwrap_or_default();
    let Some(body) = answer.body().bytes() else {
        // The SDK replaces the stream by its bytes once it has read it to the end.
        return format!("an answer that broke off: {}", innermost()).into();
    };
    let body = String::from_utf8_lossy(body);
    if body.trim().is_empty() {
        return "an empty answer".into();
    }
    if body.to_ascii_lowercase().contains("<html") {
        let words: Vec<&str> = body.split_whitespace().collect();
        let page: String = words.join(" ").chars().take(SHOWN).collect();
        return format!("a web page, not an answer of AWS: {page}").into();
    }
    format!("an answer that cannot be read: {}", innermost()).into()
}

/// An error and what caused it, outermost first, each said once.
fn context(error: &(dyn Error + 'static)) -> SafeText {
    let mut said = String::new();
    for cause in chain(error) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&cause);
        }
    }
    SafeText::new(&said)
}

/// An error and what caused it, outermost first.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&it| it.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credential and permission codes of every protocol, with what they mean.
    const CODES: [(&str, Option<FaultKind>); 16] = [
        ("ExpiredTokenException", Some(FaultKind::Expired)),
        ("ExpiredToken", Some(FaultKind::Expired)),
        ("RequestExpired", Some(FaultKind::Expired)),
        ("UnrecognizedClientException", Some(FaultKind::Credentials)),
        ("InvalidClientTokenId", Some(FaultKind::Credentials)),
        ("AuthFailure", Some(FaultKind::Credentials)),
        ("SignatureDoesNotMatch", Some(FaultKind::Credentials)),
        ("AccessDeniedException", Some(FaultKind::Denied)),
        ("UnauthorizedOperation", Some(FaultKind::Denied)),
        ("ThrottlingException", Some(FaultKind::Throttled)),
        ("RequestLimitExceeded", Some(FaultKind::Throttled)),
        ("ClusterNotFoundException", Some(FaultKind::Missing)),
        ("TargetGroupNotFound", Some(FaultKind::Missing)),
        ("InvalidInstanceID.NotFound", Some(FaultKind::Missing)),
        ("ValidationError", None),
        ("LimitExceededException", None),
    ];

    #[test]
    fn codes_are_sorted_by_what_the_operator_can_do() {
        for (code, kind) in CODES {
            assert_eq!(kind_of_code(code), kind, "{code}");
        }
    }

    fn unsent(cause: CredentialsError) -> SdkError<aws_sdk_sts::operation::assume_role::AssumeRoleError, HttpResponse> {
        SdkError::dispatch_failure(ConnectorError::other(cause.into(), None))
    }

    #[test]
    fn an_expired_session_is_told_from_missing_credentials() {
        let expired = CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        let fault = of("ecs:ListClusters", &unsent(expired), Timestamp::UNIX_EPOCH);
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Expired, "DispatchFailure"));
        let none = CredentialsError::not_loaded("no providers in chain provided credentials");
        assert_eq!(of("ecs:ListClusters", &unsent(none), Timestamp::UNIX_EPOCH).kind, FaultKind::Credentials);
    }

    #[test]
    fn a_role_that_may_not_be_assumed_is_denied() {
        use aws_smithy_types::error::ErrorMetadata;
        let denied = aws_sdk_sts::operation::assume_role::AssumeRoleError::generic(
            ErrorMetadata::builder().code("AccessDenied").message("not authorized to perform: sts:AssumeRole").build(),
        );
        let fault = of("ecs:ListClusters", &unsent(CredentialsError::provider_error(denied)), Timestamp::UNIX_EPOCH);
        assert_eq!(fault.kind, FaultKind::Denied);
    }
}
