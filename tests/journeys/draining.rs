//! Gateways changed by keys: protected, scaled, drained session by session, put back.

use std::time::Duration;

use quarterdeck::{
    plan::operation::verdict::Verdict,
    sim::{autoscaling::seed::put_behind_balancer, world::Tick},
    stack::drain::DrainBy,
};

use super::voyage::Voyage;

pub const GROUP: &str = "terminal-gateway-asg";
/// What is typed where the other gateway alone has no room for all sessions.
pub const TOO_FEW: &str = "too few terminal-gateway-asg";

/// The console on the terminal stack's gateways.
async fn on_gateways() -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass(30).await;
    voyage.press(": gateways enter").await;
    voyage.pass(10).await;
    voyage
}

/// The same where the stack file says that gateways are drained so; behind a balancer, where they are taken out of it.
async fn on_gateways_drained(by: DrainBy) -> Voyage {
    let mut voyage = Voyage::begin();
    if by == DrainBy::TargetGroup {
        voyage.sim.with_world(|world| {
            let now = world.now;
            let (place, region) = world
                .regions
                .iter_mut()
                .find(|(_, it)| it.autoscaling.groups.contains_key(GROUP))
                .expect("the gateways' region");
            put_behind_balancer(region, &mut Tick { now, place, random: &mut world.random }, GROUP, 60);
        });
    }
    for group in voyage.app.stacks.iter_mut().flat_map(|it| &mut it.groups) {
        group.drain.by = by.clone();
    }
    voyage.resize(120, 40).await;
    voyage.pass(90).await;
    voyage.press(": gateways enter").await;
    voyage.pass(10).await;
    voyage
}

/// Types what production wants: the text, and why.
pub async fn confirm(voyage: &mut Voyage, text: &str) {
    voyage.screen();
    let typed = text.split(' ').collect::<Vec<_>>().join(" space ");
    voyage.press(&format!("{typed} enter night enter")).await;
    voyage.screen();
}

/// Lets time pass until so many operations have their verdicts; the newest.
pub async fn verdict(voyage: &mut Voyage, number: usize, most: Duration) -> Verdict {
    let end = voyage.sim.now() + most;
    while voyage.verdicts.len() < number {
        assert!(voyage.sim.now() < end, "no verdict after {most:?}:\n{}", voyage.screen());
        voyage.pass_by(Duration::from_mins(1), Duration::from_secs(20)).await;
    }
    voyage.verdicts[number - 1]
}

/// Sessions that ended because their gateway did.
pub fn lost(voyage: &Voyage) -> u64 {
    voyage.sim.with_world(|world| world.regions.values().flat_map(|it| &it.sessions.fleets).map(|it| it.lost).sum())
}

#[tokio::test]
async fn the_menu_of_a_gateway_holds_what_applies() {
    let mut voyage = on_gateways().await;
    voyage.press("x").await;
    voyage.sees(&["act on gateway i-", "drain", "terminate", "protect", "standby", "scale", "bounds", "retarget"]);
    voyage.sees_no(&["in-service", "complete-hook", "unprotect"]);
}

