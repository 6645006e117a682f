use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::sim::{
    autoscaling::{
        self,
        seed::{GroupSpec, PolicySpec, group},
    },
    dynamodb::Table,
    ec2::PLAIN,
    world::{Place, World},
};

/// A world with a fleet of two gateways at noon.
fn world(seed: u64, arrivals_per_hour: f64) -> (World, Place) {
    let mut world = World::new(seed, Timestamp::from_second(1_767_355_200).unwrap());
    let place = Place::new("111122223333", "us-east-1");
    let (region, mut tick) = world.enter(&place);
    group(
        region,
        &mut tick,
        &GroupSpec {
            name: "gateways",
            network: PLAIN,
            launch_template: "gateway-template",
            instance_type: "t3.medium",
            min: 1,
            desired: 2,
            max: 4,
            grace_seconds: 300,
            zones: &['a', 'b'],
            tags: &[("Project", "terminal")],
            policy: Some(PolicySpec { name: "track", namespace: "T/G", metric: "ActiveSessions", target: 8.0 }),
        },
    );
    region.dynamodb.tables.insert("Sessions".to_owned(), Table::new("id", &[("userId-index", "userId")]));
    region.sessions.fleets.push(Fleet {
        group: "gateways".to_owned(),
        table: "Sessions".to_owned(),
        metric: ("T/G".to_owned(), "ActiveSessions".to_owned()),
        drain_tag: "quarterdeck:drain".to_owned(),
        log_group: "/ec2/gateways".to_owned(),
        limit: 10,
        arrivals_per_hour,
        swing: 0.2,
        peak_hour: 14.0,
        median_minutes: 60.0,
        spread: 0.7,
        surge: 1.0,
        endless: false,
        refused: 0,
        lost: 0,
    });
    begin(region, &mut tick, 60);
    (world, place)
}

fn pass(world: &mut World, minutes: i64) {
    world.advance_to(world.now + SignedDuration::from_mins(minutes));
}

/// The gateway of every item of the table.
fn gateways_of_items(region: &Region) -> Vec<String> {
    let items = region.dynamodb.tables["Sessions"].items.values();
    items.filter_map(|item| item["gatewayId"].text().map(str::to_owned)).collect()
}

fn gateways(region: &Region) -> &Gateways {
    &region.sessions.open["gateways"]
}

fn assert_whole(region: &Region) {
    let sessions = &region.sessions;
    assert_eq!(region.dynamodb.tables["Sessions"].items.len(), sessions.open(), "one item per session");
    for (gateway, held) in gateways(region) {
        assert!(region.ec2.instances[gateway].running(), "{gateway} does not run");
        assert!(held.len() <= 10);
    }
    let ids: BTreeSet<&String> = gateways(region).values().flatten().map(|session| &session.id).collect();
    assert_eq!(ids.len(), sessions.open(), "a session is on one gateway only");
}

#[test]
fn the_world_begins_with_sessions_spread_evenly() {
    let (mut world, place) = world(1, 9.0);
    let region = world.region(&place);
    assert!((8..=13).contains(&region.sessions.open()), "{}", region.sessions.open());
    let counts: Vec<usize> = gateways(region).values().map(Vec::len).collect();
    assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
    assert_whole(region);
}

#[test]
fn sessions_come_and_go_and_stay_whole_for_hours() {
    let (mut world, place) = world(2, 10.0);
    for _ in 0..12 {
        pass(&mut world, 30);
        assert_whole(world.region(&place));
    }
    assert!(world.region(&place).sessions.open() > 0);
}

