//! `ListTables` and `DescribeTable`.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{State, attribute::size, validation};
use crate::{
    shape,
    sim::wire::{
        call::{Call, Reply},
        value::Value,
    },
};

/// The most names on a page, and as many as there are where nobody says.
const NAMES: i64 = 100;

/// By name, in order; what follows is asked for by the last name of the page before, be there a table of it or not.
pub fn list_tables(state: &State, call: &Call<'_>) -> Reply {
    let limit = call.input.int("Limit")?.unwrap_or(NAMES);
    if !(1..=NAMES).contains(&limit) {
        let bound = if limit < 1 { "greater than or equal to 1" } else { "less than or equal to 100" };
        return Err(validation(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have \
             value {bound}"
        )));
    }
    let after = call.input.text("ExclusiveStartTableName")?;
    let left: Vec<&String> = state.tables.keys().filter(|name| after.is_none_or(|it| name.as_str() > it)).collect();
    let page: Vec<&String> = left.iter().copied().take(usize::try_from(limit).unwrap_or_default()).collect();
    let last = page.last().copied().filter(|_| page.len() < left.len()).cloned();
    Ok(shape! { "TableNames" => Value::list(page), "LastEvaluatedTableName" => last })
}

pub fn describe_table(state: &State, call: &Call<'_>) -> Reply {
    let (name, table) = state.table(call)?;
    let arn = call.place.arn("dynamodb", format_args!("table/{name}"));
    let bytes: usize = table.items.values().map(size).sum();
    let keys: std::collections::BTreeSet<&String> =
        std::iter::once(&table.hash_key).chain(table.indexes.iter().map(|(_, key)| key)).collect();
    let indexes = (!table.indexes.is_empty()).then(|| {
        Value::list(table.indexes.iter().map(|(index, key)| {
            shape! {
                "IndexName" => index,
                "KeySchema" => key_schema(key),
                "Projection" => shape! { "ProjectionType" => "ALL" },
                "IndexStatus" => "ACTIVE",
                "IndexSizeBytes" => bytes,
                "ItemCount" => table.items.values().filter(|item| item.contains_key(key)).count(),
                "IndexArn" => format!("{arn}/index/{index}"),
                "ProvisionedThroughput" => on_demand(),
            }
        }))
    });
    Ok(shape! {
        "Table" => shape! {
            "AttributeDefinitions" =>
                Value::list(keys.into_iter().map(|key| shape! { "AttributeName" => key, "AttributeType" => "S" })),
            "TableName" => name,
            "KeySchema" => key_schema(&table.hash_key),
            "TableStatus" => "ACTIVE",
            "ProvisionedThroughput" => on_demand(),
            "TableSizeBytes" => bytes,
            "ItemCount" => table.items.len(),
            "TableArn" => &arn,
            "TableId" => table_id(&arn),
            "BillingModeSummary" => shape! { "BillingMode" => "PAY_PER_REQUEST" },
            "GlobalSecondaryIndexes" => indexes,
            "DeletionProtectionEnabled" => false,
        }
    })
}

fn key_schema(key: &str) -> Value {
    Value::list([shape! { "AttributeName" => key, "KeyType" => "HASH" }])
}

/// What a table on demand reports for provisioned throughput.
fn on_demand() -> Value {
    shape! { "ReadCapacityUnits" => 0, "WriteCapacityUnits" => 0 }
}

/// An identifier in the shape of a UUID that stays the same for a table.
fn table_id(arn: &str) -> String {
    let mut hasher = DefaultHasher::new();
    arn.hash(&mut hasher);
    let hex = format!("{0:016x}{0:016x}", hasher.finish());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
