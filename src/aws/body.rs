//! Answers as JSON, whichever protocol carried them: awsJson as it is, Query's XML and RPC's CBOR turned into it.

use jiff::Timestamp;
use quick_xml::{
    Reader,
    events::{BytesRef, Event},
};
use serde_json::{Map, Value};

/// Depth of nesting that an answer may have; AWS stays below twenty, and recursion has to end somewhere.
const DEEPEST: usize = 128;

/// The answer as JSON; `None` where it is in none of AWS's protocols.
///
/// The first byte tells the protocol: a JSON object, an XML document, or else CBOR.
pub fn json(body: &[u8]) -> Option<Value> {
    match body.trim_ascii_start().first()? {
        b'{' => serde_json::from_slice(body).ok(),
        b'<' => xml(body),
        _ => cbor(ciborium::from_reader(body).ok()?, 0),
    }
}

/// The error code in the body of a refusal, without namespace and documentation link.
pub fn error_code(body: &[u8]) -> Option<String> {
    let code = said(&json(body)?, ["__type", "code"], "Code")?;
    let code = code.rsplit('#').next().unwrap_or(&code);
    Some(code.split(':').next().unwrap_or(code).to_owned())
}

/// What the body of a refusal says in words.
pub fn error_message(body: &[u8]) -> Option<String> {
    said(&json(body)?, ["message", "Message"], "Message")
}

/// One field of a refusal: as JSON and CBOR name it, or as XML does in the error that some documents wrap.
fn said(refusal: &Value, names: [&str; 2], in_xml: &str) -> Option<String> {
    let wrapped = ["/ErrorResponse/Error", "/Response/Errors/Error", "/Error"];
    let plain = names.into_iter().find_map(|name| refusal.get(name));
    let field = plain.or_else(|| wrapped.into_iter().find_map(|path| refusal.pointer(path)?.get(in_xml)))?;
    field.as_str().map(ToOwned::to_owned)
}

/// An XML element under construction.
struct Element {
    name: String,
    text: String,
    children: Vec<(String, Value)>,
}

impl Element {
    fn new(name: String) -> Self {
        Self { name, text: String::new(), children: Vec::new() }
    }

    /// Text, a list (children that are all `member` or `item`, or share a name), or an object.
    fn finish(self) -> (String, Value) {
        if self.children.is_empty() {
            let text = self.text.trim();
            return (self.name, if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) });
        }
        if self.children.iter().all(|(name, _)| matches!(name.as_str(), "member" | "item")) {
            let items = self.children.into_iter().map(|(_, item)| item).collect();
            return (self.name, Value::Array(items));
        }
        let mut object = Map::new();
        for (name, child) in self.children {
            match object.get_mut(&name) {
                None => {
                    object.insert(name, child);
                }
                Some(Value::Array(items)) => items.push(child),
                Some(first) => *first = Value::Array(vec![first.take(), child]),
            }
        }
        (self.name, Value::Object(object))
    }
}

fn xml(body: &[u8]) -> Option<Value> {
    let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
    let mut open = vec![Element::new(String::new())];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if open.len() < DEEPEST => {
                open.push(Element::new(start.local_name().as_ref().to_owned()));
            }
            Event::Start(_) => return None,
            Event::Empty(empty) => {
                let name = empty.local_name().as_ref().to_owned();
                open.last_mut()?.children.push((name, Value::Null));
            }
            Event::End(_) => {
                let child = open.pop()?.finish();
                open.last_mut()?.children.push(child);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text),
            Event::CData(text) => open.last_mut()?.text.push_str(&text),
            Event::GeneralRef(reference) => open.last_mut()?.text.push(referred(&reference)?),
            Event::Eof => break,
            _ => {}
        }
    }
    let [document] = <[Element; 1]>::try_from(open).ok()?;
    match document.finish().1 {
        Value::Null | Value::String(_) => None,
        document => Some(document),
    }
}

