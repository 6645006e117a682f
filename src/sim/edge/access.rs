//! Who may do what, as scenarios restrict it.

use super::{Asked, Edge, Trouble};

/// What no policy can forbid.
const ALWAYS_ALLOWED: &str = "sts:GetCallerIdentity";

impl Edge {
    /// Whether the account's credentials have expired.
    pub fn has_expired(&self, account: &str) -> bool {
        self.troubles.iter().any(|it| matches!(it, Trouble::Expired { account: of } if of == account))
    }

    /// Whether the account's identities are denied `action`, written `SERVICE:OPERATION` as IAM does.
    pub fn denies(&self, account: &str, action: &str) -> bool {
        let denied = |it: &Trouble| match it {
            Trouble::Denied { account: of, actions } => of == account && actions.iter().any(|it| covers(it, action)),
            _ => false,
        };
        action != ALWAYS_ALLOWED && self.troubles.iter().any(denied)
    }
}

/// Whether a policy's action, which may end in `*`, covers this one.
fn covers(pattern: &str, action: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => action.starts_with(beginning),
        None => pattern == action,
    }
}

/// The resource that a refusal names; `None` for services that name none where they are only read.
pub fn resource(asked: &Asked<'_>) -> Option<String> {
    let text = |name| asked.input.text(name).ok().flatten();
    match asked.service {
        "dynamodb" => Some(text("TableName").map_or_else(
            || "*".to_owned(),
            |table| asked.place.arn("dynamodb", format_args!("table/{}", last(table))),
        )),
        "ecs" => {
            let cluster = text("cluster").map(last);
            Some(match (cluster, text("service").map(last)) {
                (Some(cluster), Some(service)) => asked.place.arn("ecs", format_args!("service/{cluster}/{service}")),
                (Some(cluster), None) => asked.place.arn("ecs", format_args!("cluster/{cluster}")),
                _ => "*".to_owned(),
            })
        }
        "ecr" => {
            let repository = text("repositoryName").unwrap_or("*");
            Some(asked.place.arn("ecr", format_args!("repository/{repository}")))
        }
        "iam" => text("RoleName").map(|role| format!("role {role}")),
        "logs" => {
            let group = text("logGroupName").unwrap_or_default();
            Some(asked.place.arn("logs", format_args!("log-group:{group}:log-stream:")))
        }
        _ => None,
    }
}

/// The name at the end of an ARN, or the name itself.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_denied_by_name_by_beginning_and_altogether() {
        let mut edge = Edge::new(1);
        let denied = |actions: &[&str]| Trouble::Denied {
            account: "111122223333".to_owned(),
            actions: actions.iter().map(|it| (*it).to_owned()).collect(),
        };
        edge.troubles.push(denied(&["dynamodb:Scan", "ecs:Update*"]));
        for (action, is_denied) in [
            ("dynamodb:Scan", true),
            ("dynamodb:Query", false),
            ("ecs:UpdateService", true),
            ("ecs:DescribeServices", false),
        ] {
            assert_eq!(edge.denies("111122223333", action), is_denied, "{action}");
            assert!(!edge.denies("444455556666", action), "another account's {action}");
        }
        edge.troubles = vec![denied(&["*"])];
        assert!(edge.denies("111122223333", "sts:AssumeRole"));
        assert!(!edge.denies("111122223333", ALWAYS_ALLOWED));
    }
}
