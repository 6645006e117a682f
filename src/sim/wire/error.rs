//! An AWS error before a protocol spells it.

/// What an operation answers when it does not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The code as it stands on the wire (`ClusterNotFoundException`, `ValidationError` …).
    pub code: String,
    pub message: String,
    /// HTTP status; 4xx blames the sender, 5xx the receiver.
    pub status: u16,
}

impl ApiError {
    /// A sender's fault: HTTP 400.
    pub fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), status: 400 }
    }

    /// The same error under another HTTP status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// A parameter of the wrong type, as every protocol's front end reports it.
    pub fn serialization(name: &str, wanted: &str) -> Self {
        Self::bad_request("SerializationException", format!("{name} must be {wanted}"))
    }
}