#[test]
fn a_killed_gateway_takes_its_sessions_with_it_and_leaves_their_items_behind() {
    let (mut world, place) = world(3, 9.0);
    pass(&mut world, 10);
    let region = world.region(&place);
    let (victim, held) = gateways(region).iter().max_by_key(|(_, held)| held.len()).unwrap();
    let (victim, held) = (victim.clone(), held.len() as u64);
    let (region, mut tick) = world.enter(&place);
    assert!(region.ec2.kill(&victim, &mut tick));
    pass(&mut world, 1);
    let region = world.region(&place);
    assert!(region.sessions.fleets[0].lost >= held && held > 0);
    assert_eq!(gateways_of_items(region).iter().filter(|it| **it == victim).count() as u64, held);
    pass(&mut world, 20);
    let region = world.region(&place);
    assert!(!gateways_of_items(region).contains(&victim));
    assert_whole(region);
}

#[test]
fn full_gateways_turn_sessions_away_until_the_group_has_grown() {
    let (mut world, place) = world(4, 9.0);
    world.region(&place).sessions.fleets[0].surge = 8.0;
    pass(&mut world, 60);
    let region = world.region(&place);
    assert!(region.sessions.fleets[0].refused > 0);
    let group = &region.autoscaling.groups["gateways"];
    assert_eq!(group.desired, 4, "target tracking has scaled out to the maximum");
    assert_whole(region);
}

#[test]
fn the_same_seed_gives_the_same_sessions() {
    let run = |seed| {
        let (mut world, place) = world(seed, 12.0);
        pass(&mut world, 90);
        format!("{:?}", world.region(&place).dynamodb.tables)
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

/// The first gateway, the sessions it holds, and those of all others, after so many minutes.
fn held(world: &mut World, place: &Place, gateway: &str, minutes: i64) -> (usize, usize) {
    pass(world, minutes);
    let region = world.region(place);
    let here = region.sessions.held_by(gateway);
    (here, region.sessions.open() - here)
}

/// Stops new sessions on the first gateway: those it has go on until they end, none is lost, and others take over.
#[track_caller]
fn drains(mut world: World, place: &Place, stop: impl FnOnce(&mut World, &str)) {
    let group = world.region(place).autoscaling.groups.get_mut("gateways").unwrap();
    group.policies.clear();
    let gateway = group.members[0].instance.clone();
    stop(&mut world, &gateway);
    let mut before = held(&mut world, place, &gateway, 0).0;
    assert!(before > 0);
    for _ in 0..144 {
        let (now, _) = held(&mut world, place, &gateway, 5);
        assert!(now <= before, "a new session arrived on {gateway}");
        before = now;
    }
    let region = world.region(place);
    assert_eq!((before, region.sessions.fleets[0].lost), (0, 0), "after half a day all have ended by themselves");
    assert!(region.sessions.open() > 0);
    assert!(region.ec2.reaches(&gateway));
    assert_whole(region);
}

fn member<'r>(region: &'r mut Region, gateway: &str) -> &'r mut autoscaling::Member {
    region.autoscaling.groups.get_mut("gateways").unwrap().member_mut(gateway).unwrap()
}

#[test]
fn a_gateway_in_standby_takes_no_new_sessions() {
    let (world, place) = world(7, 9.0);
    drains(world, &place, |world, gateway| {
        member(world.region(&place), gateway).lifecycle = autoscaling::Lifecycle::Standby;
    });
}

#[test]
fn a_gateway_with_the_tag_takes_no_new_sessions() {
    let (world, place) = world(8, 9.0);
    drains(world, &place, |world, gateway| {
        let region = world.region(&place);
        member(region, gateway).protected = true;
        let tags = &mut region.ec2.instances.get_mut(gateway).unwrap().launch.tags;
        tags.push(("quarterdeck:drain".to_owned(), "true".to_owned()));
    });
}

#[test]
fn a_gateway_out_of_its_target_group_takes_no_new_sessions() {
    let (mut world, place) = world(9, 9.0);
    let (region, mut tick) = world.enter(&place);
    let arn = autoscaling::seed::put_behind_balancer(region, &mut tick, "gateways", 60);
    drains(world, &place, |world, gateway| {
        let (region, mut tick) = world.enter(&place);
        member(region, gateway).protected = true;
        region.elb.withdraw(&arn, gateway, &mut tick);
    });
}
