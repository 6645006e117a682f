use crate::{
    domain::id::Scope,
    stack::{
        bundled,
        model::{Environment, Stack},
    },
    toml_file::TextFile,
};

use super::load;

const SMALL: &str = "name = 'x'\n[[scope]]\nregion = 'us-east-1'\n[[group]]\nname = 'g'\n";

fn stacks() -> Vec<Stack> {
    bundled().expect("bundled stacks are sound")
}

fn called(name: &str) -> Stack {
    stacks().into_iter().find(|it| it.name.as_str() == name).expect("a bundled stack")
}

#[test]
fn the_five_estates_are_bundled() {
    let names: Vec<_> = stacks().iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["terminal", "tsdevstack", "mint-server", "reactive-notebook", "cma"]);
    for stack in stacks() {
        assert_eq!(stack.environment == Environment::Production, stack.name.as_str() != "tsdevstack", "{}", stack.name);
        assert!(stack.scopes.iter().all(|it| it.account.is_some()), "{} names its account", stack.name);
        assert!(!stack.read_only);
    }
}

#[test]
fn gateways_of_the_terminal_take_sessions_by_type() {
    let terminal = called("terminal");
    let sessions = terminal.groups[0].sessions.as_ref().expect("sessions");
    let limits = ["t3.medium", "t3.large", "c6i.xlarge", "m5.large"].map(|it| sessions.limit_of(it));
    assert_eq!(limits, [Some(10), Some(20), Some(50), None]);
    assert_eq!(sessions.metric.as_ref().and_then(|it| it.dimension.clone()), None);
    assert!(terminal.alarms.holds("terminal-gateway-unhealthy"));
    assert!(!terminal.alarms.holds("mint-server-us-east-1-5xx"));
}

#[test]
fn the_terminals_plan_asks_for_more_gateways_than_its_group_allows() {
    let plan = called("terminal").capacity.expect("a capacity plan");
    let gateways = |sessions| plan.tier(sessions).and_then(|it| it.gateways).map(|it| (it.least, it.most));
    assert_eq!(
        [gateways(12), gateways(51), gateways(500), gateways(501)],
        [Some((2, 2)), Some((4, 6)), Some((10, 15)), None]
    );
    assert!(plan.tier(501).is_some_and(|it| it.note.is_some()));
}

#[test]
fn what_is_promised_differs_by_region() {
    let mint = called("mint-server");
    let promises: Vec<_> = mint.services.iter().map(|it| (it.scopes.clone(), it.promise_p95_ms)).collect();
    let east = vec![Scope::new("estates", "us-east-1")];
    let west = vec![Scope::new("estates", "us-west-1")];
    assert_eq!(promises, [(east.clone(), Some(40.0)), (west.clone(), Some(50.0))]);
    assert_eq!(mint.target_groups[0].scopes, [east, west].concat());
}

#[test]
fn services_of_cma_that_are_released_together_carry_the_same_word() {
    let cma = called("cma");
    let together = cma.services.iter().filter(|it| it.together.is_some()).map(|it| it.name.to_string());
    assert_eq!(together.collect::<Vec<_>>(), ["cma-frontend-production", "cma-api-production"]);
    assert_eq!(cma.scopes[0].scope, Scope::new("cma", "eu-west-2"));
}

#[test]
fn two_files_may_not_describe_one_stack_and_hide_no_other_fault() {
    let files = [("a.toml", SMALL), ("b.toml", SMALL), ("c.toml", "name = 1")]
        .map(|(name, text)| TextFile::shipped(name, text));
    let faults: Vec<_> = load(&files).1.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            r#"b.toml: stack "x" is described in a.toml too"#,
            "c.toml:1:1: no scope (say where it runs: [[scope]] with profile and region)",
            "c.toml:1:1: nothing to watch (add a [[service]], [[group]] or [[target_group]])",
            "c.toml:1:8: expected a string, found an integer",
        ]
    );
}

#[test]
fn every_key_is_documented() {
    let doc = include_str!("../../../docs/stack-files.md");
    let sources = [
        include_str!("../parse.rs"),
        include_str!("../sessions.rs"),
        include_str!("../drain.rs"),
        include_str!("../capacity.rs"),
    ];
    let calls =
        ["(table, \"", "table.value(\"", "table.optional(\"", "table.optional::<String>(\"", "required_value(\""];
    let mut keys = Vec::new();
    for source in sources {
        for call in calls {
            keys.extend(source.split(call).skip(1).filter_map(|rest| rest.split('"').next()));
        }
    }
    assert!(keys.len() > 25, "keys are found in the source: {keys:?}");
    for key in keys {
        let shown = [format!("`{key}`"), format!("[[{key}]]"), format!("[{key}]"), format!(".{key}]]")];
        assert!(shown.iter().any(|it| doc.contains(it)), "{key} is not in docs/stack-files.md");
    }
}
