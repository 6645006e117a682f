//! awsQuery and ec2Query parameters: `A.member.1.B=c` as a tree.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{fault::Fault, value::Value};

/// Names deeper than any operation's: a bound on the recursion that a request can cause.
const DEEPEST: usize = 16;

/// The parameters of a form-encoded body or query string.
pub fn decode(form: &[u8]) -> Result<Value, Fault> {
    let mut root = BTreeMap::new();
    for (name, text) in form_urlencoded::parse(form) {
        if name.split('.').count() > DEEPEST {
            return Err(Fault::Malformed(format!("{name} is nested too deeply")));
        }
        insert(&mut root, &name, text.into_owned())?;
    }
    Ok(Node::Branch(root).into_value())
}

enum Node {
    Leaf(String),
    Branch(BTreeMap<String, Node>),
}

impl Node {
    fn into_value(self) -> Value {
        match self {
            Self::Leaf(text) => Value::Text(text),
            Self::Branch(members) => {
                Value::Map(members.into_iter().map(|(name, node)| (name, node.into_value())).collect())
            }
        }
    }
}

fn insert(members: &mut BTreeMap<String, Node>, name: &str, text: String) -> Result<(), Fault> {
    let twice = || Fault::Malformed(format!("{name} is given twice"));
    let Some((head, rest)) = name.split_once('.') else {
        return match members.entry(name.to_owned()) {
            Entry::Vacant(place) => {
                place.insert(Node::Leaf(text));
                Ok(())
            }
            Entry::Occupied(_) => Err(twice()),
        };
    };
    match members.entry(head.to_owned()).or_insert_with(|| Node::Branch(BTreeMap::new())) {
        Node::Branch(inner) => insert(inner, rest, text),
        Node::Leaf(_) => Err(twice()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::input::Input, *};

    #[test]
    fn lists_keep_their_numbered_order_past_nine() {
        let form: Vec<_> = (1..=11).rev().map(|at| format!("Names.member.{at}=n{at}")).collect();
        let value = decode(form.join("&").as_bytes()).unwrap();
        let names = Input(&value).texts("Names").unwrap();
        assert_eq!(names.first().map(String::as_str), Some("n1"));
        assert_eq!(names.last().map(String::as_str), Some("n11"));
    }

    #[test]
    fn text_is_unescaped() {
        let value = decode(b"Name=tag%3Aenv+x").unwrap();
        assert_eq!(Input(&value).text("Name").unwrap(), Some("tag:env x"));
    }

    #[test]
    fn contradictory_and_bottomless_names_are_malformed() {
        assert!(decode(b"A=1&A=2").is_err());
        assert!(decode(b"A=1&A.B=2").is_err());
        assert!(decode(format!("{}=1", "a.".repeat(100_000)).as_bytes()).is_err());
    }
}
