//! An answer, spelt in the dialect of the request (`aws-reference.md` §9.1–9.4).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};

use super::{cbor, dialect::Dialect, error::ApiError, json, value::Value, xml};
use crate::{shape, sim::pace};

/// EC2 declares its documents, the Query services do not.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Everything that an answer's envelope names.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    pub dialect: Dialect,
    pub operation: &'a str,
    /// The namespace of the service's XML documents.
    pub xmlns: &'a str,
    /// Set for a service that once spoke Query and whose shapes are named differently from its codes:
    /// the shape name of a code.
    pub shape_of_code: Option<fn(&str) -> &str>,
    pub request_id: &'a str,
}

impl Outgoing<'_> {
    /// HTTP 200 with the operation's output.
    ///
    /// `Value::Absent` says that the operation has no output: Query then has no `…Result` element, which an
    /// output without members (`Value::empty()`) does have.
    pub fn success(&self, output: &Value) -> Response<Bytes> {
        let body = match self.dialect {
            Dialect::Json10 | Dialect::Json11 => json::encode(output),
            Dialect::Cbor => cbor::encode(output),
            Dialect::Query => self.query_body(output),
            Dialect::Ec2 => self.ec2_body(output),
        };
        self.response(StatusCode::OK, body)
    }

    /// The error under its HTTP status.
    pub fn failure(&self, error: &ApiError) -> Response<Bytes> {
        let error = &self.in_dialect(error);
        let body = match self.dialect {
            Dialect::Json10 | Dialect::Json11 => json::encode(&self.typed(error)),
            Dialect::Cbor => cbor::encode(&self.typed(error)),
            Dialect::Query => self.query_error(error),
            Dialect::Ec2 => self.ec2_error(error),
        };
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = self.response(status, body);
        let typed = matches!(self.dialect, Dialect::Json10 | Dialect::Json11 | Dialect::Cbor);
        if typed && self.shape_of_code.is_some() {
            let query_error = format!("{};{}", error.code, blame(error));
            if let Ok(value) = HeaderValue::from_str(&query_error) {
                response.headers_mut().insert("x-amzn-query-error", value);
            }
        }
        response
    }

    /// Query's front ends report a parameter of the wrong type under other codes than JSON's.
    fn in_dialect(&self, error: &ApiError) -> ApiError {
        let code = match (error.code.as_str(), self.dialect) {
            ("SerializationException", Dialect::Query) => "MalformedInput",
            ("SerializationException", Dialect::Ec2) => "InvalidParameterValue",
            (code, _) => code,
        };
        ApiError { code: code.to_owned(), ..error.clone() }
    }

    fn typed(&self, error: &ApiError) -> Value {
        let name = self.shape_of_code.map_or(error.code.as_str(), |shape_of| shape_of(&error.code));
        shape! { "__type" => name, "message" => &error.message }
    }

    fn query_body(&self, output: &Value) -> Bytes {
        let Self { operation, xmlns, request_id, .. } = self;
        let result = match output {
            Value::Absent => String::new(),
            output => format!("<{operation}Result>{}</{operation}Result>", xml::members(output, "member")),
        };
        Bytes::from(format!(
            "<{operation}Response xmlns=\"{xmlns}\">{result}<ResponseMetadata><RequestId>{request_id}</RequestId>\
             </ResponseMetadata></{operation}Response>"
        ))
    }

    fn ec2_body(&self, output: &Value) -> Bytes {
        let Self { operation, xmlns, request_id, .. } = self;
        let members = xml::members(output, "item");
        Bytes::from(format!(
            "{DECLARATION}<{operation}Response xmlns=\"{xmlns}\"><requestId>{request_id}</requestId>{members}\
             </{operation}Response>"
        ))
    }

    fn query_error(&self, error: &ApiError) -> Bytes {
        let members = shape! {
            "Error" => shape! { "Type" => blame(error), "Code" => &error.code, "Message" => &error.message },
            "RequestId" => self.request_id,
        };
        let (xmlns, members) = (self.xmlns, xml::members(&members, "member"));
        Bytes::from(format!("<ErrorResponse xmlns=\"{xmlns}\">{members}</ErrorResponse>"))
    }

    fn ec2_error(&self, error: &ApiError) -> Bytes {
        let members = shape! {
            "Errors" => shape! { "Error" => shape! { "Code" => &error.code, "Message" => &error.message } },
            "RequestID" => self.request_id,
        };
        Bytes::from(format!("{DECLARATION}<Response>{}</Response>", xml::members(&members, "item")))
    }

    fn response(&self, status: StatusCode, body: Bytes) -> Response<Bytes> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.dialect.content_type()));
        if self.dialect == Dialect::Cbor {
            headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
        }
        if let Ok(id) = HeaderValue::from_str(self.request_id) {
            headers.insert("x-amzn-requestid", id);
        }
        if let Some(date) = http_date(pace::wall_clock()) {
            headers.insert(header::DATE, date);
        }
        response
    }
}

