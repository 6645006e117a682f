use std::{ops::Range, time::Duration};

use jiff::SignedDuration;

use super::*;
use crate::sim::{Sim, cloudwatch::MetricKey, estates, pace::Pace, scenario};

const SHARED: &str = "111122223333";
const CMA: &str = "444455556666";

fn start() -> Timestamp {
    "2026-03-18T09:30:00Z".parse().unwrap()
}

fn sim() -> Sim {
    Sim::new(estates::world(7, start()), Pace::Stepped)
}

/// The hours of one day so many days after the world began.
fn day(from_start: i64) -> Range<i64> {
    let midnight = (hour_of(start()).div_euclid(HOURS_A_DAY) + from_start) * HOURS_A_DAY;
    midnight..midnight + HOURS_A_DAY
}

/// The last whole calendar month before the world began: February.
fn last_month() -> Range<i64> {
    let hour = |text: &str| hour_of(text.parse().unwrap());
    hour("2026-02-01T00:00:00Z")..hour("2026-03-01T00:00:00Z")
}

fn cost(sim: &Sim, account: &str, hours: &Range<i64>, of: impl Fn(&Usage) -> bool) -> Decimal {
    sim.with_world(|world| lines(world, account, hours).iter().filter(|it| of(it.usage)).map(Line::cost).sum())
}

fn quantity(sim: &Sim, account: &str, hours: &Range<i64>, project: &str, usage_type: &str) -> Decimal {
    sim.with_world(|world| {
        let lines = lines(world, account, hours);
        let found = lines.iter().filter(|it| it.usage.project == Some(project) && it.usage.usage_type == usage_type);
        found.map(|it| it.quantity).sum()
    })
}

