//! AWS IAM, as far as it is asked: would this caller be allowed to do that (`SimulatePrincipalPolicy`), and is there such a
//! role (`GetRole`).
//!
//! What is denied stands in one place, the services' front end (`Edge::denies`): it refuses what this simulation calls
//! denied, and nothing else.

mod role;

use super::{
    edge::Edge,
    wire::{
        call::{Call, Reply},
        error::ApiError,
        input::Input,
        page::{Rule, page},
        signature::account_named_by,
        value::Value,
    },
    world::World,
};
use crate::shape;

/// The most actions that one call takes.
const MOST_ACTIONS: usize = 1000;
const RESULTS: Rule = Rule {
    listing: "iam.SimulatePrincipalPolicy",
    size_name: "maxItems",
    default: 100,
    min: 1,
    max: 1000,
    bad_size: "ValidationError",
    bad_token: "InvalidInput",
};

/// The operations of IAM, which is one for all regions of an account; `None` where the operation is unknown.
pub fn answer(world: &mut World, call: &Call<'_>) -> Option<Reply> {
    match call.operation {
        "GetRole" => Some(role::get_role(world, call)),
        "SimulatePrincipalPolicy" => Some(simulate_principal_policy(&world.edge, call)),
        _ => None,
    }
}

fn simulate_principal_policy(edge: &Edge, call: &Call<'_>) -> Reply {
    let input = call.input;
    let account = principal(required(input, "PolicySourceArn")?)?;
    let actions = input.texts("ActionNames")?;
    if actions.is_empty() || actions.len() > MOST_ACTIONS {
        return Err(invalid("ActionNames must name between 1 and 1000 actions."));
    }
    if let Some(odd) = actions.iter().find(|action| action.split(':').filter(|part| !part.is_empty()).count() != 2) {
        return Err(invalid(&format!("Invalid Action: {odd}")));
    }
    let resources = input.texts("ResourceArns")?;
    let results = actions.iter().map(|action| result(action, &resources, edge.denies(account, action)));
    let numbered: Vec<(usize, Value)> = results.enumerate().collect();
    let page = page(numbered, input.text("Marker")?, input.int("MaxItems")?, &RESULTS, |(at, _)| at.to_string())?;
    Ok(shape! {
        "EvaluationResults" => Value::list(page.items.into_iter().map(|(_, result)| result)),
        "IsTruncated" => page.next.is_some(),
        "Marker" => page.next,
    })
}

/// The account of a user, group or role. A session of a role is none of them, as IAM says too.
fn principal(arn: &str) -> Result<&'static str, ApiError> {
    let unclear = || invalid(&format!("Invalid Entity Arn: {arn} does not clearly define entity type and name."));
    let (account, entity) =
        arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(':')).ok_or_else(unclear)?;
    let (kind, name) = entity.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(unclear)?;
    if !["user", "group", "role"].contains(&kind) {
        return Err(unclear());
    }
    let known = account_named_by(account).filter(|known| *known == account);
    known.ok_or_else(|| {
        let name = name.rsplit('/').next().unwrap_or(name);
        let message = format!("The {kind} with name {name} cannot be found.");
        ApiError::bad_request("NoSuchEntity", message).with_status(404)
    })
}

fn result(action: &str, resources: &[String], denied: bool) -> Value {
    let decision = if denied { "implicitDeny" } else { "allowed" };
    let statements = || if denied { Value::List(Vec::new()) } else { Value::list([everything_allowed()]) };
    let each = |resource: &String| {
        shape! {
            "EvalResourceName" => resource,
            "EvalResourceDecision" => decision,
            "MatchedStatements" => statements(),
            "MissingContextValues" => Value::List(Vec::new()),
        }
    };
    shape! {
        "EvalActionName" => action,
        "EvalResourceName" => resources.first().map_or("*", String::as_str),
        "EvalDecision" => decision,
        "MatchedStatements" => statements(),
        "MissingContextValues" => Value::List(Vec::new()),
        "ResourceSpecificResults" => (resources.len() > 1).then(|| Value::list(resources.iter().map(each))),
    }
}

