//! Listeners and their rules.

use aws_sdk_elasticloadbalancingv2::{
    Client,
    types::{self, ActionTypeEnum},
};
use jiff::Timestamp;

use super::super::{
    fault,
    paging::{Gathered, Page, batches, pages},
    values::{count, port, text},
};
use crate::domain::{
    id::Arn,
    listener::{Condition, Listener, Rule, RuleAction},
    text::SafeText,
};

/// The listeners of a load balancer, each with its rules. Rules that cannot be read leave their listener without them.
pub async fn listeners(client: &Client, balancer: &Arn, now: Timestamp) -> Gathered<Listener> {
    let described = pages(|marker| {
        let call = client.describe_listeners().load_balancer_arn(balancer.wire()).page_size(400).set_marker(marker);
        async move {
            let output =
                call.send().await.map_err(|error| fault::of("elasticloadbalancing:DescribeListeners", &error, now))?;
            Ok(Page::new(output.listeners, output.next_marker))
        }
    })
    .await;
    let mut listeners = described.filter_map(|it| listener(&it, balancer));
    let arns: Vec<Arn> = listeners.items.iter().map(|it| it.arn.clone()).collect();
    // The call takes one listener: a batch of one keeps the bound on how many are under way.
    let found = batches(arns, 1, |mut one| async move {
        let Some(arn) = one.pop() else { return Gathered::default() };
        let Gathered { items, fault } = rules(client, &arn, now).await;
        Gathered { items: vec![(arn, items)], fault }
    })
    .await;
    for (arn, mut rules) in found.items {
        if let Some(listener) = listeners.items.iter_mut().find(|it| it.arn == arn) {
            rules.sort_by_key(|it| (it.priority.is_none(), it.priority));
            listener.rules = rules;
        }
    }
    listeners.note(found.fault);
    listeners
}

async fn rules(client: &Client, listener: &Arn, now: Timestamp) -> Gathered<Rule> {
    let described = pages(|marker| {
        let call = client.describe_rules().listener_arn(listener.wire()).page_size(400).set_marker(marker);
        async move {
            let output =
                call.send().await.map_err(|error| fault::of("elasticloadbalancing:DescribeRules", &error, now))?;
            Ok(Page::new(output.rules, output.next_marker))
        }
    })
    .await;
    described.filter_map(|it| rule(&it))
}

fn listener(raw: &types::Listener, balancer: &Arn) -> Option<Listener> {
    Some(Listener {
        arn: Arn::new(raw.listener_arn()?),
        balancer: balancer.clone(),
        protocol: text(raw.protocol().map(types::ProtocolEnum::as_str)),
        port: port(raw.port()),
        rules: Vec::new(),
    })
}

fn rule(raw: &types::Rule) -> Option<Rule> {
    let is_check = |it: &&types::Action| {
        it.r#type().is_some_and(|it| {
            !matches!(it, ActionTypeEnum::Forward | ActionTypeEnum::Redirect | ActionTypeEnum::FixedResponse)
        })
    };
    let last = raw.actions().iter().find(|it| !is_check(it));
    let checks = raw.actions().iter().filter(is_check).map(kind_of);
    Some(Rule {
        arn: Arn::new(raw.rule_arn()?),
        priority: raw.priority().and_then(|it| it.parse().ok()),
        conditions: raw.conditions().iter().map(condition).collect(),
        action: last.map_or_else(|| RuleAction::Other("no action".into()), action),
        checks: checks.collect(),
    })
}

fn kind_of(raw: &types::Action) -> SafeText {
    text(raw.r#type().map(ActionTypeEnum::as_str))
}

fn action(raw: &types::Action) -> RuleAction {
    if let Some(config) = raw.redirect_config() {
        let part = |it: Option<&str>| it.filter(|it| !it.starts_with("#{")).unwrap_or_default().to_owned();
        let host = part(config.host());
        let port = part(config.port());
        let code = config.status_code().map_or("", types::RedirectActionStatusCodeEnum::as_str);
        return RuleAction::Redirect(format!("{}://{host}:{port} {code}", part(config.protocol())).into());
    }
    if let Some(config) = raw.fixed_response_config() {
        return RuleAction::Respond(text(config.status_code()));
    }
    let weighed = raw.forward_config().map(types::ForwardActionConfig::target_groups).unwrap_or_default();
    let groups: Vec<_> = weighed
        .iter()
        .filter_map(|it| Some((Arn::new(it.target_group_arn()?), it.weight().map_or(1, count))))
        .collect();
    match (groups.is_empty(), raw.target_group_arn()) {
        (false, _) => RuleAction::Forward(groups),
        (true, Some(arn)) => RuleAction::Forward(vec![(Arn::new(arn), 1)]),
        (true, None) => RuleAction::Other(kind_of(raw)),
    }
}

fn condition(raw: &types::RuleCondition) -> Condition {
    let texts = |values: &[String]| values.iter().map(|it| SafeText::new(it)).collect::<Vec<_>>();
    let (field, values) = if let Some(config) = raw.host_header_config() {
        ("host".into(), texts(config.values()))
    } else if let Some(config) = raw.path_pattern_config() {
        ("path".into(), texts(config.values()))
    } else if let Some(config) = raw.http_header_config() {
        (format!("header {}", config.http_header_name().unwrap_or_default()), texts(config.values()))
    } else if let Some(config) = raw.http_request_method_config() {
        ("method".into(), texts(config.values()))
    } else if let Some(config) = raw.query_string_config() {
        let pair = |it: &types::QueryStringKeyValuePair| {
            let key = it.key().map(|key| format!("{key}=")).unwrap_or_default();
            SafeText::from(format!("{key}{}", it.value().unwrap_or_default()))
        };
        ("query".into(), config.values().iter().map(pair).collect())
    } else if let Some(config) = raw.source_ip_config() {
        ("source".into(), texts(config.values()))
    } else {
        (raw.field().unwrap_or("?").to_owned(), texts(raw.values()))
    };
    Condition { field: field.into(), values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_s_last_action_leads_and_those_before_check() {
        let check = types::Action::builder().r#type(ActionTypeEnum::AuthenticateOidc).order(1).build();
        let group = |arn: &str, weight| types::TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build();
        let forward = types::ForwardActionConfig::builder().target_groups(group("a", 90)).target_groups(group("b", 10));
        let forward = types::Action::builder().r#type(ActionTypeEnum::Forward).forward_config(forward.build()).build();
        let host = types::HostHeaderConditionConfig::builder().values("api.example.com").build();
        let raw = types::Rule::builder()
            .rule_arn("r")
            .priority("7")
            .conditions(types::RuleCondition::builder().host_header_config(host).build())
            .actions(check)
            .actions(forward)
            .build();
        let rule = rule(&raw).expect("a rule");
        assert_eq!((rule.priority, rule.checks.as_slice()), (Some(7), ["authenticate-oidc".into()].as_slice()));
        assert_eq!(rule.groups(), [(Arn::new("a"), 90), (Arn::new("b"), 10)]);
        assert_eq!(rule.conditions, [Condition { field: "host".into(), values: vec!["api.example.com".into()] }]);
    }

    #[test]
    fn a_rule_of_which_little_is_told_is_still_one() {
        let raw = types::Rule::builder().rule_arn("r").priority("default").build();
        let rule = rule(&raw).expect("a rule");
        assert_eq!((rule.priority, rule.action), (None, RuleAction::Other("no action".into())));
    }
}
