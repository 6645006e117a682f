//! Scan, Query and `GetItem`.

use super::{
    Attribute, Item, State, Table,
    attribute::{size, spelt},
    expression::{Equalities, equalities, holds, projection},
    validation,
};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        value::Value,
    },
};

/// Bytes of items that one page reads at most, before any filter (Query, Scan).
const PAGE_BYTES: usize = 1 << 20;

pub fn get_item(state: &State, call: &Call<'_>) -> Reply {
    let (_, table) = state.table(call)?;
    let names = projection(call.input)?;
    let key = call.input.object("Key").ok_or_else(|| missing("Key"))?;
    let id = exact_key(key, &[&table.hash_key])
        .ok_or_else(|| validation("The provided key element does not match the schema"))?;
    let item = table.items.get(&id).map(|item| spelt(item, names.as_deref()));
    Ok(shape! { "Item" => item })
}

pub fn query(state: &State, call: &Call<'_>) -> Reply {
    let (_, table) = state.table(call)?;
    let index_key = index_key(table, call)?;
    let key = index_key.unwrap_or(&table.hash_key);
    let conditions = equalities(call.input, "KeyConditionExpression")?.ok_or_else(|| {
        validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    })?;
    match conditions.as_slice() {
        [(name, _)] if name == key => {}
        [_] => return Err(validation(format!("Query condition missed key schema element: {key}"))),
        _ => return Err(validation("Conditions can be of length 1 only")),
    }
    read(table, index_key, call, |item| holds(&conditions, item))
}

pub fn scan(state: &State, call: &Call<'_>) -> Reply {
    let (_, table) = state.table(call)?;
    let index_key = index_key(table, call)?;
    let segment = segment(call)?;
    read(table, index_key, call, |item| {
        let (part, parts) = segment;
        let id = item.get(&table.hash_key).and_then(Attribute::text).unwrap_or_default();
        index_key.is_none_or(|key| item.contains_key(key)) && id.bytes().map(u64::from).sum::<u64>() % parts == part
    })
}

/// One page of the items that `selected` lets through, in the order of the hash key.
fn read(table: &Table, index_key: Option<&str>, call: &Call<'_>, selected: impl Fn(&Item) -> bool) -> Reply {
    let input = call.input;
    let filter = equalities(input, "FilterExpression")?;
    let names = projection(input)?;
    let limit = limit(input)?;
    let start = start_key(table, index_key, input)?;
    let (mut scanned, mut bytes, mut last) = (0, 0, None);
    let mut found: Vec<Value> = Vec::new();
    for (id, item) in table.items.iter().filter(|(id, item)| start.as_ref() < Some(*id) && selected(item)) {
        (scanned, bytes) = (scanned + 1, bytes + size(item));
        if filter.as_ref().is_none_or(|filter: &Equalities| holds(filter, item)) {
            found.push(spelt(item, names.as_deref()));
        }
        // As in the service, a page that ends at its bound has a key, even where nothing follows.
        if limit == Some(scanned) || bytes >= PAGE_BYTES {
            last = Some(key_of(table, index_key, id, item));
            break;
        }
    }
    let count = found.len();
    let only_count = input.text("Select")? == Some("COUNT");
    Ok(shape! {
        "Items" => (!only_count).then_some(Value::List(found)),
        "Count" => count,
        "ScannedCount" => scanned,
        "LastEvaluatedKey" => last,
    })
}

/// The hash key of the index that the call names; `None` where it names none.
fn index_key<'t>(table: &'t Table, call: &Call<'_>) -> Result<Option<&'t str>, ApiError> {
    let Some(index) = call.input.text("IndexName")? else { return Ok(None) };
    match table.indexes.iter().find(|(name, _)| name == index) {
        Some((_, key)) => Ok(Some(key)),
        None => Err(validation(format!("The table does not have the specified index: {index}"))),
    }
}

fn key_of(table: &Table, index_key: Option<&str>, id: &str, item: &Item) -> Value {
    let mut members = vec![(table.hash_key.clone(), shape! { "S" => id })];
    if let Some((key, value)) = index_key.and_then(|key| Some((key, item.get(key)?))) {
        members.push((key.to_owned(), value.into()));
    }
    Value::Map(members)
}

/// The hash key after which the page starts.
fn start_key(table: &Table, index_key: Option<&str>, input: Input<'_>) -> Result<Option<String>, ApiError> {
    let Some(key) = input.object("ExclusiveStartKey") else { return Ok(None) };
    let names: Vec<&str> = std::iter::once(table.hash_key.as_str()).chain(index_key).collect();
    let start = exact_key(key, &names).ok_or_else(|| validation("The provided starting key is invalid"))?;
    Ok(Some(start))
}

/// The text of the first of `names`, where `key` has just these attributes.
fn exact_key(key: Input<'_>, names: &[&str]) -> Option<String> {
    let Value::Map(members) = key.0 else { return None };
    let exact = members.len() == names.len() && names.iter().all(|name| key.has(name));
    let attribute = Attribute::read(key.0.get(names.first()?)?).ok()?;
    attribute.text().filter(|_| exact).map(str::to_owned)
}

fn limit(input: Input<'_>) -> Result<Option<usize>, ApiError> {
    match input.int("Limit")? {
        None => Ok(None),
        Some(limit) => usize::try_from(limit).ok().filter(|limit| *limit > 0).map(Some).ok_or_else(|| {
            validation(format!(
                "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: \
                 Member must have value greater than or equal to 1"
            ))
        }),
    }
}

