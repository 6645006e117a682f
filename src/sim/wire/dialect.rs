//! The protocols that AWS services speak.

/// The protocol of a request, in which it is also answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Json10,
    Json11,
    Query,
    Ec2,
    Cbor,
}

impl Dialect {
    /// The content type of answers.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::Query => "text/xml",
            Self::Ec2 => "text/xml;charset=UTF-8",
            Self::Cbor => "application/cbor",
        }
    }
}