#[tokio::test]
async fn a_gateway_is_protected_and_put_on_standby_and_back() {
    let mut voyage = on_gateways().await;
    let first = voyage.under_cursor();
    voyage.press("x p").await;
    voyage.sees(&["plan · PRODUCTION", "from scale-in", "type terminal-gateway-asg"]);
    confirm(&mut voyage, GROUP).await;
    assert_eq!(voyage.written, ["autoscaling:SetInstanceProtection"]);
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(2)).await, Verdict::Succeeded);
    voyage.press("esc").await;
    assert_eq!(voyage.under_cursor(), first);
    voyage.press("x y").await;
    voyage.sees(&["to standby", "it keeps its sessions", "the gateways that stay are too few"]);
    confirm(&mut voyage, TOO_FEW).await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_mins(5)).await, Verdict::Succeeded);
    voyage.press("esc").await;
    voyage.walk_to(first.name().as_str()).await;
    voyage.press("x i").await;
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 3, Duration::from_mins(5)).await, Verdict::Succeeded);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn a_drain_that_leaves_too_little_room_begins_once_that_is_typed() {
    let mut voyage = on_gateways().await;
    voyage.press("x d enter").await;
    voyage.sees(&["the gateways that stay are too few", "type too few terminal-gateway-asg"]);
    confirm(&mut voyage, TOO_FEW).await;
    voyage.pass(30).await;
    assert!(voyage.written.contains(&"autoscaling:EnterStandby"), "{:?}", voyage.written);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn what_would_lose_sessions_is_confirmed_by_their_number() {
    let mut voyage = on_gateways().await;
    voyage.press("x k").await;
    voyage.sees(&["blocks, may be overridden", "would be lost", "type lose "]);
    voyage.press("terminal-gateway-asg enter night enter").await;
    assert_eq!(voyage.written.len(), 0);
}

#[tokio::test]
async fn more_gateways_and_then_one_fewer_without_a_session_lost() {
    let mut voyage = on_gateways().await;
    voyage.press("x s 3 enter").await;
    voyage.sees(&["scale terminal-gateway-asg from 2 to 3", "SetDesiredCapacity"]);
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(10)).await, Verdict::Succeeded);
    voyage.press("esc x s 2 enter").await;
    voyage.sees(&["from 3 to 2, session by session", "when its last session has gone"]);
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_hours(16)).await, Verdict::Succeeded);
    voyage.sees(&["succeeded", "SetInstanceProtection", "EnterStandby", "was forecast"]);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn a_gateway_with_sessions_is_replaced_when_its_last_has_gone() {
    let mut voyage = on_gateways().await;
    voyage.press("x r enter").await;
    confirm(&mut voyage, GROUP).await;
    voyage.pass_by(Duration::from_mins(3), Duration::from_secs(10)).await;
    voyage.sees(&["draining", "sessions left", "no new ones", "2 wanted, 2 in service"]);
    assert_eq!(verdict(&mut voyage, 1, Duration::from_hours(24)).await, Verdict::Succeeded);
    voyage.sees(&["succeeded", "was forecast"]);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn a_drain_is_paused_and_put_back_by_keys() {
    let mut voyage = on_gateways().await;
    voyage.press("x d enter").await;
    confirm(&mut voyage, TOO_FEW).await;
    voyage.pass_by(Duration::from_mins(2), Duration::from_secs(10)).await;
    voyage.press("p").await;
    voyage.sees(&["paused", "c goes on, a puts back"]);
    let sent = voyage.written.len();
    voyage.pass_by(Duration::from_mins(5), Duration::from_secs(10)).await;
    assert_eq!(voyage.written.len(), sent);
    // Not before it has been asked on screen.
    voyage.press("a y").await;
    voyage.sees(&["put everything back? its policy may then end ", " sessions: y does it, esc goes on"]);
    voyage.press("y").await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(10)).await, Verdict::RolledBack);
    let protected = voyage.sim.with_world(|world| {
        let groups = world.regions.values().flat_map(|it| it.autoscaling.groups.values());
        groups.flat_map(|it| &it.members).filter(|it| it.protected).count()
    });
    assert_eq!((protected, lost(&voyage)), (0, 0));
}

/// What an instance's tag says that gateways watch, by the instance's id.
fn drain_tag(voyage: &Voyage, instance: &str) -> Option<String> {
    voyage.sim.with_world(|world| {
        let mut instances = world.regions.values().flat_map(|it| it.ec2.instances.values());
        instances.find(|it| it.id == instance).and_then(|it| it.tag("quarterdeck:drain").map(str::to_owned))
    })
}