/// Which of how many segments a parallel scan reads.
fn segment(call: &Call<'_>) -> Result<(u64, u64), ApiError> {
    match (call.input.int("Segment")?, call.input.int("TotalSegments")?) {
        (None, None) => Ok((0, 1)),
        (Some(part), Some(parts)) if (0..parts).contains(&part) => Ok((part.unsigned_abs(), parts.unsigned_abs())),
        _ => Err(validation("The Segment parameter must be given with, and be less than, TotalSegments")),
    }
}

fn missing(name: &str) -> ApiError {
    validation(format!("The parameter '{name}' is required but was not present in the request"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::sim::{
        Sim,
        pace::Pace,
        world::{Place, World},
    };

    /// A simulator whose table `Sessions` has `count` items, two to a user, each of about `bytes`.
    fn sim(count: usize, bytes: usize) -> Sim {
        let mut world = World::new(1, Timestamp::UNIX_EPOCH);
        let mut table = Table::new("id", &[("userId-index", "userId")]);
        for at in 0..count {
            let id = format!("s{at:04}");
            let item = Item::from([
                ("id".to_owned(), Attribute::S(id.clone())),
                ("userId".to_owned(), Attribute::S(format!("user{}", at / 2))),
                ("startedAt".to_owned(), Attribute::N("1767323040".to_owned())),
                ("pad".to_owned(), Attribute::S("x".repeat(bytes))),
            ]);
            table.items.insert(id, item);
        }
        let place = Place::new("111122223333", "us-east-1");
        world.region(&place).dynamodb.tables.insert("Sessions".to_owned(), table);
        Sim::new(world, Pace::Stepped)
    }

    fn ask(sim: &Sim, operation: &str, input: &Json) -> (u16, Json) {
        let request = http::Request::post("/")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=k/20261120/us-east-1/dynamodb/aws4_request, Signature=0",
            )
            .body(Bytes::from(input.to_string()))
            .unwrap();
        let response = sim.handle(&request);
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    #[test]
    fn a_scan_pages_by_its_limit_to_the_end() {
        let sim = sim(11, 1);
        let (mut seen, mut start) = (0, Json::Null);
        loop {
            let (_, page) =
                ask(&sim, "Scan", &json!({ "TableName": "Sessions", "Limit": 5, "ExclusiveStartKey": start }));
            seen += page["Items"].as_array().unwrap().len();
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                break;
            }
        }
        assert_eq!(seen, 11);
    }

    #[test]
    fn a_page_holds_one_megabyte_before_the_filter() {
        let sim = sim(30, 100_000);
        let input = json!({
            "TableName": "Sessions", "FilterExpression": "userId = :u",
            "ExpressionAttributeValues": { ":u": { "S": "user14" } },
        });
        let (_, page) = ask(&sim, "Scan", &input);
        assert_eq!((&page["Count"], &page["ScannedCount"]), (&json!(0), &json!(11)), "empty, yet not the last");
        assert_eq!(page["LastEvaluatedKey"], json!({ "id": { "S": "s0010" } }));
    }

    #[test]
    fn a_query_finds_by_index_and_projects() {
        let (_, page) = ask(
            &sim(11, 1),
            "Query",
            &json!({
                "TableName": "Sessions", "IndexName": "userId-index", "Limit": 1,
                "KeyConditionExpression": "#u = :u", "ProjectionExpression": "id, #u",
                "ExpressionAttributeNames": { "#u": "userId" },
                "ExpressionAttributeValues": { ":u": { "S": "user1" } },
            }),
        );
        assert_eq!(page["Items"], json!([{ "id": { "S": "s0002" }, "userId": { "S": "user1" } }]));
        assert_eq!(page["LastEvaluatedKey"], json!({ "id": { "S": "s0002" }, "userId": { "S": "user1" } }));
    }

    #[test]
    fn get_item_answers_an_item_or_nothing() {
        let sim = sim(1, 1);
        let (_, found) = ask(&sim, "GetItem", &json!({ "TableName": "Sessions", "Key": { "id": { "S": "s0000" } } }));
        assert_eq!(found["Item"]["startedAt"], json!({ "N": "1767323040" }));
        let (status, none) = ask(&sim, "GetItem", &json!({ "TableName": "Sessions", "Key": { "id": { "S": "x" } } }));
        assert_eq!((status, none), (200, json!({})));
    }

    #[test]
    fn what_is_not_there_or_not_valid_is_refused() {
        let code = |operation: &str, input: Json| ask(&sim(1, 1), operation, &input).1["__type"].clone();
        assert_eq!(code("Scan", json!({ "TableName": "Nope" })), "ResourceNotFoundException");
        assert_eq!(code("DescribeTable", json!({ "TableName": "Nope" })), "ResourceNotFoundException");
        assert_eq!(code("Scan", json!({ "TableName": "Sessions", "Limit": 0 })), "ValidationException");
        assert_eq!(code("Scan", json!({ "TableName": 7 })), "SerializationException");
        assert_eq!(code("Query", json!({ "TableName": "Sessions" })), "ValidationException");
        let foreign = json!({ "TableName": "Sessions", "ExclusiveStartKey": { "other": { "S": "x" } } });
        assert_eq!(code("Scan", foreign), "ValidationException");
        assert_eq!(code("GetItem", json!({ "TableName": "Sessions", "Key": {} })), "ValidationException");
    }

    #[test]
    fn a_table_is_described_with_its_index() {
        let (_, answer) = ask(&sim(3, 1), "DescribeTable", &json!({ "TableName": "Sessions" }));
        let table = &answer["Table"];
        assert_eq!(table["TableArn"], "arn:aws:dynamodb:us-east-1:111122223333:table/Sessions");
        assert_eq!((&table["ItemCount"], &table["TableStatus"]), (&json!(3), &json!("ACTIVE")));
        assert_eq!(table["GlobalSecondaryIndexes"][0]["IndexName"], "userId-index");
    }
}
