//! Every scenario is told apart from all others, on the overview, within two refreshes after AWS's answers have it.
//!
//! What AWS answers is asked beside the console, which learns nothing of it: the answer that shows the trouble starts the
//! clock. Of a way to AWS that is barred, the moment does in which it is barred in the world. Of a slow network, the
//! second of the console's own calls that times out does: it bars nothing, and until its rare stalls meet calls of the
//! console there is nothing to be told. From then on every look for minutes tells it. Left out are `calm`; `everyday`, which is made of the troubles of others; `drain-stuck`, of which nothing shows
//! before somebody empties a gateway; and the two of cost, of which nobody is told before they look (`cost.rs`).

use std::{collections::BTreeSet, mem, time::Duration};

use jiff::SignedDuration;
use quarterdeck::{
    app::{
        App,
        sources::{self, Cadence},
        update::settle,
    },
    command::ViewName,
    domain::{
        alarm::AlarmState,
        fault::FaultKind,
        id::{Arn, Scope},
        query::{Answer, Outcome, Query, Request},
        target::TargetState,
        task::Task,
    },
    sim::scenario,
};

use super::voyage::Voyage;

/// How time passes until the trouble shows.
const TICK: Duration = Duration::from_secs(5);

/// What a scenario is known by on the overview.
struct Trouble {
    scenario: &'static str,
    sign: Sign,
    /// So long after its start AWS's answers have it at the latest.
    minutes: u64,
}

