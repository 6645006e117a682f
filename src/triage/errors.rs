//! Requests that are answered with 5xx.

use jiff::{SignedDuration, Timestamp};

use super::{
    context::{Context, Finding, TargetGroupView},
    rule::Rule,
    series::{figures, points},
    words,
};
use crate::{
    domain::{id::Kind, signal::Severity},
    metrics::Measure,
};

pub const ERRORS_HIGH: Rule = Rule {
    name: "errors-high",
    meaning: "too many requests to a target group are answered with 5xx",
    severity: "critical from 10 % of the requests on, else a warning",
    fires: "at least 2 % of the requests of the last five minutes, and at least ten of them, were answered with 5xx by the \
            targets, or by the load balancer itself where it serves this target group alone; two minutes with fewer end \
            it",
    evidence: "errors of the targets and of the load balancer, requests, the share in each minute",
    next: "targets' errors: the service's logs; the load balancer's: targets that close connections, answer too late, or \
           are missing",
    check: errors_high,
};

/// Shares of the requests.
const HIGH: f64 = 0.02;
const SEVERE: f64 = 0.10;

/// Fewer errors are told by no share.
const COUNTED: f64 = 10.0;

/// So many minutes in a row that are well again end it.
const WELL: usize = 2;

/// How many minutes are looked at, up to the newest that has come.
const MINUTES: i64 = 5;

/// A series that ends earlier says nothing of now.
const CURRENT: SignedDuration = SignedDuration::from_mins(10);

fn errors_high(context: &Context<'_>) -> Vec<Finding> {
    context.target_groups.iter().filter_map(find).collect()
}

fn find(view: &TargetGroupView<'_>) -> Option<Finding> {
    let found = figures(view.place, view.group);
    let requests = points(view.place, &found, Measure::Requests)?;
    let (newest, _) = *requests.last().filter(|(at, _)| view.place.now.duration_since(*at) <= CURRENT)?;
    let from = newest - SignedDuration::from_mins(MINUTES - 1);
    let within = |measure| {
        let points = points(view.place, &found, measure).unwrap_or_default();
        // Newer minutes of one series than of the other would make a share of nothing.
        points.iter().filter(move |(at, _)| (from..=newest).contains(at))
    };
    // From zero: the sum of nothing is shown, and is otherwise -0.
    let sum = |measure| within(measure).fold(0.0, |sum, (_, value)| sum + value);
    let (asked, by_targets) = (sum(Measure::Requests), sum(Measure::Target5xx));
    // What the balancer answers for want of a target, it does not count as a request to the group.
    let of_balancer = sum(Measure::Balancer5xx);
    let by_balancer = if of_balancer > 0.0 && serves_alone(view) { of_balancer } else { 0.0 };
    let errors = by_targets + by_balancer;
    let all = asked.max(by_targets) + by_balancer;
    let share = errors / all;
    if errors < COUNTED || share < HIGH {
        return None;
    }
    let errors_at = |at: Timestamp| -> f64 {
        let of = |measure| within(measure).filter(|(it, _)| *it == at).map(|(_, value)| *value).sum::<f64>();
        // The sum of nothing is -0, which is shown as such.
        0.0 + of(Measure::Target5xx) + if by_balancer > 0.0 { of(Measure::Balancer5xx) } else { 0.0 }
    };
    // It is over where the newest minutes are well again, whatever the sum of all says.
    let is_well = |(at, number): &(Timestamp, f64)| errors_at(*at) < number * HIGH;
    let last: Vec<_> = within(Measure::Requests).copied().collect();
    if last.len() > WELL && last[last.len() - WELL..].iter().all(is_well) {
        return None;
    }
    let minutes: Vec<String> = within(Measure::Requests)
        .filter(|(_, number)| *number > 0.0)
        .map(|(at, number)| format!("{} {:.0} %", at.strftime("%H:%M"), (errors_at(*at) / number * 100.0).min(100.0)))
        .collect();
    let since = within(Measure::Requests).find(|(at, number)| errors_at(*at) >= number * HIGH).map(|(at, _)| *at);
    let name = &view.group.name;
    Some(Finding {
        summary: format!("{name}: {:.0} % of the requests are answered with 5xx", share * 100.0),
        evidence: vec![
            format!(
                "{errors:.0} of {all:.0} requests in {}: {by_targets:.0} by the targets, {by_balancer:.0} by the load \
                 balancer",
                words::count(MINUTES as usize, "minute")
            ),
            format!("share by minute (UTC): {}", minutes.join("; ")),
        ],
        advice: if by_balancer > by_targets {
            "the load balancer answers itself: targets close connections, answer too late, or are missing"
        } else {
            "the targets answer so: see the service's logs, what it depends on, and what was deployed just before"
        }
        .to_owned(),
        ..view.place.finding(
            if share >= SEVERE { Severity::Critical } else { Severity::Warning },
            Kind::TargetGroup,
            view.group.arn.wire(),
            since,
        )
    })
}

/// Whether its load balancer serves no other target group.
fn serves_alone(view: &TargetGroupView<'_>) -> bool {
    let groups = view.place.known.target_groups.value().into_iter().flat_map(|it| it.values());
    let mut sharing = groups.filter(|it| it.load_balancers.iter().any(|it| view.group.load_balancers.contains(it)));
    sharing.all(|it| it.arn == view.group.arn)
}
