//! The readiness checklist: looked at by keys, honest about what is missing, refused and left to people.

use std::time::Duration;

use quarterdeck::sim::{edge::Trouble, world::Place};

use super::voyage::Voyage;

/// On the sheet of the terminal, its list just read.
async fn looking(width: u16, height: u16) -> Voyage {
    let mut voyage = Voyage::begin();
    voyage.resize(width, height).await;
    voyage.pass(30).await;
    voyage.press("1").await;
    voyage.walk_to("terminal").await;
    voyage.press("d").await;
    voyage.pass(5).await;
    voyage
}

/// Calls of the operations that only checklists need.
fn reads(voyage: &mut Voyage) -> u64 {
    let only = ["ec2:DescribeVpcs", "ec2:DescribeSubnets", "dynamodb:DescribeTable", "iam:GetRole"];
    let status = voyage.status();
    only.iter().filter_map(|name| status.api.by_operation.get(&(*name).into())).map(|it| it.calls).sum()
}

fn us_east_1() -> Place {
    Place::new("111122223333", "us-east-1")
}

#[tokio::test]
async fn a_key_on_the_stack_shows_the_whole_list_and_nobody_reads_it_before_or_after() {
    let mut voyage = Voyage::begin();
    voyage.pass(90).await;
    assert_eq!(reads(&mut voyage), 0);
    voyage.press("1").await;
    voyage.walk_to("terminal").await;
    voyage.press("d").await;
    voyage.pass(5).await;
    voyage.sees(&["checklist", "15 of 18 present, 1 by hand, 2 not looked at"]);
    voyage.press("G").await;
    voyage.sees(&[
        "✓ tables                   Users, Sessions, Executions, Policies",
        "✓ way to the mainframe     by hand, confirmed 2026-01-05, 10 d ago",
        "? certificate              not looked at (no read of ACM): terminal.example.com",
    ]);
    let asked = reads(&mut voyage);
    assert!(asked > 0);
    voyage.press("esc").await;
    voyage.pass(300).await;
    assert_eq!(reads(&mut voyage), asked, "nobody looks any more");
}

#[tokio::test]
async fn what_goes_missing_is_a_signal_until_it_is_back() {
    let mut voyage = looking(80, 24).await;
    assert!(voyage.signal("terminal", "checklist-missing").is_none());
    let taken = voyage.sim.with_world(|world| world.region(&us_east_1()).dynamodb.tables.remove("Policies")).unwrap();
    voyage.pass(70).await;
    voyage.sees(&["table Policies is missing", "table Policies does not exist (read at"]);
    voyage.press("pgdn").await;
    voyage.sees(&["14 of 18 present, 1 by hand, 1 missing, 2 not looked at"]);
    voyage.sees(&["✗ tables                   missing: Policies · Users, Sessions, Executions"]);
    // Nobody looks; the one read goes on, and tells when it is back.
    voyage.press("esc").await;
    voyage.pass(70).await;
    let signal = voyage.signal("terminal", "checklist-missing").expect("it is still missing");
    assert!(signal.evidence[0].as_str().starts_with("table Policies does not exist (read at "), "{signal:?}");
    voyage.sim.with_world(|world| world.region(&us_east_1()).dynamodb.tables.insert("Policies".to_owned(), taken));
    voyage.pass(70).await;
    assert!(voyage.signal("terminal", "checklist-missing").is_none());
}

#[tokio::test]
async fn what_is_refused_is_not_missing() {
    let mut voyage = Voyage::begin();
    voyage.trouble(Trouble::Denied {
        account: "111122223333".to_owned(),
        actions: ["ec2:DescribeVpcs", "iam:*"].map(str::to_owned).to_vec(),
    });
    voyage.pass(30).await;
    voyage.press("1").await;
    voyage.walk_to("terminal").await;
    voyage.press("d").await;
    voyage.pass(5).await;
    voyage.sees(&["not looked at"]);
    voyage.sees_no(&["missing"]);
    voyage.press("G").await;
    voyage.sees(&["access denied", "iam:GetRole", "AccessDenied"]);
    assert!(voyage.signal("terminal", "checklist-missing").is_none());
    assert!(voyage.signal("terminal", "reads-failing").is_none(), "the sheet says it; the estate is read well");
}

#[tokio::test]
async fn calm_hours_with_the_list_on_screen_bring_no_signal() {
    let mut voyage = looking(80, 24).await;
    for half_hour in 0..4 {
        voyage.pass_by(Duration::from_mins(30), Duration::from_mins(2)).await;
        for stack in ["terminal", "tsdevstack", "mint-server", "reactive-notebook", "cma"] {
            assert!(voyage.signal(stack, "checklist-missing").is_none(), "{stack} after {half_hour} half hours");
        }
    }
    voyage.sees(&["15 of 18 present"]);
}