enum Sign {
    Lead(Lead),
    /// The console's own reads fail in this way from the scenario's beginning on, those like this one at every attempt; in
    /// this region. The pane says so.
    Fault(FaultKind, &'static str, fn() -> Query),
    /// So many of the console's own calls time out, and a signal says so from then on.
    Calls(usize, &'static str),
}

/// The worst signal of a stack.
struct Lead {
    stack: &'static str,
    rule: &'static str,
    /// Words of its summary.
    says: &'static str,
    /// Where the answer that shows it is asked for.
    region: &'static str,
    read: fn(&App, &Scope) -> Query,
    shows: fn(&Answer) -> bool,
}

const TROUBLES: [Trouble; 16] = [
    Trouble {
        scenario: "bad-deploy",
        minutes: 3,
        sign: Sign::Lead(Lead {
            stack: "terminal",
            rule: "rollout-rolled-back",
            says: "failed; ECS is rolling back to terminal-api:42",
            region: "us-east-1",
            read: |_, _| Query::Services { cluster: "terminal-cluster".into(), names: vec!["terminal-api".into()] },
            shows: |it| match it {
                Answer::Services(services) => {
                    services.iter().flat_map(|it| &it.deployments).any(|it| it.reason.as_str().contains("rolling back"))
                }
                _ => false,
            },
        }),
    },
    Trouble {
        scenario: "unhealthy-targets",
        minutes: 5,
        sign: Sign::Lead(Lead {
            stack: "cma",
            rule: "failing-open",
            says: "cma-api-production fails open",
            region: "eu-west-2",
            read: |app, scope| Query::Targets { group: group(app, scope, "cma-api-production") },
            shows: all_unhealthy,
        }),
    },
    Trouble {
        scenario: "session-surge",
        minutes: 5,
        sign: Sign::Lead(Lead {
            stack: "terminal",
            rule: "sessions-near-limit",
            says: "of 20 sessions",
            region: "us-east-1",
            read: |_, _| Query::Sessions { table: "Sessions".into(), gateway_attribute: "gatewayId".into() },
            shows: |it| matches!(it, Answer::Sessions(sessions) if sessions.len() >= 20),
        }),
    },
    Trouble {
        scenario: "gateway-lost",
        minutes: 3,
        sign: Sign::Lead(Lead {
            stack: "terminal",
            rule: "gateway-lost",
            says: "terminal-gateway-asg lost i-",
            region: "us-east-1",
            read: |_, _| Query::Groups { names: vec!["terminal-gateway-asg".into()] },
            shows: |it| match it {
                Answer::Groups(groups) => groups
                    .iter()
                    .flat_map(|it| &it.instances)
                    .any(|it| it.state.as_ref().is_some_and(|it| it.as_str() != "running" && it.as_str() != "pending")),
                _ => false,
            },
        }),
    },
    Trouble {
        scenario: "gateway-notice",
        minutes: 2,
        sign: Sign::Lead(Lead {
            stack: "terminal",
            rule: "gateway-notice",
            says: "AWS takes i-",
            region: "us-east-1",
            read: |_, _| Query::Groups { names: vec!["terminal-gateway-asg".into()] },
            shows: |it| match it {
                Answer::Groups(groups) => groups.iter().any(|it| it.noticed().next().is_some()),
                _ => false,
            },
        }),
    },
    Trouble {
        scenario: "latency-regression",
        minutes: 15,
        sign: Sign::Lead(Lead {
            stack: "mint-server",
            rule: "latency-promise-broken",
            says: "mint-server answers at p95",
            region: "us-west-1",
            read: |_, _| Query::Alarms,
            shows: |it| match it {
                Answer::Alarms(alarms) => {
                    alarms.iter().any(|it| it.state == AlarmState::Alarm && it.name.as_str().contains("latency"))
                }
                _ => false,
            },
        }),
    },
    Trouble {
        scenario: "spot-interruption",
        minutes: 5,
        sign: Sign::Lead(Lead {
            stack: "cma",
            rule: "spot-interruption",
            says: "cma-workers-production: AWS took",
            region: "eu-west-2",
            read: |_, _| tasks("cma-production"),
            shows: |it| stopped(it, |task| says(task, "SpotInterruption")),
        }),
    },
    Trouble {
        scenario: "asleep",
        minutes: 5,
        sign: Sign::Lead(Lead {
            stack: "tsdevstack",
            rule: "services-asleep",
            says: "sleep",
            region: "us-east-1",
            read: |_, _| Query::Services { cluster: "tsdevstack-dev".into(), names: Vec::new() },
            shows: |it| match it {
                Answer::Services(services) => services.iter().filter(|it| it.desired + it.running == 0).count() == 3,
                _ => false,
            },
        }),
    },
    Trouble {
        scenario: "image-missing",
        minutes: 7,
        sign: Sign::Lead(Lead {
            stack: "reactive-notebook",
            rule: "image-unpullable",
            says: "reactive-notebook-service cannot start",
            region: "eu-north-1",
            read: |_, _| tasks("reactive-notebook-cluster"),
            shows: |it| stopped(it, |task| says(task, "CannotPullContainerError")),
        }),
    },
    Trouble {
        scenario: "out-of-memory",
        minutes: 5,
        sign: Sign::Lead(Lead {
            stack: "cma",
            rule: "out-of-memory",
            says: "ran out of memory",
            region: "eu-west-2",
            read: |_, _| tasks("cma-production"),
            shows: |it| stopped(it, |task| says(task, "OutOfMemory")),
        }),
    },
    Trouble {
        scenario: "az-outage",
        minutes: 5,
        sign: Sign::Lead(Lead {
            // What stood in that zone alone; that it is the zone is told once nothing else is well there, either.
            stack: "tsdevstack",
            rule: "failing-open",
            says: "tsdevstack-kong fails open",
            region: "us-east-1",
            read: |app, scope| Query::Targets { group: group(app, scope, "tsdevstack-kong") },
            shows: all_unhealthy,
        }),
    },
    Trouble { scenario: "throttled", sign: Sign::Fault(FaultKind::Throttled, "us-east-1", targets), minutes: 1 },
    Trouble {
        scenario: "expired-credentials",
        sign: Sign::Fault(FaultKind::Expired, "eu-west-2", services),
        minutes: 1,
    },
    Trouble { scenario: "access-denied", sign: Sign::Fault(FaultKind::Denied, "us-east-1", alarms), minutes: 1 },
    Trouble { scenario: "slow-network", sign: Sign::Calls(2, "AWS answers slowly: "), minutes: 10 },
    Trouble { scenario: "dead-emulator", sign: Sign::Fault(FaultKind::Garbled, "us-east-1", services), minutes: 1 },
];

fn services() -> Query {
    Query::Services { cluster: "terminal-cluster".into(), names: Vec::new() }
}

fn targets() -> Query {
    Query::Targets { group: Arn::new("terminal-api-tg") }
}

fn alarms() -> Query {
    Query::Alarms
}

fn tasks(cluster: &str) -> Query {
    Query::Tasks { cluster: cluster.into() }
}

fn group(app: &App, scope: &Scope, name: &str) -> Arn {
    let groups = app.estate.scope(scope).and_then(|it| it.target_groups.value());
    let found = groups.into_iter().flatten().find(|(_, it)| it.name.as_str() == name);
    found.map_or_else(|| Arn::new(name), |(arn, _)| arn.clone())
}

fn all_unhealthy(answer: &Answer) -> bool {
    let Answer::Targets(targets) = answer else { return false };
    !targets.is_empty() && targets.iter().all(|it| it.state == TargetState::Unhealthy)
}

fn stopped(answer: &Answer, is_so: impl Fn(&Task) -> bool) -> bool {
    matches!(answer, Answer::Tasks(tasks) if tasks.iter().any(|it| it.is_stopped() && is_so(it)))
}

fn says(task: &Task, words: &str) -> bool {
    let reasons = task.containers.iter().filter_map(|it| it.reason.as_ref()).chain(&task.stopped_reason);
    reasons.chain(&task.stop_code).any(|it| it.as_str().contains(words))
}

/// The worst signal of each stack, as `stack rule: summary`; scopes are of several.
fn leads(voyage: &mut Voyage) -> Vec<(String, &'static str, String)> {
    settle(&mut voyage.app);
    let mut seen = BTreeSet::new();
    let worst = voyage.app.signals.iter().filter(|it| seen.insert(it.stack.clone()));
    worst.map(|it| (it.stack.to_string(), it.rule, it.summary.to_string())).collect()
}

/// Whether the screen, which is the overview, shows the sign.
fn is_told(voyage: &mut Voyage, sign: &Sign) -> bool {
    assert_eq!(voyage.app.place().view, ViewName::Overview);
    match sign {
        Sign::Lead(lead) => {
            let told = leads(voyage).into_iter().find(|it| it.0 == lead.stack && it.1 == lead.rule);
            told.is_some_and(|(_, _, summary)| summary.contains(lead.says) && voyage.screen().contains(lead.says))
        }
        Sign::Calls(_, says) => voyage.signal("", "answers-slow").is_some() && voyage.screen().contains(says),
        Sign::Fault(kind, ..) => voyage.screen().contains(&format!("✗ {}", kind.word())),
    }
}

/// Whether AWS's answers have it; where no answers come, whether the way to them is barred, or the console has noticed.
async fn holds(voyage: &mut Voyage, sign: &Sign) -> bool {
    match sign {
        Sign::Lead(lead) => {
            let (scope, query) = asked(voyage, lead);
            matches!(voyage.ask(&scope, query).await, Outcome::Complete(answer) if (lead.shows)(&answer))
        }
        Sign::Fault(..) => voyage.sim.with_world(|world| !world.edge.troubles.is_empty()),
        Sign::Calls(several, _) => voyage.app.estate.calls.timed_out() >= *several,
    }
}

fn asked(voyage: &Voyage, lead: &Lead) -> (Scope, Query) {
    let scopes = voyage.app.stack(lead.stack).expect("a bundled stack").scopes.iter();
    let mut scopes = scopes.map(|it| it.scope.clone());
    let scope = scopes.find(|it| &*it.region == lead.region).expect("a scope of the stack");
    let query = (lead.read)(&voyage.app, &scope);
    (scope, query)
}

/// Two refreshes of what the sign rests on, as the overview has it.
fn two_refreshes(voyage: &Voyage, sign: &Sign) -> Duration {
    let (region, query) = match sign {
        Sign::Lead(lead) => (lead.region, asked(voyage, lead).1),
        Sign::Fault(_, region, query) => (*region, query()),
        Sign::Calls(..) => return 2 * TICK,
    };
    let alike = |it: &Request| &*it.scope.region == region && mem::discriminant(&it.query) == mem::discriminant(&query);
    let is_near = sources::of_place(&voyage.app).iter().any(alike);
    let Cadence { near, far } = sources::cadence_of(&query);
    // What is read in the background is spread over three seconds more.
    let refresh = if is_near { near } else { far + SignedDuration::from_secs(3) };
    refresh.unsigned_abs() * 2
}

/// Lives through a scenario until it is told, and fails where that takes too long or something else tells it too.
async fn told_apart(scenario: &str) {
    let trouble = TROUBLES.iter().find(|it| it.scenario == scenario).expect("a row of the table");
    let mut voyage = Voyage::through(&[scenario]);
    voyage.resize(120, 40).await;
    let start = voyage.sim.now();
    while !holds(&mut voyage, &trouble.sign).await {
        let waited = voyage.sim.now().duration_since(start).unsigned_abs();
        assert!(waited < Duration::from_mins(trouble.minutes), "AWS shows no {scenario}\n{}", voyage.screen());
        voyage.pass_by(TICK, TICK).await;
    }
    let since = voyage.sim.now();
    let within = two_refreshes(&voyage, &trouble.sign);
    while !is_told(&mut voyage, &trouble.sign) {
        let waited = voyage.sim.now().duration_since(since).unsigned_abs();
        let told = leads(&mut voyage);
        assert!(
            waited < within,
            "{scenario} is not told after {waited:?} of {within:?}: {told:#?}\n{}",
            voyage.screen()
        );
        voyage.pass(1).await;
    }
    if let Sign::Calls(..) = &trouble.sign {
        for look in 0..30 {
            assert!(is_told(&mut voyage, &trouble.sign), "{scenario} is not told at look {look}\n{}", voyage.screen());
            voyage.pass_by(TICK, TICK).await;
        }
    }
    for other in TROUBLES.iter().filter(|it| it.scenario != scenario) {
        assert!(!is_told(&mut voyage, &other.sign), "{scenario} looks like {}\n{}", other.scenario, voyage.screen());
    }
}

macro_rules! told_apart {
    ($($name:ident $scenario:literal,)*) => {
        $(#[tokio::test]
        async fn $name() {
            told_apart($scenario).await;
        })*

        #[test]
        fn every_scenario_has_its_row_and_its_test() {
            let mut rows: Vec<&str> = TROUBLES.iter().map(|it| it.scenario).collect();
            rows.sort_unstable();
            let mut tests = vec![$($scenario),*];
            tests.sort_unstable();
            assert_eq!(rows, tests);
            let others = ["calm", "cost-explorer-off", "cost-spike", "drain-stuck", "everyday"];
            let mut all: Vec<&str> = rows.into_iter().chain(others).collect();
            all.sort_unstable();
            let mut shipped: Vec<String> = scenario::shipped().into_iter().map(|it| it.name).collect();
            shipped.sort_unstable();
            assert_eq!(all, shipped);
        }
    };
}

told_apart! {
    a_bad_deploy "bad-deploy",
    unhealthy_targets "unhealthy-targets",
    a_session_surge "session-surge",
    a_lost_gateway "gateway-lost",
    a_notice_of_two_minutes "gateway-notice",
    a_slow_release "latency-regression",
    an_interruption_of_spot "spot-interruption",
    services_asleep "asleep",
    a_missing_image "image-missing",
    kills_for_memory "out-of-memory",
    the_loss_of_a_zone "az-outage",
    throttling "throttled",
    an_expired_login "expired-credentials",
    denied_reads "access-denied",
    a_slow_network "slow-network",
    rubbish_for_answers "dead-emulator",
}

#[tokio::test]
async fn a_calm_world_is_none_of_them() {
    let mut voyage = Voyage::begin();
    voyage.resize(120, 40).await;
    voyage.pass_by(Duration::from_mins(3), TICK).await;
    for trouble in &TROUBLES {
        assert!(!is_told(&mut voyage, &trouble.sign), "{}\n{}", trouble.scenario, voyage.screen());
    }
}
