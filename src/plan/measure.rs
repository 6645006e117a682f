//! What load balancers measure of a service's targets: requests, errors, latency.

use super::facts::Inquiry;
use crate::domain::{
    id::{Arn, Scope},
    metric::{MetricName, MetricRead, Series},
    query::{Answer, Query},
    text::SafeText,
};

/// Minutes that are looked back.
pub const MINUTES: u32 = 15;

/// What is read of a target group behind a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    pub requests: MetricRead,
    pub errors: MetricRead,
    pub p95: MetricRead,
}

impl Reads {
    pub fn of(group: &Arn, balancer: &Arn) -> Self {
        let dimensions = vec![
            ("LoadBalancer".into(), dimension(balancer, "loadbalancer/")),
            ("TargetGroup".into(), dimension(group, "")),
        ];
        let read = |name: &str, statistic: &str| MetricRead {
            metric: MetricName {
                namespace: "AWS/ApplicationELB".into(),
                name: name.into(),
                dimensions: dimensions.clone(),
            },
            statistic: statistic.into(),
            period_seconds: 60,
        };
        Self {
            requests: read("RequestCount", "Sum"),
            errors: read("HTTPCode_Target_5XX_Count", "Sum"),
            p95: read("TargetResponseTime", "p95"),
        }
    }

    pub fn all(self) -> [MetricRead; 3] {
        [self.requests, self.errors, self.p95]
    }
}

/// The part of an ARN that metrics know a load balancer or target group by.
fn dimension(arn: &Arn, prefix: &str) -> SafeText {
    let resource = arn.wire().splitn(6, ':').nth(5).unwrap_or_default();
    SafeText::new(resource.strip_prefix(prefix).unwrap_or(resource))
}

/// Requests a second over the last whole minute; `None` where nothing is measured.
pub fn requests_per_second<'a, 'b>(
    scope: &Scope,
    groups: impl Iterator<Item = (&'b Arn, &'b Arn)>,
    inquiry: &Inquiry<'a>,
) -> Option<f64> {
    let wanted: Vec<MetricRead> = groups.map(|(group, balancer)| Reads::of(group, balancer).requests).collect();
    if wanted.is_empty() {
        return None;
    }
    let series = inquiry.ask_in(scope, Query::Metrics { reads: wanted, minutes: MINUTES }, |answer| match answer {
        Answer::Metrics(series) => Some(series),
        _ => None,
    });
    let latest = |series: &Series| {
        // The newest minute is not over yet.
        let points = &series.points;
        points.len().checked_sub(2).and_then(|at| points.get(at)).or(points.last()).map(|(_, value)| *value)
    };
    let counts: Vec<f64> = series.known().flatten()?.iter().filter_map(|(_, series)| latest(series)).collect();
    (!counts.is_empty()).then(|| counts.iter().sum::<f64>() / 60.0)
}
