//! ELBv2 resources in the API's words.

use super::{
    super::wire::value::{Value, shape},
    balancer::{Action, Balancer, Condition, Listener, Rule},
    group::Group,
    target::Target,
};

pub fn balancer(balancer: &Balancer) -> Value {
    let zones = balancer.zones.iter().map(|(zone, subnet)| {
        shape! { "ZoneName" => zone, "SubnetId" => subnet, "LoadBalancerAddresses" => Value::List(Vec::new()) }
    });
    shape! {
        "LoadBalancerArn" => &balancer.arn,
        "DNSName" => &balancer.dns_name,
        "CanonicalHostedZoneId" => "Z35SXDOTRQ7X7K",
        "CreatedTime" => balancer.created_at,
        "LoadBalancerName" => &balancer.name,
        "Scheme" => "internet-facing",
        "VpcId" => &balancer.vpc,
        "State" => shape! { "Code" => "active" },
        "Type" => "application",
        "AvailabilityZones" => Value::list(zones),
        "SecurityGroups" => Value::list([&balancer.security_group]),
        "IpAddressType" => "ipv4",
    }
}

pub fn group(group: &Group) -> Value {
    shape! {
        "TargetGroupArn" => &group.arn,
        "TargetGroupName" => &group.name,
        "Protocol" => "HTTP",
        "Port" => group.port,
        "VpcId" => &group.vpc,
        "HealthCheckProtocol" => "HTTP",
        "HealthCheckPort" => "traffic-port",
        "HealthCheckEnabled" => true,
        "HealthCheckIntervalSeconds" => group.interval,
        "HealthCheckTimeoutSeconds" => group.timeout,
        "HealthyThresholdCount" => group.thresholds.healthy,
        "UnhealthyThresholdCount" => group.thresholds.unhealthy,
        "HealthCheckPath" => &group.path,
        "Matcher" => shape! { "HttpCode" => "200" },
        "LoadBalancerArns" => Value::list(group.balancer.as_ref()),
        "TargetType" => group.target_type,
        "ProtocolVersion" => "HTTP1",
        "IpAddressType" => "ipv4",
    }
}

pub fn target_health(group: &Group, target: &Target) -> Value {
    let health = target.wire(group.balancer.is_some());
    shape! {
        "Target" => shape! { "Id" => &target.id, "Port" => target.port, "AvailabilityZone" => &target.zone },
        "HealthCheckPort" => target.port.to_string(),
        "TargetHealth" => shape! {
            "State" => health.state, "Reason" => health.reason, "Description" => health.description,
        },
    }
}

/// What is said of a target that was asked for by name and is not there.
pub fn not_registered(id: &str, port: u16) -> Value {
    shape! {
        "Target" => shape! { "Id" => id, "Port" => port },
        "TargetHealth" => shape! {
            "State" => "unused",
            "Reason" => "Target.NotRegistered",
            "Description" => "Target is not registered to the target group",
        },
    }
}

/// The attributes of an HTTP group; every value is text (reference §4.2).
pub fn attributes(group: &Group) -> Value {
    let duration = group.stickiness.unwrap_or(86_400);
    let attributes = [
        ("deregistration_delay.timeout_seconds", group.deregistration_delay.to_string()),
        ("stickiness.enabled", group.stickiness.is_some().to_string()),
        ("stickiness.type", "lb_cookie".to_owned()),
        ("stickiness.lb_cookie.duration_seconds", duration.to_string()),
        ("slow_start.duration_seconds", "0".to_owned()),
        ("load_balancing.algorithm.type", "round_robin".to_owned()),
        ("load_balancing.algorithm.anomaly_mitigation", "off".to_owned()),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration".to_owned()),
    ];
    Value::list(attributes.map(|(key, value)| shape! { "Key" => key, "Value" => value }))
}

pub fn listener(balancer: &Balancer, listener: &Listener) -> Value {
    let certificates = listener.certificate.iter().map(|arn| shape! { "CertificateArn" => arn });
    shape! {
        "ListenerArn" => &listener.arn,
        "LoadBalancerArn" => &balancer.arn,
        "Port" => listener.port,
        "Protocol" => listener.protocol,
        "Certificates" => listener.certificate.is_some().then(|| Value::list(certificates)),
        "SslPolicy" => listener.certificate.is_some().then_some("ELBSecurityPolicy-TLS13-1-2-2021-06"),
        "DefaultActions" => Value::list(listener.default_action().map(action)),
    }
}

pub fn rule(rule: &Rule) -> Value {
    shape! {
        "RuleArn" => &rule.arn,
        "Priority" => rule.priority.map_or_else(|| "default".to_owned(), |priority| priority.to_string()),
        "Conditions" => Value::list(rule.condition.as_ref().map(condition)),
        "Actions" => Value::list([action(&rule.action)]),
        "IsDefault" => rule.priority.is_none(),
    }
}

fn condition(condition: &Condition) -> Value {
    match condition {
        Condition::Host(host) => shape! {
            "Field" => "host-header",
            "Values" => Value::list([host]),
            "HostHeaderConfig" => shape! { "Values" => Value::list([host]) },
        },
        Condition::Path(path) => shape! {
            "Field" => "path-pattern",
            "Values" => Value::list([path]),
            "PathPatternConfig" => shape! { "Values" => Value::list([path]) },
        },
        Condition::Header { name, value } => shape! {
            "Field" => "http-header",
            "HttpHeaderConfig" => shape! { "HttpHeaderName" => name, "Values" => Value::list([value]) },
        },
    }
}

fn action(action: &Action) -> Value {
    match action {
        // AWS repeats the only group of a forward outside of ForwardConfig.
        Action::Forward(group) => shape! {
            "Type" => "forward",
            "TargetGroupArn" => group,
            "Order" => 1,
            "ForwardConfig" => shape! {
                "TargetGroups" => Value::list([shape! { "TargetGroupArn" => group, "Weight" => 1 }]),
                "TargetGroupStickinessConfig" => shape! { "Enabled" => false },
            },
        },
        Action::RedirectToHttps => shape! {
            "Type" => "redirect",
            "Order" => 1,
            "RedirectConfig" => shape! {
                "Protocol" => "HTTPS",
                "Port" => "443",
                "Host" => "#{host}",
                "Path" => "/#{path}",
                "Query" => "#{query}",
                "StatusCode" => "HTTP_301",
            },
        },
        Action::Fixed(status) => shape! {
            "Type" => "fixed-response",
            "Order" => 1,
            "FixedResponseConfig" => shape! {
                "StatusCode" => status.to_string(), "ContentType" => "text/plain", "MessageBody" => "",
            },
        },
    }
}

pub fn tags(arn: &str, tags: &[(String, String)]) -> Value {
    let tags = tags.iter().map(|(key, value)| shape! { "Key" => key, "Value" => value });
    shape! { "ResourceArn" => arn, "Tags" => Value::list(tags) }
}
