//! The file of a stack that was found: what discovery knows, and a word on what only people know.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

use crate::domain::text::SafeText;

use super::model::{AlarmSelection, Environment, SessionSource, Stack, StackGroup, StackService, StackTargetGroup};

const HEAD: &str = "# Found by `quarterdeck stack discover`: what this profile and region hold. Every key is explained in
# docs/stack-files.md; look above all at environment, and at min_tasks, stateful, may_sleep and together of the services.

";

/// The stack as a file. Only what [`super::discovery`] finds is written.
pub fn file(stack: &Stack) -> String {
    let mut document = DocumentMut::new();
    document["name"] = value(stack.name.as_str());
    document["title"] = value(stack.title.as_str());
    document["environment"] = value(match &stack.environment {
        Environment::Production => "production",
        Environment::Other(word) => word.as_str(),
    });
    document["scope"] = tables(stack.scopes.iter().map(|it| {
        let mut table = Table::new();
        if !it.scope.profile.is_empty() {
            table["profile"] = value(&*it.scope.profile);
        }
        table["region"] = value(&*it.scope.region);
        if let Some(account) = &it.account {
            table["account"] = value(account.as_str());
        }
        table
    }));
    let parts = [
        ("service", tables(stack.services.iter().map(service))),
        ("group", tables(stack.groups.iter().map(group))),
        ("target_group", tables(stack.target_groups.iter().map(target_group))),
    ];
    for (key, parts) in parts {
        if parts.as_array_of_tables().is_some_and(|it| !it.is_empty()) {
            document[key] = parts;
        }
    }
    if stack.alarms != AlarmSelection::default() {
        document["alarms"] = Item::Table(alarms(&stack.alarms));
    }
    format!("{HEAD}{document}")
}

fn tables(each: impl Iterator<Item = Table>) -> Item {
    Item::ArrayOfTables(each.collect::<ArrayOfTables>())
}

fn service(service: &StackService) -> Table {
    let mut table = Table::new();
    table["cluster"] = value(&*service.cluster);
    table["name"] = value(&*service.name);
    table
}

fn group(group: &StackGroup) -> Table {
    let mut table = Table::new();
    table["name"] = value(&*group.name);
    if let Some(source) = &group.sessions {
        table["sessions"] = Item::Table(sessions(source));
    }
    table
}

fn sessions(source: &SessionSource) -> Table {
    let mut table = Table::new();
    if let Some(metric) = &source.metric {
        let mut inline = InlineTable::new();
        inline.insert("namespace", metric.namespace.as_str().into());
        inline.insert("name", metric.name.as_str().into());
        table["metric"] = value(inline);
        table.decor_mut().set_prefix(
            "\n# A policy tracks it. Say how many sessions a gateway takes, and name the table that holds one item for each:\n\
             # limit = 10\n# table = { name = \"Sessions\", gateway = \"gatewayId\" }\n",
        );
    }
    table
}

fn target_group(target_group: &StackTargetGroup) -> Table {
    let mut table = Table::new();
    table["name"] = value(&*target_group.name);
    if let Some(service) = &target_group.service {
        table["service"] = value(&**service);
    }
    table
}

fn alarms(selection: &AlarmSelection) -> Table {
    let mut table = Table::new();
    for (key, words) in [("prefixes", &selection.prefixes), ("names", &selection.names)] {
        if !words.is_empty() {
            table[key] = value(words.iter().map(SafeText::as_str).collect::<Array>());
        }
    }
    table
}
