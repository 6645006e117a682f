use super::{At, FromToml, Place, Reported, Value, did_you_mean, one_of_these, read};

#[derive(Debug, PartialEq)]
struct Ship {
    name: String,
    guns: u8,
    speed: f64,
    crew: Vec<Sailor>,
}

#[derive(Debug, PartialEq)]
struct Sailor {
    name: String,
    officer: bool,
}

impl FromToml for Sailor {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        value.table(|table| {
            let name = table.required("name");
            let officer = table.optional("officer");
            Ok(Self { name: name?, officer: officer?.unwrap_or_default() })
        })
    }
}

fn ship(text: &str) -> Result<Ship, Vec<String>> {
    read("ship.toml", text, |table| {
        let name = table.required("name");
        let guns = table.required("guns");
        let speed = table.required("speed");
        let crew = table.list("crew");
        Ok(Ship { name: name?, guns: guns?, speed: speed?, crew: crew? })
    })
    .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn faults(text: &str) -> Vec<String> {
    ship(text).expect_err("the file has faults")
}

#[test]
fn a_sound_file_becomes_a_value() {
    let text =
        "name = 'Surprise'\nguns = 28\nspeed = 9\n[[crew]]\nname = 'Jack'\nofficer = true\n[[crew]]\nname = 'Tom'\n";
    let crew =
        vec![Sailor { name: "Jack".to_owned(), officer: true }, Sailor { name: "Tom".to_owned(), officer: false }];
    assert_eq!(ship(text), Ok(Ship { name: "Surprise".to_owned(), guns: 28, speed: 9.0, crew }));
}

#[test]
fn every_fault_is_reported_at_its_place_and_with_a_hint() {
    let text = "naem = 'Surprise'\nguns = 300\nspeed = 'fast'\n\n[[crew]]\noficer = true\n[[crew]]\nname = 1\n";
    assert_eq!(
        faults(text),
        [
            r#"ship.toml:1:1: missing key "name""#,
            r#"ship.toml:1:1: unknown key "naem" (did you mean "name"?)"#,
            "ship.toml:2:8: 300 is out of range (expected 0 to 255)",
            "ship.toml:3:9: expected a number, found a string",
            r#"ship.toml:5:1: missing key "name""#,
            r#"ship.toml:6:1: unknown key "oficer" (did you mean "officer"?)"#,
            "ship.toml:8:8: expected a string, found an integer",
        ]
    );
}

#[test]
fn a_key_given_twice_does_not_hide_the_other_faults() {
    let text = "name = 'Surprise'\nguns = 28\nspeed = 9\nguns = 32\nwind = 5\n";
    assert_eq!(
        faults(text),
        [
            r#"ship.toml:4:1: "guns" is given twice"#,
            r#"ship.toml:5:1: unknown key "wind" (expected one of "crew", "guns", "name", "speed")"#,
        ]
    );
}

#[test]
fn what_is_no_toml_is_reported_alone_and_with_its_line() {
    let found = faults("name = 'Surprise'\nguns = \n[crew\n");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("ship.toml:2:"), "{found:#?}");
    assert!(found[1].starts_with("ship.toml:3:"), "{found:#?}");
}

#[test]
fn columns_count_characters_and_control_characters_are_escaped() {
    let found = faults("name = 'é'\nguns = 1\nspeed = 1\n'é\\' = { \"\\u001b[2J\" = 1 }\n");
    assert_eq!(found[0].split(": ").next(), Some("ship.toml:4:1"));
    let nested = read("x.toml", "a = { 'é' = 1, \"\\u001b[2J\" = 2 }", |table| {
        table.required_value("a")?.table(|inner| inner.optional::<u8>("é"))
    });
    assert_eq!(
        nested.expect_err("an unknown key")[0].to_string(),
        r#"x.toml:1:16: unknown key "\u{1b}[2J" (expected "é")"#
    );
}

#[test]
fn names_given_by_the_user_come_in_the_order_of_the_file() {
    let entries =
        read("x.toml", "zebra = 1\nape = 2\n", |table| table.entries(|(key, value)| Ok((key, value.get::<u8>()?))));
    let at = |value: &str, line| At { value: value.to_owned(), place: Place { line, column: 1 } };
    assert_eq!(entries, Ok(vec![(at("zebra", 1), 1), (at("ape", 2), 2)]));
}

#[test]
fn words_are_matched_and_near_misses_named() {
    let value = |text: &str| {
        read("x.toml", text, |table| table.required_value("a")?.one_of(&[("running", 1), ("stopped", 2)]))
            .map_err(|faults| faults[0].to_string())
    };
    assert_eq!(value("a = 'stopped'"), Ok(2));
    assert_eq!(
        value("a = 'runing'"),
        Err(r#"x.toml:1:5: unknown value "runing" (did you mean "running"?)"#.to_owned())
    );
}

#[test]
fn a_hint_names_the_nearest_or_lists_the_few() {
    assert_eq!(did_you_mean("Servcies", ["services", "sessions"]), Some("services"));
    assert_eq!(did_you_mean("x", ["services", "sessions"]), None);
    assert_eq!(one_of_these("x", &[]), None);
    assert_eq!(one_of_these("word", &["alpha"]), Some(r#"expected "alpha""#.to_owned()));
}