/// The character that `&…;` stands for.
fn referred(reference: &BytesRef<'_>) -> Option<char> {
    if let Some(char) = reference.resolve_char_ref().ok()? {
        return Some(char);
    }
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

fn cbor(value: ciborium::Value, depth: usize) -> Option<Value> {
    use ciborium::Value as Cbor;
    if depth > DEEPEST {
        return None;
    }
    Some(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(bool) => Value::Bool(bool),
        Cbor::Integer(int) => Value::from(i64::try_from(int).ok()?),
        Cbor::Float(float) => Value::from(float),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bytes(bytes) => Value::String(format!("({} bytes)", bytes.len())),
        Cbor::Array(items) => items.into_iter().map(|item| cbor(item, depth + 1)).collect::<Option<_>>()?,
        Cbor::Map(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, member)| Some((key.into_text().ok()?, cbor(member, depth + 1)?)))
                .collect::<Option<_>>()?,
        ),
        // Tag 1 is the only one of AWS's RPC protocol: seconds since the epoch.
        Cbor::Tag(1, moment) => match *moment {
            Cbor::Integer(seconds) => moment_text(i64::try_from(seconds).ok()? as f64)?,
            Cbor::Float(seconds) => moment_text(seconds)?,
            _ => return None,
        },
        _ => return None,
    })
}

fn moment_text(seconds: f64) -> Option<Value> {
    let moment = Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()?;
    Some(Value::String(moment.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{error_code, error_message, json};

    #[test]
    fn xml_lists_become_arrays_and_references_characters() {
        let body =
            br#"<?xml version="1.0"?><R xmlns="x"><Groups><member><Name>a &amp; &#x1b;b</Name><Size>2</Size></member>
            <member><Name>c</Name></member></Groups><Empty/><None></None></R>"#;
        assert_eq!(
            json(body),
            Some(
                json!({"R": {"Groups": [{"Name": "a & \u{1b}b", "Size": "2"}, {"Name": "c"}], "Empty": null, "None": null}})
            )
        );
    }

    #[test]
    fn cbor_times_become_text() {
        let value = ciborium::Value::Map(vec![
            ("At".into(), ciborium::Value::Tag(1, Box::new(1_700_000_000.5.into()))),
            ("Threshold".into(), 1.0.into()),
        ]);
        let mut body = Vec::new();
        ciborium::into_writer(&value, &mut body).unwrap();
        assert_eq!(json(&body), Some(json!({"At": "2023-11-14T22:13:20.5Z", "Threshold": 1.0})));
    }

    #[test]
    fn codes_are_found_in_every_dialect() {
        let bodies: [(&[u8], &str); 4] = [
            (br#"{"__type":"com.amazonaws.ecs#ThrottlingException","message":"Rate exceeded"}"#, "ThrottlingException"),
            (br"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", "Throttling"),
            (
                br"<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
                "RequestLimitExceeded",
            ),
            (br#"{"code":"SlowDown:http://internal.amazon.com/"}"#, "SlowDown"),
        ];
        for (body, code) in bodies {
            assert_eq!(error_code(body).as_deref(), Some(code));
        }
    }

    #[test]
    fn messages_are_found_in_every_dialect() {
        let bodies: [&[u8]; 4] = [
            br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
            br#"{"__type":"ThrottlingException","Message":"Rate exceeded"}"#,
            br"<Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error>",
            br"<Response><Errors><Error><Code>T</Code><Message>Rate exceeded</Message></Error></Errors></Response>",
        ];
        for body in bodies {
            assert_eq!(error_message(body).as_deref(), Some("Rate exceeded"));
        }
        assert_eq!(error_message(br#"{"__type":"ThrottlingException"}"#), None);
    }

    proptest! {
        #[test]
        fn no_body_is_too_odd_to_be_looked_at(body in proptest::collection::vec(any::<u8>(), 0..200), start in 0_usize..4) {
            let start: &[u8] = [&b"{"[..], b"<a>", b"\xbf", b""][start];
            let body = [start, &body].concat();
            prop_assert!(json(&body).is_some() || error_code(&body).is_none());
        }
    }

    #[test]
    fn hostile_bodies_are_no_json() {
        let nested = "<a>".repeat(100_000);
        let bodies: [&[u8]; 7] =
            [b"", b"   ", b"{\"a\":", b"<a><b></a>", b"<a>", nested.as_bytes(), b"\xbf\x61\x61\xff\x00\x9f"];
        for body in bodies {
            assert_eq!(json(body), None, "{:?}", String::from_utf8_lossy(&body[..body.len().min(20)]));
        }
    }
}
