//! Amazon `DynamoDB`: tables of items, read by Scan, Query and `GetItem`.

mod attribute;
mod describe;
mod expression;
mod read;

use std::collections::BTreeMap;

pub use self::attribute::Attribute;
use super::{
    wire::{
        call::{Call, Reply},
        error::ApiError,
    },
    world::World,
};

/// What `DynamoDB` holds in one region: tables by name.
#[derive(Debug, Default)]
pub struct State {
    pub tables: BTreeMap<String, Table>,
}

/// The attributes of an item, by name.
pub type Item = BTreeMap<String, Attribute>;

/// A table on demand with a single hash key of type S.
#[derive(Debug, Clone)]
pub struct Table {
    pub hash_key: String,
    /// Index name and its hash key.
    pub indexes: Vec<(String, String)>,
    /// Items by hash key; attributes are typed as on the wire.
    pub items: BTreeMap<String, Item>,
}

impl Table {
    /// An empty table.
    pub fn new(hash_key: &str, indexes: &[(&str, &str)]) -> Self {
        let indexes = indexes.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())).collect();
        Self { hash_key: hash_key.to_owned(), indexes, items: BTreeMap::new() }
    }
}

/// The operations of `DynamoDB`; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    let operation = match call.operation {
        "ListTables" => describe::list_tables,
        "DescribeTable" => describe::describe_table,
        "Scan" => read::scan,
        "Query" => read::query,
        "GetItem" => read::get_item,
        _ => return None,
    };
    Some(operation(&world.region(&call.place).dynamodb, call))
}

impl State {
    /// The name and table that the call is about.
    fn table<'s>(&'s self, call: &Call<'_>) -> Result<(&'s str, &'s Table), ApiError> {
        let name = call
            .input
            .text("TableName")?
            .ok_or_else(|| validation("The parameter 'TableName' is required but was not present in the request"))?;
        // Some callers name a table by its ARN.
        let name = name.rsplit_once(":table/").map_or(name, |(_, name)| name);
        match self.tables.get_key_value(name) {
            Some((name, table)) => Ok((name, table)),
            None if call.operation == "DescribeTable" => {
                Err(not_found(format!("Requested resource not found: Table: {name} not found")))
            }
            None => Err(not_found("Requested resource not found")),
        }
    }
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationException", message)
}

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ResourceNotFoundException", message)
}
