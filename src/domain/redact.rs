//! Hiding secrets in what AWS describes (rule: their names may be seen, their values never).

use serde_json::{Map, Value};

/// What stands in a secret's place.
pub const HIDDEN: &str = "(hidden)";

/// Hides every value that looks secret by its name or its shape, and where secrets are kept.
pub fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => redact_members(members),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) if has_secret_shape(text) => hide(value),
        _ => {}
    }
}

/// Hides every text that has the shape of a secret, whatever its name.
pub fn hide_shapes(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(hide_shapes),
        Value::Array(items) => items.iter_mut().for_each(hide_shapes),
        Value::String(text) if has_secret_shape(text) => hide(value),
        _ => {}
    }
}

fn redact_members(members: &mut Map<String, Value>) {
    // `{"name": "JWT_SECRET", "value": …}`: environment entries and tags carry the name beside the value.
    let named = ["name", "Name", "key", "Key"].iter().find_map(|it| members.get(*it)?.as_str());
    let named_secret = named.is_some_and(is_secret_name);
    for (name, member) in members {
        match name.as_str() {
            // Entries of `secrets` name a place in Secrets Manager or the parameter store.
            "valueFrom" => hide(member),
            "value" | "Value" if named_secret || member.as_str().is_some_and(is_secret_value) => hide(member),
            _ if !member.is_array() && is_secret_name(name) && !name.ends_with("Arn") => hide(member),
            _ => redact(member),
        }
    }
}

fn hide(value: &mut Value) {
    if !value.is_null() {
        *value = Value::String(HIDDEN.to_owned());
    }
}

/// Whether a name says that its value is secret: `JWT_SECRET`, `dbPassword`, `STRIPE_API_KEY`.
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "secret",
        "secrets",
        "password",
        "passwords",
        "passwd",
        "passphrase",
        "pwd",
        "pass",
        "token",
        "tokens",
        "credential",
        "credentials",
        "apikey",
        "authorization",
        "cookie",
        "dsn",
        "salt",
    ];
    const BEFORE_KEY: [&str; 7] = ["access", "api", "private", "encryption", "signing", "secret", "master"];
    let words = words(name);
    words.iter().any(|it| WORDS.contains(&it.as_str()))
        || words.windows(2).any(|it| it[1] == "key" && BEFORE_KEY.contains(&it[0].as_str()))
}

/// The words of `SNAKE_CASE`, `kebab-case`, `dotted.case` and `camelCase`, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_small = false;
    for char in name.chars() {
        let starts = char.is_uppercase() && before_small;
        if starts || !char.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (char.is_alphanumeric(), words.last_mut()) {
            word.extend(char.to_lowercase());
        }
        before_small = char.is_lowercase() || char.is_numeric();
    }
    words.retain(|it| !it.is_empty());
    words
}

/// Whether text has the shape of a known kind of secret, wherever it stands.
pub fn has_secret_shape(text: &str) -> bool {
    const PREFIXES: [&str; 12] =
        ["AKIA", "ASIA", "eyJ", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "sk-"];
    let long_enough = text.len() >= 20 && !text.contains(char::is_whitespace);
    (long_enough && PREFIXES.iter().any(|it| text.starts_with(it)))
        || (text.contains("-----BEGIN") && text.contains("PRIVATE KEY"))
        || has_password_in_url(text)
        || is_secret_assignment(text)
}

/// Whether the value of an environment entry is secret by its shape: a known one, or long and random.
fn is_secret_value(text: &str) -> bool {
    has_secret_shape(text) || is_random(text)
}

/// `scheme://user:password@host`.
fn has_password_in_url(text: &str) -> bool {
    text.split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next()?.rsplit_once('@'))
        .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
}

/// `--db-password=…`, as commands carry it.
fn is_secret_assignment(text: &str) -> bool {
    text.split_once('=')
        .is_some_and(|(name, value)| !value.is_empty() && !name.contains(char::is_whitespace) && is_secret_name(name))
}

/// Thirty-two characters or more of a key's alphabet, with letters of both cases and digits, or all hexadecimal.
fn is_random(text: &str) -> bool {
    let has = |test: fn(&char) -> bool| text.chars().any(|it| test(&it));
    let alphabet = |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '/' | '_' | '-' | '=');
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    let hexadecimal = text.chars().all(|it| it.is_ascii_hexdigit()) && has(char::is_ascii_digit);
    text.len() >= 32 && text.chars().all(alphabet) && (mixed || hexadecimal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_judged_by_their_words() {
        for name in ["JWT_SECRET", "dbPassword", "X-Api-Key", "DB_PASS", "AWS_ACCESS_KEY_ID", "authToken", "SENTRY_DSN"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["NODE_ENV", "VALKEY_HOST", "KeyName", "key", "passport", "tokenizer", "monkey", "PORT", "keyspace"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn shapes_are_known() {
        let secret = [
            "AKIAIOSFODNN7EXAMPLE",
            "postgres://cma:hunter2@db.internal:5432/cma",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
            "--admin-password=hunter2",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        ];
        for text in secret {
            assert!(has_secret_shape(text), "{text}");
        }
        let plain = [
            "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api",
            "https://api.example.com/health?x=1",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "(service terminal-api) has reached a steady state.",
            "",
        ];
        for text in plain {
            assert!(!has_secret_shape(text), "{text}");
        }
    }

    #[test]
    fn environment_secrets_and_tags_keep_their_names_only() {
        let mut described = json!({
            "environment": [
                {"name": "PORT", "value": "3001"},
                {"name": "JWT_SECRET", "value": "x"},
                {"name": "SEED", "value": "f3A9c0d2E8b14756f3A9c0d2E8b14756"}
            ],
            "secrets": [{"name": "DB", "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:db"}],
            "tags": [{"Key": "Project", "Value": "terminal"}, {"Key": "deploy-token", "Value": "t"}],
            "containers": [{"imageDigest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}],
            "ClientToken": null,
            "userToken": {"S": "abc"}
        });
        redact(&mut described);
        assert_eq!(
            described,
            json!({
                "environment": [
                    {"name": "PORT", "value": "3001"},
                    {"name": "JWT_SECRET", "value": HIDDEN},
                    {"name": "SEED", "value": HIDDEN}
                ],
                "secrets": [{"name": "DB", "valueFrom": HIDDEN}],
                "tags": [{"Key": "Project", "Value": "terminal"}, {"Key": "deploy-token", "Value": HIDDEN}],
                "containers": [{"imageDigest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}],
                "ClientToken": null,
                "userToken": HIDDEN
            })
        );
    }

    proptest! {
        #[test]
        fn no_value_of_a_secret_name_survives(value in "[!-~]{1,40}", depth in 0_usize..5) {
            let mut described = json!({"name": "DB_PASSWORD", "value": value});
            for _ in 0..depth {
                described = json!({"inner": [described]});
            }
            redact(&mut described);
            let shown = described.to_string();
            prop_assert!(shown.contains(HIDDEN));
            prop_assert_eq!(shown.matches("\"value\":").count(), 1);
            let expected = format!("\"value\":\"{HIDDEN}\"");
            prop_assert!(shown.contains(&expected));
        }
    }
}
