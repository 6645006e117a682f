//! A request, decoded: which protocol, which operation of which service, with what input (`aws-reference.md` §9.0).

use std::{borrow::Cow, io::Read};

use bytes::Bytes;
use http::{HeaderMap, Request, header};

use super::{cbor, dialect::Dialect, fault::Fault, json, query, value::Value};

/// The largest body that is read, also after decompression; far above any AWS limit that matters here.
pub const LARGEST_BODY: usize = 8 << 20;

/// The `Version` of EC2's API, which alone speaks ec2Query.
const EC2_VERSION: &str = "2016-11-15";

/// What a request asks for. Dialect and names are known even where the input cannot be read, so that the
/// refusal can be spelt in the caller's protocol.
#[derive(Debug)]
pub struct Incoming {
    pub dialect: Dialect,
    /// What names the service: the target prefix (awsJson), the path's service (CBOR), the `Version` (Query).
    pub address: String,
    pub operation: String,
    pub input: Result<Value, Fault>,
}

impl Incoming {
    /// Reads `request`, whatever it is; what is no AWS protocol has an empty address.
    pub fn read(request: &Request<Bytes>) -> Self {
        let body = plain_body(request);
        if let Some((service, operation)) = cbor_path(request.uri().path()) {
            let input = body.and_then(|body| cbor::decode(&body));
            return Self {
                dialect: Dialect::Cbor,
                address: service.to_owned(),
                operation: operation.to_owned(),
                input,
            };
        }
        if let Some(target) = text_header(request.headers(), "x-amz-target") {
            let (prefix, operation) = target.rsplit_once('.').unwrap_or((target, ""));
            let input = body.and_then(|body| json::decode(&body));
            let dialect = json_dialect(request.headers());
            return Self { dialect, address: prefix.to_owned(), operation: operation.to_owned(), input };
        }
        Self::read_query(request, body)
    }

    fn read_query(request: &Request<Bytes>, body: Result<Cow<'_, [u8]>, Fault>) -> Self {
        let content_type = text_header(request.headers(), header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let form = match request.uri().query() {
            Some(parameters) if parameters.contains("Action=") => Ok(Cow::Borrowed(parameters.as_bytes())),
            _ if content_type.starts_with("application/x-www-form-urlencoded") => body,
            _ => {
                let operation = format!("{} {}", request.method(), request.uri().path());
                let (dialect, input) = (json_dialect(request.headers()), Ok(Value::empty()));
                return Self { dialect, address: String::new(), operation, input };
            }
        };
        let input = form.and_then(|form| query::decode(&form));
        let named = |name| match input.as_ref().ok().and_then(|input| input.get(name)) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let (address, operation) = (named("Version"), named("Action"));
        let dialect = if address == EC2_VERSION { Dialect::Ec2 } else { Dialect::Query };
        Self { dialect, address, operation, input }
    }
}

/// `/service/NAME/operation/NAME`.
fn cbor_path(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/service/")?.split_once("/operation/").filter(|(_, operation)| !operation.contains('/'))
}

fn json_dialect(headers: &HeaderMap) -> Dialect {
    match text_header(headers, header::CONTENT_TYPE.as_str()) {
        Some(kind) if kind.contains("json-1.0") => Dialect::Json10,
        _ => Dialect::Json11,
    }
}

fn text_header<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The body, decompressed where the client has compressed it.
fn plain_body(request: &Request<Bytes>) -> Result<Cow<'_, [u8]>, Fault> {
    let too_large = || Fault::Malformed(format!("the body is larger than {LARGEST_BODY} bytes"));
    if request.body().len() > LARGEST_BODY {
        return Err(too_large());
    }
    match text_header(request.headers(), header::CONTENT_ENCODING.as_str()) {
        Some(encoding) if encoding.split(',').any(|coding| coding.trim() == "gzip") => {
            let mut plain = Vec::new();
            let bounded = flate2::read::GzDecoder::new(request.body().as_ref()).take(LARGEST_BODY as u64 + 1);
            { bounded }.read_to_end(&mut plain).map_err(|error| Fault::Malformed(error.to_string()))?;
            if plain.len() > LARGEST_BODY { Err(too_large()) } else { Ok(Cow::Owned(plain)) }
        }
        _ => Ok(Cow::Borrowed(request.body())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::shape;

    fn request(headers: &[(&str, &str)], path: &str, body: &[u8]) -> Request<Bytes> {
        let builder = headers.iter().fold(Request::post(path), |builder, (name, value)| builder.header(*name, *value));
        builder.body(Bytes::copy_from_slice(body)).unwrap()
    }

    fn names(incoming: &Incoming) -> (Dialect, &str, &str) {
        (incoming.dialect, &incoming.address, &incoming.operation)
    }

    #[test]
    fn every_protocol_is_told_apart() {
        let json = Incoming::read(&request(
            &[("x-amz-target", "DynamoDB_20120810.Scan"), ("content-type", "application/x-amz-json-1.0")],
            "/",
            b"{}",
        ));
        assert_eq!(names(&json), (Dialect::Json10, "DynamoDB_20120810", "Scan"));
        let cbor = Incoming::read(&request(&[], "/service/Granite/operation/ListMetrics", &[0xA0]));
        assert_eq!(names(&cbor), (Dialect::Cbor, "Granite", "ListMetrics"));
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let query = Incoming::read(&request(&form, "/", b"Action=GetCallerIdentity&Version=2011-06-15"));
        assert_eq!(names(&query), (Dialect::Query, "2011-06-15", "GetCallerIdentity"));
        let ec2 = Incoming::read(&request(&form, "/", b"Action=DescribeInstances&Version=2016-11-15"));
        assert_eq!(names(&ec2), (Dialect::Ec2, "2016-11-15", "DescribeInstances"));
        let get = Incoming::read(&request(&[], "/?Action=GetCallerIdentity&Version=2011-06-15", b""));
        assert_eq!(names(&get), (Dialect::Query, "2011-06-15", "GetCallerIdentity"));
    }

    #[test]
    fn compressed_bodies_are_read() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(br#"{"a":1}"#).unwrap();
        let headers = [("x-amz-target", "X.Y"), ("content-encoding", "gzip")];
        let incoming = Incoming::read(&request(&headers, "/", &encoder.finish().unwrap()));
        assert_eq!(incoming.input, Ok(shape! { "a" => 1 }));
    }

    #[test]
    fn a_body_that_unpacks_past_the_bound_is_refused() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![b' '; LARGEST_BODY + 1]).unwrap();
        let headers = [("x-amz-target", "X.Y"), ("content-encoding", "gzip")];
        let incoming = Incoming::read(&request(&headers, "/", &encoder.finish().unwrap()));
        assert!(matches!(incoming.input, Err(Fault::Malformed(_))));
    }
}
