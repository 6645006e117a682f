//! Conditions as this simulator reads them: equalities joined by AND, with placeholders for names and values.

use super::{super::wire::input::Input, Attribute, Item, validation};
use crate::sim::wire::{error::ApiError, value::Value};

/// `name = value` for each pair.
pub type Equalities = Vec<(String, Attribute)>;

/// Reads the parameter `parameter` (`KeyConditionExpression` or `FilterExpression`); `None` where it is not given.
pub fn equalities(input: Input<'_>, parameter: &str) -> Result<Option<Equalities>, ApiError> {
    let Some(text) = input.text(parameter)? else { return Ok(None) };
    split_by_and(text).map(|term| equality(input, parameter, &term)).collect::<Result<_, _>>().map(Some)
}

/// Whether the item has each value.
pub fn holds(equalities: &Equalities, item: &Item) -> bool {
    equalities.iter().all(|(name, value)| item.get(name) == Some(value))
}

/// The attribute names of the `ProjectionExpression`; `None` where it is not given.
pub fn projection(input: Input<'_>) -> Result<Option<Vec<String>>, ApiError> {
    let Some(text) = input.text("ProjectionExpression")? else { return Ok(None) };
    text.split(',').map(|path| name(input, "ProjectionExpression", path)).collect::<Result<_, _>>().map(Some)
}

fn split_by_and(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let terms: Vec<String> = words.split(|word| word.eq_ignore_ascii_case("AND")).map(|term| term.join(" ")).collect();
    terms.into_iter()
}

fn equality(input: Input<'_>, parameter: &str, term: &str) -> Result<(String, Attribute), ApiError> {
    let term = term.trim_start_matches('(').trim_end_matches(')');
    let Some((left, right)) = term.split_once('=') else {
        return Err(validation(format!("Invalid {parameter}: Syntax error; token: \"{term}\", only '=' is simulated")));
    };
    let right = right.trim();
    let placeholder = right.strip_prefix(':').map(|_| right).ok_or_else(|| {
        validation(format!("Invalid {parameter}: Syntax error; token: \"{right}\", near: \"= {right}\""))
    })?;
    let value =
        input.object("ExpressionAttributeValues").and_then(|values| values.0.get(placeholder)).ok_or_else(|| {
            validation(format!(
                "Invalid {parameter}: An expression attribute value used in expression is not defined; \
                 attribute value: {placeholder}"
            ))
        })?;
    Ok((name(input, parameter, left)?, Attribute::read(value)?))
}

/// An attribute's name, looked up where it is a placeholder such as `#s`.
fn name(input: Input<'_>, parameter: &str, path: &str) -> Result<String, ApiError> {
    let path = path.trim();
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !path.starts_with('#') {
        return if !path.is_empty() && plain(path) {
            Ok(path.to_owned())
        } else {
            Err(validation(format!("Invalid {parameter}: Syntax error; token: \"{path}\"")))
        };
    }
    match input.object("ExpressionAttributeNames").and_then(|names| names.0.get(path)) {
        Some(Value::Text(name)) => Ok(name.clone()),
        _ => Err(validation(format!(
            "Invalid {parameter}: An expression attribute name used in the document path is not defined; \
             attribute name: {path}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;

    fn read(expression: &str) -> Result<Option<Equalities>, ApiError> {
        let input = shape! {
            "KeyConditionExpression" => expression,
            "ExpressionAttributeNames" => shape! { "#u" => "userId" },
            "ExpressionAttributeValues" => shape! { ":v" => shape! { "S" => "ada" }, ":n" => shape! { "N" => "1" } },
        };
        equalities(Input(&input), "KeyConditionExpression")
    }

    #[test]
    fn placeholders_are_looked_up() {
        let expected = vec![
            ("userId".to_owned(), Attribute::S("ada".to_owned())),
            ("seats".to_owned(), Attribute::N("1".to_owned())),
        ];
        assert_eq!(read("#u = :v AND seats=:n").unwrap(), Some(expected.clone()));
        assert_eq!(read("(#u=:v) and (seats = :n)").unwrap(), Some(expected));
    }

    #[test]
    fn anything_else_is_a_validation_error() {
        for odd in ["", "id", "id > :v", "id = ada", "id = :missing", "#missing = :v", "a.b = :v"] {
            assert_eq!(read(odd).unwrap_err().code, "ValidationException", "{odd}");
        }
    }
}
