//! ECS task definitions (DescribeTaskDefinition): what a revision says, field by field.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    id::Arn,
    redact::{HIDDEN, redact},
    text::SafeText,
};

/// One revision of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub arn: Arn,
    pub family: SafeText,
    pub revision: u32,
    /// `false` once it is deregistered: no deployment can use it any more.
    pub active: bool,
    pub registered_at: Option<Timestamp>,
    /// `X86_64` or `ARM64`.
    pub architecture: SafeText,
    pub containers: Vec<DefinedContainer>,
    /// Everything that was registered, in the order of the document.
    pub fields: Vec<DefinitionField>,
}

/// A container as it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinedContainer {
    pub name: SafeText,
    /// The whole reference.
    pub image: SafeText,
    pub essential: bool,
}

/// Where a container's output goes (`logConfiguration`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logs {
    /// To CloudWatch Logs.
    Awslogs {
        group: SafeText,
        /// Region of the group; `None` where it is the task's own.
        region: Option<SafeText>,
        stream_prefix: Option<SafeText>,
    },
    /// To where another driver sends it: `awsfirelens`, `splunk` …
    Other { driver: SafeText },
}

/// One value of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionField {
    /// As `containers.api.environment.NODE_ENV`.
    pub path: SafeText,
    /// As it may be shown: secrets are hidden.
    pub shown: SafeText,
    /// Tells whether two hidden values are the same.
    pub mark: u64,
}

impl Definition {
    /// The container called `name`.
    pub fn container(&self, name: &str) -> Option<&DefinedContainer> {
        self.containers.iter().find(|it| it.name.as_str() == name)
    }

    /// What differs in `after`: path, value here, value there. Hidden values that differ are told as such.
    pub fn diff(&self, after: &Self) -> Vec<(SafeText, Option<SafeText>, Option<SafeText>)> {
        let find = |of: &Self, path: &SafeText| of.fields.iter().find(|it| it.path == *path).cloned();
        let mut differ = Vec::new();
        for field in &self.fields {
            match find(after, &field.path) {
                Some(there) if there.mark == field.mark => {}
                Some(there) if there.shown == field.shown => {
                    let shown = format!("{}, another", there.shown).into();
                    differ.push((field.path.clone(), Some(field.shown.clone()), Some(shown)));
                }
                there => differ.push((field.path.clone(), Some(field.shown.clone()), there.map(|it| it.shown))),
            }
        }
        let new = after.fields.iter().filter(|it| find(self, &it.path).is_none());
        differ.extend(new.map(|it| (it.path.clone(), None, Some(it.shown.clone()))));
        differ
    }

    /// What is said of a container, each path from below its name on: `environment.NODE_ENV`.
    pub fn fields_of<'a>(&'a self, container: &str) -> impl Iterator<Item = (&'a str, &'a SafeText)> {
        let prefix = format!("containers.{container}.");
        self.fields.iter().filter_map(move |it| Some((it.path.as_str().strip_prefix(&prefix)?, &it.shown)))
    }

    /// Where a container's output goes; `None` where nothing takes it.
    pub fn logs(&self, container: &str) -> Option<Logs> {
        let said = |name: &str| self.fields_of(container).find(|(path, _)| *path == name).map(|(_, it)| it.clone());
        let option = |name: &str| said(&format!("logConfiguration.options.{name}"));
        let driver = said("logConfiguration.logDriver")?;
        Some(match option("awslogs-group").filter(|_| driver.as_str() == "awslogs") {
            Some(group) => Logs::Awslogs {
                group,
                region: option("awslogs-region"),
                stream_prefix: option("awslogs-stream-prefix"),
            },
            None => Logs::Other { driver },
        })
    }
}

impl Logs {
    /// The stream of one task's container, `prefix/container/task-id`; `None` without a prefix, where the driver names
    /// it after the container's id on its host.
    pub fn stream(&self, container: &str, task: &Arn) -> Option<String> {
        match self {
            Self::Awslogs { stream_prefix: Some(prefix), .. } => Some(format!("{prefix}/{container}/{}", task.tail())),
            _ => None,
        }
    }
}

/// What AWS adds to what was registered.
const ADDED: [&str; 9] = [
    "taskDefinitionArn",
    "family",
    "revision",
    "status",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "compatibilities",
    "requiresAttributes",
];

/// The fields of a task definition's document: empty ones left out, secrets hidden.
pub fn fields(document: &Value) -> Vec<DefinitionField> {
    let mut shown = document.clone();
    redact(&mut shown);
    let mut fields = Vec::new();
    let (Value::Object(members), Value::Object(shown)) = (document, &shown) else { return fields };
    for (name, value) in members.iter().filter(|(name, _)| !ADDED.contains(&name.as_str())) {
        let name = if name == "containerDefinitions" { "containers" } else { name };
        let key = if name == "containers" { "containerDefinitions" } else { name };
        flatten(name, value, &shown[key], &mut fields);
    }
    fields
}

