//! `GetRole`. The roles of an account are those that its task definitions and launch templates name.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

use super::required;
use crate::{
    shape,
    sim::{
        wire::{
            call::{Call, Reply},
            error::ApiError,
            value::Value,
        },
        world::{Region, World},
    },
};

/// Who may take a role on, and when it was first needed.
struct Role {
    trusted: &'static str,
    since: Timestamp,
}

pub fn get_role(world: &World, call: &Call<'_>) -> Reply {
    let (name, account) = (required(call.input, "RoleName")?, &call.place.account);
    let regions = world.regions.iter().filter(|(place, _)| place.account == *account);
    let found = regions.flat_map(|(_, region)| roles(region, name)).min_by_key(|role| role.since);
    let Some(role) = found else {
        let message = format!("The role with name {name} cannot be found.");
        return Err(ApiError::bad_request("NoSuchEntity", message).with_status(404));
    };
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}}"#,
        role.trusted
    );
    Ok(shape! {
        "Role" => shape! {
            "Path" => "/",
            "RoleName" => name,
            "RoleId" => role_id(account, name),
            "Arn" => format!("arn:aws:iam::{account}:role/{name}"),
            "CreateDate" => role.since,
            "AssumeRolePolicyDocument" => encoded(&policy),
            "MaxSessionDuration" => 3600,
            "RoleLastUsed" => Value::empty(),
        },
    })
}

/// What names the role in a region.
fn roles(region: &Region, name: &str) -> impl Iterator<Item = Role> {
    let of_tasks = region.ecs.role_since(name).map(|since| Role { trusted: "ecs-tasks.amazonaws.com", since });
    let versions = region.ec2.templates.values().flat_map(|template| &template.versions);
    let of_instances = versions.filter(move |version| version.profile == name);
    let of_instances = of_instances.map(|it| Role { trusted: "ec2.amazonaws.com", since: it.created });
    of_tasks.into_iter().chain(of_instances)
}

/// An id in the shape of IAM's that stays the same for a role.
fn role_id(account: &str, name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (account, name).hash(&mut hasher);
    format!("AROA{:017X}", hasher.finish())
}

/// Encoded as in a URL, which is how IAM writes policies.
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::{
        shape,
        sim::{
            estates,
            iam::answer,
            wire::{
                call::{Call, Reply},
                input::Input,
                value::Value,
            },
            world::{Place, World},
        },
    };

    fn ask(world: &mut World, name: &str) -> Reply {
        let input = shape! { "RoleName" => name };
        let place = Place::new("111122223333", "us-east-1");
        let (access_key, request_id) = ("SIM111122223333", "test");
        answer(world, &Call { operation: "GetRole", input: Input(&input), place, access_key, request_id }).unwrap()
    }

    #[test]
    fn the_roles_of_an_account_are_those_that_something_in_it_names() {
        let mut world = estates::world(1, Timestamp::from_second(1_767_355_200).unwrap());
        for (name, service) in [
            ("terminal-api-task", "ecs-tasks"),
            ("ecsTaskExecutionRole", "ecs-tasks"),
            ("terminal-gateway-role", "ec2"),
            // IAM is one for all regions.
            ("reactive-notebook-backend-task", "ecs-tasks"),
        ] {
            let reply = ask(&mut world, name).unwrap();
            let role = reply.get("Role").unwrap();
            assert_eq!(role.get("RoleName"), Some(&Value::Text(name.to_owned())));
            let Some(Value::Text(policy)) = role.get("AssumeRolePolicyDocument") else { panic!("{role:?}") };
            assert!(policy.starts_with("%7B%22Version") && policy.contains(&format!("%22{service}.amazonaws.com%22")));
        }
        for name in ["cma-api-production-task", "nobody"] {
            let error = ask(&mut world, name).unwrap_err();
            assert_eq!(error.code, "NoSuchEntity", "{name} is another account's, or nobody's");
        }
    }
}