#[tokio::test]
async fn a_gateway_that_watches_a_tag_is_drained_by_it_and_put_back() {
    let tag = DrainBy::Tag { key: "quarterdeck:drain".into(), value: "true".into() };
    let mut voyage = on_gateways_drained(tag).await;
    let first = voyage.under_cursor();
    voyage.press("x r enter").await;
    voyage.sees(&["tagged to take no more sessions", "CreateTags"]);
    confirm(&mut voyage, GROUP).await;
    voyage.pass_by(Duration::from_mins(2), Duration::from_secs(10)).await;
    assert!(voyage.written.contains(&"ec2:CreateTags"), "{:?}", voyage.written);
    assert_eq!(drain_tag(&voyage, &first.key).as_deref(), Some("true"));
    voyage.press("esc").await;
    voyage.sees(&["takes no new sessions"]);
    voyage.press(": operations enter a").await;
    voyage.screen();
    voyage.press("y").await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(10)).await, Verdict::RolledBack);
    assert_eq!(drain_tag(&voyage, &first.key).as_deref(), Some("false"), "it takes sessions again");
    voyage.press("esc x r enter").await;
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_hours(24)).await, Verdict::Succeeded);
    voyage.sees(&["succeeded", "CreateTags", "TerminateInstanceInAutoScalingGroup"]);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn a_gateway_behind_a_balancer_is_drained_by_taking_it_out_and_put_back() {
    let mut voyage = on_gateways_drained(DrainBy::TargetGroup).await;
    let first = voyage.under_cursor();
    let is_in = |voyage: &Voyage| {
        voyage.sim.with_world(|world| {
            let arns = world.regions.values().flat_map(|it| it.autoscaling.groups.values());
            let arns: Vec<String> = arns.flat_map(|it| it.target_groups.clone()).collect();
            world.regions.values().any(|it| arns.iter().any(|arn| it.elb.serves(arn, &first.key)))
        })
    };
    assert!(is_in(&voyage), "it is registered to begin with");
    voyage.press("x r enter").await;
    voyage.sees(&["taken out of its target groups", "DeregisterTargets"]);
    confirm(&mut voyage, GROUP).await;
    voyage.pass_by(Duration::from_mins(2), Duration::from_secs(10)).await;
    assert!(voyage.written.contains(&"elasticloadbalancing:DeregisterTargets"), "{:?}", voyage.written);
    assert!(!is_in(&voyage));
    voyage.press("a").await;
    voyage.screen();
    voyage.press("y").await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(10)).await, Verdict::RolledBack);
    assert!(voyage.written.contains(&"elasticloadbalancing:RegisterTargets"), "{:?}", voyage.written);
    voyage.pass_by(Duration::from_mins(1), Duration::from_secs(10)).await;
    assert!(is_in(&voyage), "it takes sessions again");
    voyage.press("esc x r enter").await;
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_hours(24)).await, Verdict::Succeeded);
    voyage.sees(&["succeeded", "DeregisterTargets", "TerminateInstanceInAutoScalingGroup"]);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn another_type_is_rolled_out_by_an_instance_refresh_and_gone_back_from() {
    let mut voyage = on_gateways().await;
    voyage.walk_to(GROUP).await;
    voyage.press("x v").await;
    voyage.sees(&["NUMBER, or image ami-", "session by session", "or by AWS"]);
    voyage.press("esc").await;
    ask_roll(&mut voyage, "type t3.large refresh min 50 protected wait").await;
    voyage.sees(&["refresh the instances of terminal-gateway-asg to a new version", "+ t3.large", "would be lost"]);
    voyage.press("esc").await;
    protect_all(&mut voyage).await;
    ask_roll(&mut voyage, "type t3.large refresh min 50 protected wait").await;
    voyage.sees(&["2 instances protected from scale-in: the refresh waits", "type terminal-gateway-asg"]);
    confirm(&mut voyage, GROUP).await;
    voyage.pass_by(Duration::from_mins(4), Duration::from_secs(10)).await;
    let wanted = ["ec2:CreateLaunchTemplateVersion", "autoscaling:StartInstanceRefresh"];
    assert_eq!(voyage.written[voyage.written.len() - 2..], wanted, "{:?}", voyage.written);
    voyage.sees(&["it cannot be paused", "protected from scale in"]);
    voyage.press("p").await;
    voyage.sees(&["an instance refresh cannot be paused"]);
    voyage.press("a").await;
    voyage.screen();
    voyage.press("y").await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_mins(20)).await, Verdict::RolledBack);
    assert_eq!(lost(&voyage), 0);
}

#[tokio::test]
async fn an_instance_refresh_is_stopped_where_it_is_by_a_key_that_the_cockpit_names() {
    let mut voyage = on_gateways().await;
    protect_all(&mut voyage).await;
    ask_roll(&mut voyage, "type t3.large refresh min 50 protected wait").await;
    confirm(&mut voyage, GROUP).await;
    voyage.pass_by(Duration::from_mins(2), Duration::from_secs(10)).await;
    voyage.sees(&["s stops it where it is"]);
    voyage.press("?").await;
    voyage.sees(&["KEYS", "stop it here", "what is replaced stays so"]);
    voyage.press("? s").await;
    voyage.screen();
    voyage.press("y").await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_mins(10)).await, Verdict::Abandoned);
    assert_eq!((voyage.written.last(), lost(&voyage)), (Some(&"autoscaling:CancelInstanceRefresh"), 0));
}

