//! rpc-v2-CBOR bodies.

use bytes::Bytes;
use ciborium::Value as Cbor;
use jiff::Timestamp;

use super::{fault::Fault, value::Value};

/// The tag of seconds since the epoch (RFC 8949 §3.4.2).
const EPOCH_SECONDS: u64 = 1;

/// The input in a request's body; an empty body is the empty structure.
pub fn decode(body: &[u8]) -> Result<Value, Fault> {
    if body.is_empty() {
        return Ok(Value::empty());
    }
    let cbor: Cbor = ciborium::from_reader(body).map_err(|error| Fault::Malformed(error.to_string()))?;
    match value(cbor)? {
        input @ Value::Map(_) => Ok(input),
        _ => Err(Fault::Malformed("the body must be a CBOR map".to_owned())),
    }
}

/// The body of an answer; no output is the empty map, never an empty body.
pub fn encode(value: &Value) -> Bytes {
    let mut body = Vec::new();
    let cbor = cbor(value).unwrap_or_else(|| Cbor::Map(Vec::new()));
    // Writing to a vector cannot fail, and the value holds nothing that CBOR cannot spell.
    if ciborium::into_writer(&cbor, &mut body).is_err() {
        body = vec![0xA0];
    }
    Bytes::from(body)
}

fn value(cbor: Cbor) -> Result<Value, Fault> {
    Ok(match cbor {
        Cbor::Null => Value::Absent,
        Cbor::Bool(bool) => Value::Bool(bool),
        Cbor::Integer(int) => {
            i64::try_from(int).map(Value::Int).map_err(|_| Fault::Malformed("an integer is out of range".to_owned()))?
        }
        Cbor::Float(double) => Value::Double(double),
        Cbor::Text(text) => Value::Text(text),
        Cbor::Bytes(bytes) => Value::Blob(Bytes::from(bytes)),
        Cbor::Tag(EPOCH_SECONDS, seconds) => time(&seconds)?,
        Cbor::Array(items) => Value::List(items.into_iter().map(value).collect::<Result<_, _>>()?),
        Cbor::Map(members) => Value::Map(members.into_iter().map(member).collect::<Result<_, _>>()?),
        other => return Err(Fault::Malformed(format!("unexpected CBOR item {other:?}"))),
    })
}

fn member((name, cbor): (Cbor, Cbor)) -> Result<(String, Value), Fault> {
    match name {
        Cbor::Text(name) => Ok((name, value(cbor)?)),
        _ => Err(Fault::Malformed("a member's name must be text".to_owned())),
    }
}

fn time(seconds: &Cbor) -> Result<Value, Fault> {
    let wrong = || Fault::Malformed("a timestamp must be seconds since the epoch".to_owned());
    let milliseconds = match seconds {
        Cbor::Integer(int) => i64::try_from(*int).ok().and_then(|int| int.checked_mul(1000)),
        Cbor::Float(float) => Some((float * 1000.0).round() as i64),
        _ => None,
    };
    let time = milliseconds.and_then(|at| Timestamp::from_millisecond(at).ok()).ok_or_else(wrong)?;
    Ok(Value::Time(time))
}

/// `None` for a member that is left out.
fn cbor(value: &Value) -> Option<Cbor> {
    Some(match value {
        Value::Absent => return None,
        Value::Bool(bool) => Cbor::Bool(*bool),
        Value::Int(int) => Cbor::from(*int),
        Value::Double(double) => Cbor::Float(*double),
        Value::Text(text) => Cbor::Text(text.clone()),
        Value::Time(time) => Cbor::Tag(EPOCH_SECONDS, Box::new(Cbor::Float(time.as_millisecond() as f64 / 1000.0))),
        Value::Blob(blob) => Cbor::Bytes(blob.to_vec()),
        Value::List(items) => Cbor::Array(items.iter().filter_map(cbor).collect()),
        Value::Map(members) => Cbor::Map(
            members.iter().filter_map(|(name, member)| Some((Cbor::Text(name.clone()), cbor(member)?))).collect(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;

    #[test]
    fn a_whole_double_stays_a_float() {
        // {"V": [1.0]}: map(1), text(1) "V", array(1), float16 1.0.
        assert_eq!(encode(&shape! { "V" => vec![1.0] })[..], [0xA1, 0x61, b'V', 0x81, 0xF9, 0x3C, 0x00]);
    }

    #[test]
    fn times_are_tag_one() {
        let time = Timestamp::from_second(1_767_323_040).unwrap();
        let body = encode(&shape! { "T" => time });
        assert_eq!(body[..5], [0xA1, 0x61, b'T', 0xC1, 0xFB], "tag 1 around a float");
        assert_eq!(decode(&body).unwrap(), shape! { "T" => time });
    }

    #[test]
    fn no_output_is_an_empty_map() {
        assert_eq!(encode(&Value::Absent)[..], [0xA0]);
    }

    #[test]
    fn indefinite_maps_are_read_as_the_sdk_writes_them() {
        assert_eq!(decode(&[0xBF, 0x61, b'a', 0x01, 0xFF]).unwrap(), shape! { "a" => 1 });
    }

    #[test]
    fn bytes_that_are_not_cbor_are_malformed() {
        assert!(matches!(decode(b"\xBF\x61"), Err(Fault::Malformed(_))));
        assert!(matches!(decode(&[0x01]), Err(Fault::Malformed(_))));
    }
}
