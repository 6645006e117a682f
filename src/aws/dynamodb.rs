//! Amazon DynamoDB: the table of open sessions, and whether tables are there.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::Timestamp;

use super::{
    fault,
    paging::{Gathered, Page, pages},
};
use crate::domain::{fault::Fault, inventory::Holding, session::Session, text::SafeText};

/// Attributes of a session item, beside the one that names the gateway.
const ID: &str = "id";
const USER: &str = "userId";
const STARTED: &str = "startedAt";
const LAST_SEEN: &str = "lastSeenAt";

/// dynamodb:DescribeTable.
pub async fn table(client: &Client, name: &str, now: Timestamp) -> Result<Holding, Fault> {
    let output = client.describe_table().table_name(name).send().await;
    let output = output.map_err(|error| fault::of("dynamodb:DescribeTable", &error, now))?;
    let state = output.table().and_then(|it| it.table_status()).map(|it| it.as_str().into());
    Ok(Holding::Named { name: name.into(), state })
}

type Item = HashMap<String, AttributeValue>;

/// Every session of `table`; `gateway_attribute` names the instance that holds it.
pub async fn sessions(client: &Client, table: &str, gateway_attribute: &str, now: Timestamp) -> Gathered<Session> {
    let items = pages(|key: Option<Item>| {
        // By placeholders: any of the names may be one of DynamoDB's six hundred reserved words.
        let call = client
            .scan()
            .table_name(table)
            .projection_expression("#i, #u, #g, #s, #l")
            .expression_attribute_names("#i", ID)
            .expression_attribute_names("#u", USER)
            .expression_attribute_names("#g", gateway_attribute)
            .expression_attribute_names("#s", STARTED)
            .expression_attribute_names("#l", LAST_SEEN)
            .set_exclusive_start_key(key);
        async move {
            let output = call.send().await.map_err(|error| fault::of("dynamodb:Scan", &error, now))?;
            let next = output.last_evaluated_key.filter(|it| !it.is_empty());
            Ok(Page { items: output.items.unwrap_or_default(), next })
        }
    })
    .await;
    items.filter_map(|it| session(&it, gateway_attribute))
}

fn session(item: &Item, gateway_attribute: &str) -> Option<Session> {
    Some(Session {
        id: word(item, ID)?,
        user: word(item, USER).unwrap_or_default(),
        gateway: word(item, gateway_attribute).unwrap_or_default(),
        started_at: moment(item, STARTED),
        last_seen_at: moment(item, LAST_SEEN),
    })
}

fn word(item: &Item, name: &str) -> Option<SafeText> {
    match item.get(name)? {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(SafeText::new(text)),
        _ => None,
    }
}

/// Seconds since the epoch as a number, or ISO 8601 text.
fn moment(item: &Item, name: &str) -> Option<Timestamp> {
    match item.get(name)? {
        AttributeValue::N(seconds) => {
            let milliseconds = seconds.parse::<f64>().ok()? * 1000.0;
            Timestamp::from_millisecond(milliseconds as i64).ok()
        }
        AttributeValue::S(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_both_spellings() {
        let item: Item = [
            ("startedAt".to_owned(), AttributeValue::N("1700000000".to_owned())),
            ("lastSeenAt".to_owned(), AttributeValue::S("2023-11-14T22:13:20Z".to_owned())),
            ("odd".to_owned(), AttributeValue::Bool(true)),
        ]
        .into();
        let expected = Timestamp::from_second(1_700_000_000).ok();
        assert_eq!((moment(&item, STARTED), moment(&item, LAST_SEEN)), (expected, expected));
        assert_eq!((moment(&item, "odd"), moment(&item, "none")), (None, None));
    }

    #[test]
    fn an_item_without_an_id_is_no_session() {
        assert_eq!(session(&Item::new(), "gatewayId"), None);
    }
}