#[tokio::test]
async fn an_instance_refresh_replaces_only_the_gateway_that_is_drained() {
    let mut voyage = on_gateways().await;
    let drained = voyage.under_cursor();
    voyage.press("x y").await;
    confirm(&mut voyage, TOO_FEW).await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(5)).await, Verdict::Succeeded);
    voyage.press("esc").await;
    voyage.walk_to(GROUP).await;
    ask_roll(&mut voyage, "type t3.large refresh drained").await;
    voyage.sees(&["holds", "still", "begin it when they have ended"]);
    // The first leads back to what was typed.
    voyage.press("esc esc").await;
    let held = |voyage: &Voyage| {
        voyage.sim.with_world(|it| it.regions.values().map(|it| it.sessions.held_by(&drained.key)).sum::<usize>())
    };
    for _ in 0..400 {
        if held(&voyage) == 0 {
            break;
        }
        voyage.pass_by(Duration::from_mins(5), Duration::from_mins(1)).await;
    }
    voyage.pass(30).await;
    ask_roll(&mut voyage, "type t3.large refresh drained").await;
    voyage.sees(&["protected until it has ended", "type terminal-gateway-asg and press enter"]);
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_mins(20)).await, Verdict::Succeeded);
    let left = voyage.sim.with_world(|world| {
        let mut groups = world.regions.values().flat_map(|it| it.autoscaling.groups.values());
        let members = &groups.next().expect("the group").members;
        members.iter().map(|it| (it.instance.clone(), it.protected)).collect::<Vec<_>>()
    });
    assert!(!left.is_empty() && left.iter().all(|(id, protected)| **id != *drained.key && !protected), "{left:?}");
    assert_eq!(lost(&voyage), 0);
}

/// The version that the group names, and the types of its instances.
fn template(voyage: &Voyage) -> (String, Vec<String>) {
    voyage.sim.with_world(|world| {
        let mut groups = world.regions.values().flat_map(|it| it.autoscaling.groups.values());
        let group = groups.next().expect("the group");
        (group.template.version.clone(), group.members.iter().map(|it| it.instance_type.clone()).collect())
    })
}

#[tokio::test]
async fn a_new_version_is_begun_session_by_session_and_put_back() {
    let mut voyage = on_gateways().await;
    let before = template(&voyage);
    voyage.walk_to(GROUP).await;
    ask_roll(&mut voyage, "type t3.large width 2").await;
    voyage.sees(&["to a new version of terminal-gateway-template, type t3.large, session by session", "+ t3.large"]);
    confirm(&mut voyage, GROUP).await;
    voyage.pass_by(Duration::from_mins(8), Duration::from_secs(10)).await;
    assert_eq!(voyage.written[..2], ["ec2:CreateLaunchTemplateVersion", "autoscaling:UpdateAutoScalingGroup"]);
    assert!(template(&voyage).1.contains(&"t3.large".to_owned()), "{:?}", template(&voyage));
    voyage.press("a").await;
    voyage.screen();
    voyage.press("y").await;
    assert_eq!(verdict(&mut voyage, 1, Duration::from_mins(30)).await, Verdict::RolledBack);
    let version = before.0.parse::<u32>().map_or_else(|_| template(&voyage).0, |it| it.to_string());
    assert_eq!((template(&voyage).0, lost(&voyage)), (version, 0));
}

#[tokio::test]
async fn a_roll_that_has_ended_is_reversed_by_a_key() {
    let mut voyage = on_gateways().await;
    protect_all(&mut voyage).await;
    ask_roll(&mut voyage, "type t3.large refresh protected ignore").await;
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 2, Duration::from_mins(10)).await, Verdict::Succeeded);
    let after = template(&voyage).0;
    voyage.press("r").await;
    voyage.sees(&["refresh the instances of terminal-gateway-asg to version", "+ t3.medium"]);
    confirm(&mut voyage, GROUP).await;
    assert_eq!(verdict(&mut voyage, 3, Duration::from_mins(10)).await, Verdict::Succeeded);
    assert_ne!(template(&voyage).0, after);
    assert_eq!(lost(&voyage), 0);
}

/// Protects every instance of the group from scale-in: the first operation.
async fn protect_all(voyage: &mut Voyage) {
    voyage.walk_to(GROUP).await;
    voyage.press("x p").await;
    confirm(voyage, GROUP).await;
    assert_eq!(verdict(voyage, 1, Duration::from_mins(2)).await, Verdict::Succeeded);
    voyage.press("esc").await;
}

/// Asks for a roll of what the cursor is on, in the words of its form.
async fn ask_roll(voyage: &mut Voyage, words: &str) {
    voyage.press("x v").await;
    voyage.press(&words.split(' ').collect::<Vec<_>>().join(" space ")).await;
    voyage.press("enter").await;
}