/// The statement of the policy that operators have.
fn everything_allowed() -> Value {
    shape! {
        "SourcePolicyId" => "AdministratorAccess",
        "SourcePolicyType" => "aws-managed",
        "StartPosition" => shape! { "Line" => 3, "Column" => 17 },
        "EndPosition" => shape! { "Line" => 8, "Column" => 6 },
    }
}

fn required<'a>(input: Input<'a>, name: &str) -> Result<&'a str, ApiError> {
    input.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        );
        ApiError::bad_request("ValidationError", message)
    })
}

fn invalid(message: &str) -> ApiError {
    ApiError::bad_request("InvalidInput", message)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sim::{edge::Trouble, world::Place};

    const OPERATOR: &str = "arn:aws:iam::111122223333:user/operator";

    fn ask(world: &mut World, input: &Value) -> Reply {
        let place = Place::new("111122223333", "us-east-1");
        let (access_key, request_id) = ("SIM111122223333", "test");
        let operation = "SimulatePrincipalPolicy";
        answer(world, &Call { operation, input: Input(input), place, access_key, request_id }).unwrap()
    }

    fn decisions(world: &mut World, actions: &[&str]) -> Vec<String> {
        let input = shape! { "PolicySourceArn" => OPERATOR, "ActionNames" => Value::list(actions.iter().copied()) };
        let reply = ask(world, &input).unwrap();
        let Some(Value::List(results)) = reply.get("EvaluationResults") else { panic!("{reply:?}") };
        let decision = |result: &Value| match result.get("EvalDecision") {
            Some(Value::Text(decision)) => decision.clone(),
            other => panic!("{other:?}"),
        };
        results.iter().map(decision).collect()
    }

    #[test]
    fn what_is_denied_is_told_beforehand() {
        let mut world = World::new(1, Timestamp::UNIX_EPOCH);
        let actions = ["ecs:UpdateService", "cloudwatch:GetMetricData", "ecs:DescribeServices"];
        assert_eq!(decisions(&mut world, &actions), ["allowed"; 3]);
        let denied = |account: &str, action: &str| Trouble::Denied {
            account: account.to_owned(),
            actions: vec![action.to_owned()],
        };
        world.edge.troubles = vec![denied("111122223333", "ecs:UpdateService"), denied("111122223333", "cloudwatch:*")];
        assert_eq!(decisions(&mut world, &actions), ["implicitDeny", "implicitDeny", "allowed"]);
        world.edge.troubles = vec![denied("444455556666", "*")];
        assert_eq!(decisions(&mut world, &actions), ["allowed"; 3], "another account's denials");
    }

    #[test]
    fn sessions_strangers_and_odd_actions_are_refused() {
        let mut world = World::new(1, Timestamp::UNIX_EPOCH);
        let cases = [
            ("arn:aws:sts::111122223333:assumed-role/on-call/ada", "ecs:UpdateService", "InvalidInput"),
            ("arn:aws:iam::999999999999:user/ada", "ecs:UpdateService", "NoSuchEntity"),
            (OPERATOR, "UpdateService", "InvalidInput"),
        ];
        for (source, action, code) in cases {
            let input = shape! { "PolicySourceArn" => source, "ActionNames" => Value::list([action]) };
            assert_eq!(ask(&mut world, &input).unwrap_err().code, code, "{source} {action}");
        }
    }

    #[test]
    fn results_come_page_by_page() {
        let mut world = World::new(1, Timestamp::UNIX_EPOCH);
        let actions: Vec<String> = (0..101).map(|at| format!("ecs:Action{at}")).collect();
        let input = shape! { "PolicySourceArn" => OPERATOR, "ActionNames" => Value::list(actions) };
        let first = ask(&mut world, &input).unwrap();
        assert_eq!(first.get("IsTruncated"), Some(&Value::Bool(true)));
        let Value::Map(mut members) = input else { panic!() };
        members.push(("Marker".to_owned(), first.get("Marker").unwrap().clone()));
        let rest = ask(&mut world, &Value::Map(members)).unwrap();
        let Some(Value::List(results)) = rest.get("EvaluationResults") else { panic!("{rest:?}") };
        assert_eq!((results.len(), rest.get("IsTruncated")), (1, Some(&Value::Bool(false))));
    }
}