fn blame(error: &ApiError) -> &'static str {
    if error.status < 500 { "Sender" } else { "Receiver" }
}

/// The SDK takes `Date` for the service's clock and signs by it, so it is real time, never the world's
/// (`aws-reference.md` §8.4).
fn http_date(now: Timestamp) -> Option<HeaderValue> {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?;
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(dialect: Dialect) -> Outgoing<'static> {
        Outgoing { dialect, operation: "DescribeX", xmlns: "http://x/", shape_of_code: None, request_id: "r-1" }
    }

    fn text(response: &Response<Bytes>) -> &str {
        std::str::from_utf8(response.body()).unwrap()
    }

    #[test]
    fn query_tells_no_output_from_an_empty_one() {
        let none = outgoing(Dialect::Query).success(&Value::Absent);
        let metadata = "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></DescribeXResponse>";
        assert_eq!(text(&none), format!("<DescribeXResponse xmlns=\"http://x/\">{metadata}"));
        let empty = outgoing(Dialect::Query).success(&Value::empty());
        assert_eq!(
            text(&empty),
            format!("<DescribeXResponse xmlns=\"http://x/\"><DescribeXResult></DescribeXResult>{metadata}")
        );
    }

    #[test]
    fn errors_have_the_envelope_of_their_protocol() {
        let error = ApiError::bad_request("Odd", "a < b").with_status(503);
        assert_eq!(
            text(&outgoing(Dialect::Query).failure(&error)),
            "<ErrorResponse xmlns=\"http://x/\"><Error><Type>Receiver</Type><Code>Odd</Code>\
             <Message>a &lt; b</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        );
        assert!(text(&outgoing(Dialect::Ec2).failure(&error)).ends_with(
            "<Response><Errors><Error><Code>Odd</Code><Message>a &lt; b</Message></Error></Errors>\
             <RequestID>r-1</RequestID></Response>"
        ));
        let json = outgoing(Dialect::Json11).failure(&error);
        assert_eq!((json.status().as_u16(), text(&json)), (503, r#"{"__type":"Odd","message":"a < b"}"#));
    }

    #[test]
    fn a_service_with_a_query_past_says_its_old_code_in_a_header() {
        let shape_of: fn(&str) -> &str = |_| "OddFault";
        let outgoing = Outgoing { shape_of_code: Some(shape_of), ..outgoing(Dialect::Json10) };
        let response = outgoing.failure(&ApiError::bad_request("Odd", "m"));
        assert_eq!(response.headers()["x-amzn-query-error"], "Odd;Sender");
        assert_eq!(text(&response), r#"{"__type":"OddFault","message":"m"}"#);
    }

    #[test]
    fn every_answer_has_an_id_and_a_date() {
        let response = outgoing(Dialect::Cbor).success(&Value::Absent);
        assert_eq!(response.headers()["x-amzn-requestid"], "r-1");
        assert_eq!(response.headers()["smithy-protocol"], "rpc-v2-cbor");
        let time = Timestamp::from_second(1_767_323_045).unwrap();
        assert_eq!(http_date(time).unwrap(), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert!(response.headers().contains_key(header::DATE));
    }
}
