//! IAM: what the caller may do, before it is tried; whether roles are there.

use std::sync::Arc;

use aws_sdk_iam::{
    Client,
    types::{self, PolicyEvaluationDecisionType},
};
use jiff::Timestamp;

use super::{
    fault,
    paging::{Gathered, Page, pages},
    values::text,
};
use crate::domain::{
    fault::{Fault, FaultKind},
    inventory::Holding,
    permission::{Decision, Permission},
    text::SafeText,
};

/// What the policies of `principal` say of each action on each resource. The principal is a user, a role, or the session
/// of a role; root and federated users have no policies to ask about and are refused by IAM.
pub async fn permissions(
    client: &Client,
    principal: &str,
    actions: &[Arc<str>],
    resources: &[Arc<str>],
    now: Timestamp,
) -> Gathered<Permission> {
    let Some((role, plain)) = role_of(principal) else {
        return simulate(client, principal, actions, resources, now).await;
    };
    let simulated = simulate(client, &plain, actions, resources, now).await;
    match &simulated.fault {
        // The session's ARN leaves out the path of the role, which roles of single sign-on have.
        Some(fault) if fault.kind == FaultKind::Missing => match role_arn(client, role, now).await {
            Ok(arn) if arn != plain => simulate(client, &arn, actions, resources, now).await,
            Ok(_) => simulated,
            Err(fault) => Err(fault).into(),
        },
        _ => simulated,
    }
}

async fn simulate(
    client: &Client,
    principal: &str,
    actions: &[Arc<str>],
    resources: &[Arc<str>],
    now: Timestamp,
) -> Gathered<Permission> {
    let texts = |items: &[Arc<str>]| Some(items.iter().map(ToString::to_string).collect());
    pages(|marker| {
        let call = client
            .simulate_principal_policy()
            .policy_source_arn(principal)
            .set_action_names(texts(actions))
            .set_resource_arns(texts(resources))
            .set_marker(marker);
        async move {
            const OPERATION: &str = "iam:SimulatePrincipalPolicy";
            let output = call.send().await.map_err(|error| as_missing(fault::of(OPERATION, &error, now)))?;
            Ok(Page::new(output.evaluation_results, output.marker))
        }
    })
    .await
    .filter_map(|it| Some(permission(&it)))
}

async fn role_arn(client: &Client, role: &str, now: Timestamp) -> Result<String, Fault> {
    let output = client.get_role().role_name(role).send().await;
    let output = output.map_err(|error| as_missing(fault::of("iam:GetRole", &error, now)))?;
    Ok(output.role().map(|it| it.arn().to_owned()).unwrap_or_default())
}

/// iam:GetRole.
pub async fn role(client: &Client, name: &str, now: Timestamp) -> Result<Holding, Fault> {
    role_arn(client, name, now).await.map(|_| Holding::Named { name: name.into(), state: None })
}

/// IAM says `NoSuchEntity` of what other services call not found.
fn as_missing(mut fault: Fault) -> Fault {
    if fault.code.as_str() == "NoSuchEntity" {
        fault.kind = FaultKind::Missing;
    }
    fault
}

/// The role behind `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`: its name, and its ARN if it has no path.
fn role_of(principal: &str) -> Option<(&str, String)> {
    let (before, session) = principal.split_once(":assumed-role/")?;
    let role = session.split('/').next()?;
    Some((role, format!("{}:role/{role}", before.replacen(":sts:", ":iam:", 1))))
}

fn permission(raw: &types::EvaluationResult) -> Permission {
    Permission {
        action: SafeText::new(raw.eval_action_name()),
        resource: text(raw.eval_resource_name()),
        decision: match raw.eval_decision() {
            PolicyEvaluationDecisionType::Allowed => Decision::Allowed,
            PolicyEvaluationDecisionType::ExplicitDeny => Decision::ExplicitlyDenied,
            _ => Decision::ImplicitlyDenied,
        },
        missing_context: raw.missing_context_values().iter().map(|it| SafeText::new(it)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::role_of;

    #[test]
    fn a_session_is_of_its_role() {
        let session = "arn:aws:sts::111122223333:assumed-role/on-call/ada";
        assert_eq!(role_of(session), Some(("on-call", "arn:aws:iam::111122223333:role/on-call".to_owned())));
        assert_eq!(role_of("arn:aws:iam::111122223333:user/ada"), None);
    }
}
