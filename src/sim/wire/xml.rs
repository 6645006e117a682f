//! XML bodies of awsQuery and ec2Query.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::value::Value;

/// The members of a structure, lists' elements as `<item_tag>`.
pub fn members(structure: &Value, item_tag: &str) -> String {
    let mut out = String::new();
    push_members(&mut out, structure, item_tag);
    out
}

fn push_members(out: &mut String, structure: &Value, item_tag: &str) {
    if let Value::Map(members) = structure {
        for (name, member) in members {
            element(out, name, member, item_tag);
        }
    }
}

/// Appends `<name>value</name>`; nothing where the value is absent.
fn element(out: &mut String, name: &str, value: &Value, item_tag: &str) {
    if matches!(value, Value::Absent) {
        return;
    }
    let _ = write!(out, "<{name}>");
    match value {
        Value::Absent => {}
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Int(int) => {
            let _ = write!(out, "{int}");
        }
        Value::Double(number) => out.push_str(&double(*number)),
        Value::Text(text) => push_text(out, text),
        Value::Time(time) => {
            let _ = write!(out, "{time:.3}");
        }
        Value::Blob(blob) => out.push_str(&STANDARD.encode(blob)),
        Value::List(items) => items.iter().for_each(|item| element(out, item_tag, item, item_tag)),
        Value::Map(_) => push_members(out, value, item_tag),
    }
    let _ = write!(out, "</{name}>");
}

/// A double as the protocols spell it: always with a point, `NaN`, `Infinity`, `-Infinity`.
pub fn double(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    format!("{number:?}")
}

/// Appends text so that no character of it is markup, and none is lost or changed by a parser.
fn push_text(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Control characters, and the two that XML sets apart: as references, or parsers drop or refuse them.
            char if char.is_control() || matches!(char, '\u{FFFE}' | '\u{FFFF}') => {
                let _ = write!(out, "&#x{:X};", u32::from(char));
            }
            char => out.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::shape;

    fn written(value: &Value) -> String {
        members(value, "member")
    }

    #[test]
    fn lists_wrap_their_elements_and_absent_members_vanish() {
        let value = shape! { "A" => vec!["x", "y"], "B" => None::<i64>, "C" => shape! { "D" => true } };
        assert_eq!(written(&value), "<A><member>x</member><member>y</member></A><C><D>true</D></C>");
    }

    #[test]
    fn text_cannot_become_markup() {
        let value = shape! { "A" => "</A>&\"\u{1b}[31m\r\n" };
        assert_eq!(written(&value), "<A>&lt;/A&gt;&amp;&quot;&#x1B;[31m&#xD;&#xA;</A>");
    }

    #[test]
    fn times_have_milliseconds_and_doubles_a_point() {
        let value = shape! { "T" => Timestamp::from_second(1_767_323_045).unwrap(), "D" => 8.0, "I" => f64::INFINITY };
        assert_eq!(written(&value), "<T>2026-01-02T03:04:05.000Z</T><D>8.0</D><I>Infinity</I>");
    }
}