fn usd(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn an_ordinary_month_tells_the_estates_story() {
    let sim = sim();
    let month = last_month();
    let of = |account, project: &'static str, service: &'static str| {
        cost(&sim, account, &month, |it| it.project == Some(project) && it.service == service)
    };
    // Two gateways by the hour and what passes them: the largest of tsdevstack.
    let nat = cost(&sim, SHARED, &month, |it| it.project == Some("tsdevstack") && it.usage_type.contains("NatGateway"));
    assert!((usd("70")..usd("100")).contains(&nat), "{nat}");
    for other in ["Amazon Elastic Container Service", "Amazon Relational Database Service", "Amazon ElastiCache"] {
        assert!(of(SHARED, "tsdevstack", other) < nat, "{other}");
    }
    let cases = [
        (SHARED, "tsdevstack", "AWS Secrets Manager", "3.5", "4.5"),
        (SHARED, "tsdevstack", "Amazon Elastic Load Balancing", "15", "22"),
        (SHARED, "reactive-notebook", "EC2 - Other", "62", "80"),
        (SHARED, "reactive-notebook", "Amazon Elastic Container Service", "17", "21"),
        (SHARED, "reactive-notebook", "Amazon Elastic Load Balancing", "15", "18"),
        (CMA, "cma", "EC2 - Other", "80", "100"),
        (CMA, "cma", "Amazon Simple Storage Service", "12", "16"),
        (CMA, "cma", "Amazon Route 53", "4", "6"),
    ];
    for (account, project, service, least, most) in cases {
        let cost = of(account, project, service);
        assert!((usd(least)..usd(most)).contains(&cost), "{project} {service}: {cost}");
    }
    let (whole, untagged) =
        (cost(&sim, SHARED, &month, |_| true), cost(&sim, SHARED, &month, |it| it.project.is_none()));
    assert!(untagged > usd("10") && untagged < whole * usd("0.05"), "{untagged} of {whole}");
    let cma = cost(&sim, CMA, &month, |_| true);
    assert!(
        (usd("800")..usd("1125")).contains(&cma),
        "an ordinary month is three quarters of the budget at most: {cma}"
    );
}

#[test]
fn a_calm_day_costs_what_the_days_before_did() {
    let sim = sim();
    sim.advance(Duration::from_hours(24 * 2 + 12));
    for account in [SHARED, CMA] {
        let days: Vec<Decimal> = (-14..=1).map(|at| cost(&sim, account, &day(at), |_| true)).collect();
        let (least, most) = (days.iter().min().unwrap(), days.iter().max().unwrap());
        assert!(*most < *least * usd("1.06"), "{account}: {days:?}");
    }
}

#[test]
fn a_scaled_out_service_shows_up_in_tomorrows_bill() {
    let sim = sim();
    let service = "arn:aws:ecs:us-east-1:111122223333:service/terminal-cluster/terminal-api";
    sim.with_world(|world| {
        let place = Place::new(SHARED, "us-east-1");
        let (region, mut tick) = world.enter(&place);
        region.ecs.set_desired_count(service, 6, &mut tick);
    });
    sim.advance(Duration::from_hours(24 * 2 + 12));
    let vcpu = |day: &Range<i64>| quantity(&sim, SHARED, day, "terminal", "USE1-Fargate-vCPU-Hours:perCPU");
    assert_eq!(vcpu(&day(-1)), usd("24"), "two tasks of half a vCPU");
    let today = vcpu(&day(0));
    assert!((usd("52")..usd("54")).contains(&today), "four more since half past nine: {today}");
    assert_eq!(vcpu(&day(1)), usd("72"));
}

/// CloudWatch and the bill agree about what passed the gateways.
#[test]
fn what_passes_gateways_is_metered_by_each_as_it_is_billed() {
    let sim = sim();
    sim.with_world(|world| scenario::start(world, "cost-spike").unwrap());
    sim.advance(Duration::from_hours(24 * 2 + 12));
    let billed = quantity(&sim, SHARED, &day(1), "tsdevstack", "NatGateway-Bytes") * usd("1000000000");
    let metered = sim.with_world(|world| {
        let place = Place::new(SHARED, "us-east-1");
        let region = &world.regions[&place];
        let gateways = region.ec2.gateways_of("tsdevstack", &place);
        assert_eq!(gateways.len(), 2);
        let span = day(1).start * SECONDS_AN_HOUR..day(1).end * SECONDS_AN_HOUR;
        let bytes = |id: &String, name: &str| {
            let key = MetricKey::new("AWS/NATGateway", name, &[("NatGatewayId", id)]);
            region.cloudwatch.sum(&key, span.clone())
        };
        let both = |id| bytes(id, "BytesInFromSource") + bytes(id, "BytesInFromDestination");
        let each: Vec<f64> = gateways.iter().map(both).collect();
        assert!(each.iter().all(|it| *it > 0.0), "{each:?}");
        each.iter().sum::<f64>()
    });
    let billed = f64::try_from(billed).unwrap();
    assert!((metered / billed - 1.0).abs() < 0.01, "{metered} metered, {billed} billed");
}

#[test]
fn instances_on_spot_are_billed_as_such() {
    let sim = sim();
    sim.with_world(|world| scenario::start(world, "gateway-notice").unwrap());
    sim.advance(Duration::from_hours(24 * 2 + 12));
    let day = day(1);
    let hours = |usage_type: &str| quantity(&sim, SHARED, &day, "terminal", usage_type);
    assert_eq!((hours("SpotUsage:t3.medium"), hours("BoxUsage:t3.medium")), (usd("48"), Decimal::ZERO));
    let spot = cost(&sim, SHARED, &day, |it| it.usage_type == "SpotUsage:t3.medium");
    assert_eq!(spot, usd("48") * usd("0.0416") * usd("0.35"));
}

#[test]
fn what_is_not_there_any_more_is_not_paid_for() {
    let sim = sim();
    sim.with_world(|world| scenario::start(world, "asleep").unwrap());
    sim.advance(Duration::from_hours(24 + 12));
    let hours = quantity(&sim, SHARED, &day(0), "tsdevstack", "USE1-Fargate-vCPU-Hours:perCPU");
    assert!(hours < usd("48") && hours > usd("40"), "they slept for a while: {hours}");
    let nat = quantity(&sim, SHARED, &day(0), "tsdevstack", "NatGateway-Hours");
    assert_eq!(nat, usd("48"), "gateways never sleep");
}

#[test]
fn the_bill_is_late_and_grows_until_it_is_complete() {
    let sim = sim();
    let hours = |sim: &Sim, day: &Range<i64>| quantity(sim, SHARED, day, "tsdevstack", "NatGateway-Hours");
    // Half past nine: brought up to date at two, with what was used until six the evening before.
    assert_eq!((hours(&sim, &day(-1)), hours(&sim, &day(0))), (usd("36"), Decimal::ZERO));
    let visitors = |sim: &Sim, day: &Range<i64>| quantity(sim, SHARED, day, "tsdevstack", "US-DataTransfer-Out-Bytes");
    let early = visitors(&sim, &day(-1));
    sim.advance(Duration::from_mins(30));
    assert_eq!((hours(&sim, &day(-1)), hours(&sim, &day(0))), (usd("48"), usd("4")));
    assert!(early < visitors(&sim, &day(-1)), "what CloudFront reports comes later still");
    sim.advance(Duration::from_hours(24));
    assert_eq!(hours(&sim, &day(0)), usd("48"));
}

#[test]
fn the_hour_in_which_the_world_begins_is_whole() {
    let sim = sim();
    sim.advance(Duration::from_hours(20));
    let first = hour_of(start());
    for hour in [first - 1, first, first + 1] {
        let nat = quantity(&sim, SHARED, &(hour..hour + 1), "tsdevstack", "NatGateway-Hours");
        assert_eq!(nat, usd("2"), "hour {}", hour - first);
        let vcpu = quantity(&sim, SHARED, &(hour..hour + 1), "tsdevstack", "USE1-Fargate-vCPU-Hours:perCPU");
        assert_eq!(vcpu, usd("2"), "hour {}", hour - first);
    }
}

#[test]
fn a_spike_of_data_began_before_it_was_known_and_ends() {
    let sim = sim();
    let bytes = |sim: &Sim, day: &Range<i64>| quantity(sim, SHARED, day, "tsdevstack", "NatGateway-Bytes");
    sim.with_world(|world| scenario::start(world, "cost-spike").unwrap());
    sim.advance(Duration::from_mins(1));
    let (before, spiked) = (bytes(&sim, &day(-4)), bytes(&sim, &day(-2)));
    assert!(spiked > before * usd("25") && spiked < before * usd("35"), "{before} and {spiked}");
    sim.advance(Duration::from_hours(24 * 2 + 12));
    let after = bytes(&sim, &day(1));
    assert!(after < before * usd("1.2"), "{before} and {after}");
}

#[test]
fn the_same_day_costs_the_same_whenever_it_is_asked_for() {
    let (now, later) = (sim(), sim());
    later.advance(Duration::from_hours(30));
    for at in [-100, -30, -3] {
        for account in [SHARED, CMA] {
            let of = |sim| cost(sim, account, &day(at), |_| true);
            assert!(of(&now) > Decimal::ONE);
            assert_eq!(of(&now), of(&later), "day {at} of {account}");
        }
    }
    assert_eq!(cost(&now, SHARED, &day(-184), |_| true), Decimal::ZERO, "before anything was created");
}

#[test]
fn a_day_is_the_sum_of_its_hours() {
    let sim = sim();
    sim.with_world(|world| scenario::start(world, "cost-spike").unwrap());
    sim.advance(Duration::from_hours(5));
    for at in [-40, -3, -2, -1, 0] {
        let hours = day(at).map(|hour| cost(&sim, SHARED, &(hour..hour + 1), |_| true)).sum::<Decimal>();
        assert_eq!(hours, cost(&sim, SHARED, &day(at), |_| true), "day {at}");
    }
}

#[test]
fn asking_what_it_costs_is_on_the_bill() {
    let sim = sim();
    sim.with_world(|world| {
        for _ in 0..3 {
            note_request(world, &Place::new(SHARED, "us-east-1"));
        }
    });
    sim.advance(Duration::from_hours(26));
    assert_eq!(cost(&sim, SHARED, &day(0), |it| it.service == "AWS Cost Explorer"), usd("0.03"));
}

#[test]
fn the_bill_is_brought_up_to_date_three_times_a_day() {
    let midnight = hour_of(start()).div_euclid(HOURS_A_DAY) * HOURS_A_DAY;
    let at = |hour: i64| Timestamp::from_second((midnight + hour) * SECONDS_AN_HOUR).unwrap();
    for (hour, refreshed_at) in [(0, -6), (1, -6), (2, 2), (9, 2), (10, 10), (17, 10), (18, 18), (23, 18)] {
        assert_eq!(refreshed(at(hour)) - midnight, refreshed_at, "at {hour}");
        assert_eq!(refreshed(at(hour) + SignedDuration::from_mins(59)) - midnight, refreshed_at, "at {hour}:59");
    }
}
