//! The real binary on AWS accounts of the user's own, which the simulator stands in for; and files that are wrong.

use crate::{
    console::{Home, at},
    interop::Served,
};

#[test]
fn without_stack_files_the_profiles_region_is_shown_cluster_by_cluster() {
    let home = Home::new("attached-discovery");
    home.write(".aws/config", "[profile port]\nregion = eu-west-2\n");
    home.write(".aws/credentials", "[port]\naws_access_key_id = SIM444455556666\naws_secret_access_key = x\n");
    let served = Served::start_with(&[]);
    let look = home.run(&format!("status --json --profile port --endpoint-url {}", served.endpoint));
    assert_eq!((look.code, look.complained.as_str()), (0, ""), "{look:?}");
    let document = look.document();
    assert_eq!(*at(&document, "/complete"), true);
    assert_eq!(*at(&document, "/scopes/0/account"), "444455556666");
    assert_eq!(*at(&document, "/scopes/0/profile"), "port");
    assert_eq!(*at(&document, "/stacks/0/name"), "cma-production");
    let services = at(&document, "/stacks/0/services").as_array().expect("services");
    let mut names: Vec<_> = services.iter().filter_map(|it| it["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cma-api-production", "cma-frontend-production", "cma-workers-production"]);
}

#[test]
fn a_region_given_goes_before_the_profiles() {
    let home = Home::new("attached-region");
    home.write(".aws/config", "[default]\nregion = eu-west-2\n");
    home.write(".aws/credentials", "[default]\naws_access_key_id = test\naws_secret_access_key = x\n");
    let served = Served::start_with(&[]);
    let look = home.run(&format!("status --json --region eu-north-1 --endpoint-url {}", served.endpoint));
    let document = look.document();
    assert_eq!(*at(&document, "/scopes/0/region"), "eu-north-1");
    assert_eq!(*at(&document, "/stacks/0/name"), "reactive-notebook-cluster");
}

#[test]
fn what_is_no_endpoint_is_refused_before_anything_is_asked() {
    let home = Home::new("attached-endpoint");
    for typed in ["notaurl", "127.0.0.1:4566", "ftp://127.0.0.1", "http://"] {
        let ended = home.run(&format!("status --region eu-west-2 --endpoint-url {typed}"));
        assert_eq!((ended.code, ended.said.as_str()), (2, ""), "{ended:?}");
        assert!(ended.complained.contains("wanted is an address as http://127.0.0.1:4566"), "{ended:?}");
    }
}

#[test]
fn every_fault_of_keymaps_and_configuration_is_told_with_its_line() {
    let home = Home::new("attached-files");
    let config = home.path().join("conf");
    let keymap = "inherits = \"default\"\n\n[global]\n\"ctrl-i\" = \"help\"\n\"Z\" = \"hlep\"\n";
    home.write("conf/keymaps/mine.toml", keymap);
    let ended = home.run(&format!("status --region eu-west-2 --keymap mine --config {}", config.display()));
    assert_eq!((ended.code, ended.said.as_str()), (2, ""), "{ended:?}");
    let file = config.join("keymaps/mine.toml");
    let lines: Vec<&str> = ended.complained.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with(&format!("{}:4:1: \"ctrl-i\" cannot be typed", file.display())), "{lines:#?}");
    assert!(lines[1].starts_with(&format!("{}:5:", file.display())) && lines[1].contains("help"), "{lines:#?}");

    home.write("conf/config.toml", "them = \"dark\"\n");
    let ended = home.run(&format!("status --config {}", config.display()));
    assert_eq!(ended.code, 2, "{ended:?}");
    let line = format!("{}:1:1: unknown key \"them\"", config.join("config.toml").display());
    assert!(ended.complained.starts_with(&line), "{ended:?}");
}

#[test]
fn every_fault_of_a_theme_is_told_with_its_line() {
    let home = Home::new("attached-theme");
    home.write("mine.toml", "inherits = \"dark\"\n\n[roles]\nwarnin = \"red\"\nstael = \"dim\"\n");
    let file = home.path().join("mine.toml");
    let ended = home.run(&format!("theme check {}", file.display()));
    assert_eq!(ended.code, 2, "{ended:?}");
    for line in [4, 5] {
        assert!(ended.said.contains(&format!("{}:{line}:", file.display())), "{ended:?}");
    }
}

#[test]
fn what_a_region_holds_becomes_stack_files_that_work() {
    let home = Home::new("attached-discover");
    home.write(".aws/config", "[default]\nregion = us-east-1\n");
    home.write(".aws/credentials", "[default]\naws_access_key_id = test\naws_secret_access_key = x\n");
    let served = Served::start_with(&["--speed", "60"]);
    // Four looks in a row: time has to pass for AWS's buckets to fill again.
    let discover = format!("stack discover --endpoint-url {}", served.endpoint);
    let printed = home.run(&format!("{discover} --print"));
    assert_eq!((printed.code, printed.complained.as_str()), (0, ""), "{printed:?}");
    assert!(printed.said.contains("# terminal.toml") && printed.said.contains("# tsdevstack.toml"), "{printed:?}");

    let written = home.run(&discover);
    assert_eq!(written.code, 0, "{written:?}");
    assert_eq!(written.said.lines().count(), 3, "{written:?}");
    let checked = home.run("stack check");
    assert_eq!(checked.code, 0, "{checked:?}");
    let again = home.run(&discover);
    assert_eq!(again.code, 1, "{again:?}");
    assert_eq!(again.complained.matches("left as it is").count(), 3, "{again:?}");

    let look = home.run(&format!("status --json --endpoint-url {}", served.endpoint)).document();
    assert_eq!(*at(&look, "/complete"), true);
    let stacks = at(&look, "/stacks").as_array().expect("stacks").clone();
    let terminal = stacks.iter().find(|it| it["name"] == "terminal").expect("terminal");
    assert_eq!(*at(terminal, "/groups/0/name"), "terminal-gateway-asg");
    assert_eq!(*at(terminal, "/services/0/name"), "terminal-api");
    assert_eq!(at(terminal, "/alarms").as_array().map(Vec::len), Some(2));
    assert!(at(terminal, "/sessions").is_object(), "its policy tracks a metric of sessions: {terminal:#}");
}