fn flatten(path: &str, value: &Value, shown: &Value, fields: &mut Vec<DefinitionField>) {
    match (value, shown) {
        (Value::Null, _) => {}
        (Value::Object(members), Value::Object(shown)) => {
            for (name, value) in members {
                flatten(&format!("{path}.{name}"), value, &shown[name], fields);
            }
        }
        (Value::Array(items), Value::Array(shown)) if items.iter().any(Value::is_object) => {
            for (index, (item, shown)) in items.iter().zip(shown).enumerate() {
                list_item(path, index, item, shown, fields);
            }
        }
        (Value::Array(items), _) if items.is_empty() => {}
        (Value::Object(members), _) if members.is_empty() => {}
        _ => fields.push(field(path, value, shown)),
    }
}

/// An item of a list goes by its name where it has one; a name and its value become one field.
fn list_item(path: &str, index: usize, item: &Value, shown: &Value, fields: &mut Vec<DefinitionField>) {
    let Some(name) = item.get("name").and_then(Value::as_str) else {
        return flatten(&format!("{path}.{}", index + 1), item, shown, fields);
    };
    let path = format!("{path}.{name}");
    let others = || item.as_object().into_iter().flatten().filter(|(key, _)| *key != "name");
    match (item.get("value"), item.get("valueFrom")) {
        (Some(_), None) if others().count() == 1 => fields.push(field(&path, &item["value"], &shown["value"])),
        (None, Some(_)) if others().count() == 1 => fields.push(field(&path, &item["valueFrom"], &shown["valueFrom"])),
        _ => {
            for (key, value) in others() {
                flatten(&format!("{path}.{key}"), value, &shown[key], fields);
            }
        }
    }
}

fn field(path: &str, value: &Value, shown: &Value) -> DefinitionField {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    let shown = match shown {
        Value::String(text) => SafeText::new(text),
        Value::Null => SafeText::new(HIDDEN),
        other => SafeText::new(&other.to_string()),
    };
    DefinitionField { path: SafeText::new(path), shown, mark: hasher.finish() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Arn, Definition, Logs, fields};

    #[test]
    fn a_document_becomes_fields_with_secrets_hidden() {
        let document = json!({
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/api:7",
            "cpu": "512",
            "volumes": [],
            "containerDefinitions": [{
                "name": "api",
                "image": "terminal/api:v7",
                "command": ["node", "server.js"],
                "portMappings": [{ "containerPort": 3001 }],
                "environment": [{ "name": "PORT", "value": "3001" }, { "name": "JWT_SECRET", "value": "abc" }],
                "secrets": [{ "name": "DB", "valueFrom": "arn:aws:secretsmanager:db" }],
            }],
        });
        let lines: Vec<_> = fields(&document).iter().map(|it| format!("{} = {}", it.path, it.shown)).collect();
        assert_eq!(
            lines,
            [
                "cpu = 512",
                "containers.api.image = terminal/api:v7",
                r#"containers.api.command = ["node","server.js"]"#,
                "containers.api.portMappings.1.containerPort = 3001",
                "containers.api.environment.PORT = 3001",
                "containers.api.environment.JWT_SECRET = (hidden)",
                "containers.api.secrets.DB = (hidden)",
            ]
        );
    }

    fn with_logs(configuration: &serde_json::Value) -> Definition {
        let document =
            json!({ "containerDefinitions": [{ "name": "api", "cpu": 0, "logConfiguration": configuration }] });
        Definition {
            arn: Arn::new("arn:aws:ecs:us-east-1:111122223333:task-definition/api:7"),
            family: "api".into(),
            revision: 7,
            active: true,
            registered_at: None,
            architecture: "X86_64".into(),
            containers: Vec::new(),
            fields: fields(&document),
        }
    }

    #[test]
    fn a_containers_log_stream_is_named_after_prefix_container_and_task() {
        let task = Arn::new("arn:aws:ecs:us-east-1:111122223333:task/terminal-cluster/0123abcd");
        let stream = |options: serde_json::Value| {
            let logs = with_logs(&json!({ "logDriver": "awslogs", "options": options })).logs("api").expect("a driver");
            (logs.stream("api", &task), logs)
        };
        let (name, logs) = stream(json!({ "awslogs-group": "/ecs/api", "awslogs-stream-prefix": "ecs" }));
        assert_eq!(name.as_deref(), Some("ecs/api/0123abcd"));
        assert!(matches!(logs, Logs::Awslogs { group, region: None, .. } if group.as_str() == "/ecs/api"));
        assert_eq!(stream(json!({ "awslogs-group": "/ecs/api" })).0, None);
    }

    #[test]
    fn other_drivers_and_none_at_all_are_told_apart() {
        let logs = |configuration| with_logs(&configuration).logs("api");
        let splunk = json!({ "logDriver": "splunk", "options": { "splunk-token": "hunter2" } });
        assert_eq!(logs(splunk), Some(Logs::Other { driver: "splunk".into() }));
        assert_eq!(logs(json!({})), None);
        assert_eq!(with_logs(&json!({ "logDriver": "awslogs" })).logs("other"), None);
    }

    #[test]
    fn a_hidden_value_that_changes_is_told_from_one_that_stays() {
        let of = |value: &str| {
            fields(
                &json!({ "containerDefinitions": [{ "name": "api", "environment": [{ "name": "JWT_SECRET", "value": value }] }] }),
            )
        };
        assert_eq!(of("one"), of("one"));
        let (one, two) = (of("one"), of("two"));
        assert_eq!(one[0].shown, two[0].shown);
        assert_ne!(one[0].mark, two[0].mark);
    }
}
