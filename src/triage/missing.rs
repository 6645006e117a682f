//! Resources that a stack file names and AWS does not have.

use super::{
    context::{Context, Finding, Place},
    rule::Rule,
};
use crate::{
    domain::{
        estate::ScopeEstate,
        fault::FaultKind,
        id::{Kind, Scope},
        observation::Observation,
        signal::Severity,
        text::SafeText,
    },
    stack::model::{Stack, StackService},
};

pub const MISSING: Rule = Rule {
    name: "missing",
    meaning: "a service, group or target group that the stack names does not exist",
    severity: "critical",
    fires: "a complete answer of AWS does not hold what the stack file names, or its cluster is not found",
    evidence: "which stack file names it, and AWS's fault where there is one",
    next: "check name, region and account in the stack file, and whether somebody has deleted it",
    check: missing,
};

fn missing(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stack in context.stacks {
        for spec in &stack.services {
            findings.extend(context.places(stack, &spec.scopes).filter_map(|place| missing_service(&place, spec)));
        }
        for spec in &stack.groups {
            let absent = |place: &Place<'_>| is_whole(&place.known.groups) && place.known.stack_group(spec).is_none();
            let places = context.places(stack, &spec.scopes).filter(absent);
            findings.extend(places.map(|place| named(&place, Kind::Group, "Auto Scaling group", &spec.name)));
        }
        for spec in &stack.target_groups {
            let absent = |place: &Place<'_>| {
                is_whole(&place.known.target_groups) && place.known.stack_target_group(spec).is_none()
            };
            let places = context.places(stack, &spec.scopes).filter(absent);
            findings.extend(places.map(|place| named(&place, Kind::TargetGroup, "target group", &spec.name)));
        }
    }
    findings
}

/// Whether what an observation lacks does not exist.
fn is_whole<T>(observation: &Observation<T>) -> bool {
    let all_told = |kind| matches!(kind, None | Some(FaultKind::Missing));
    observation.value().is_some() && all_told(observation.fault().map(|it| it.kind))
}

fn missing_service(place: &Place<'_>, spec: &StackService) -> Option<Finding> {
    let observation = place.known.services.get(&spec.cluster)?;
    let cluster_missing = observation.fault().is_some_and(|it| it.kind == FaultKind::Missing);
    let service_missing = is_whole(observation) && place.known.stack_service(spec).is_none();
    if !cluster_missing && !service_missing {
        return None;
    }
    let what = format!("service {} of cluster {}", spec.name, spec.cluster);
    let mut finding = named(place, Kind::Service, "", &what);
    finding.subject = place.finding(Severity::Critical, Kind::Service, &service_arn(place, spec), None).subject;
    if let Some(fault) = observation.fault().filter(|_| cluster_missing) {
        finding.evidence.push(format!("{}: {}: {}", fault.operation, fault.code, fault.message));
    }
    Some(finding)
}

/// The ARN it would have; cluster and name where the account is not known.
fn service_arn(place: &Place<'_>, spec: &StackService) -> String {
    match account(place.known, place.stack, place.scope) {
        Some(account) => {
            format!("arn:aws:ecs:{}:{account}:service/{}/{}", place.scope.region, spec.cluster, spec.name)
        }
        None => format!("{}/{}", spec.cluster, spec.name),
    }
}

/// The account of the scope's credentials, or else the one that the stack file names.
fn account<'a>(known: &'a ScopeEstate, stack: &'a Stack, scope: &Scope) -> Option<&'a str> {
    let told = || stack.scopes.iter().find(|it| it.scope == *scope).and_then(|it| it.account.as_ref());
    known.identity.value().map(|it| &it.account).or_else(told).map(SafeText::as_str)
}

fn named(place: &Place<'_>, kind: Kind, noun: &str, name: &str) -> Finding {
    let what = format!("{noun} {name}");
    Finding {
        summary: format!("{} does not exist in {}", what.trim(), place.scope),
        evidence: vec![format!("the stack file of {} names it", place.stack.name)],
        advice: "check its name, region and account in the stack file, and whether somebody has deleted it".to_owned(),
        ..place.finding(Severity::Critical, kind, name, None)
    }
}
