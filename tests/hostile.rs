//! The real binary where what it is given is wrong: endpoints, profiles, names and files.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
};

use serde_json::{Value, json};

use crate::console::{Ended, Home, at};

/// What an endpoint does with each call.
#[derive(Clone, Copy)]
enum Endpoint {
    /// Sends these bytes and hangs up.
    Answers(&'static str),
    /// Takes the call and says nothing.
    Hangs,
}

impl Endpoint {
    /// Does so on a port of its own for as long as the tests run; returns its address.
    fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                match self {
                    // One that hangs up on its own account is of no interest.
                    Self::Answers(bytes) => drop(thread::spawn(move || answer(stream, bytes))),
                    Self::Hangs => silent.push(stream),
                }
            }
        });
        address
    }
}

/// Reads one whole request, so that hanging up is no reset, and sends `bytes`.
fn answer(mut stream: TcpStream, bytes: &str) -> io::Result<()> {
    let mut asked = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        asked.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((_, number)) = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = number.trim().parse().unwrap_or_default();
        }
    }
    io::copy(&mut asked.take(length), &mut io::sink())?;
    stream.write_all(bytes.as_bytes())
}

/// Looks for up to `seconds` at what `endpoint` holds, as text and as JSON; neither finds anything.
fn blind(test: &str, endpoint: &str, seconds: u8) -> (String, Value) {
    let home = Home::with_profile(test);
    let look = |more: &str| {
        let flags = format!("--profile port --timeout {seconds} --endpoint-url {endpoint} {more}");
        let ended = home.run(&format!("status {flags}"));
        assert_eq!((ended.code, ended.complained.as_str()), (1, ""), "{ended:?}");
        ended
    };
    let document = look("--json").document();
    assert_eq!(*at(&document, "/complete"), json!(false));
    assert_eq!(*at(&document, "/scopes/0/answered_at"), Value::Null);
    let unanswered = json!(["alarms", "clusters", "groups", "identity", "target groups"]);
    assert_eq!(*at(&document, "/scopes/0/unanswered"), unanswered);
    let words: Vec<String> = look("").said.split_whitespace().map(ToOwned::to_owned).collect();
    (words.join(" "), document)
}

/// Asserts that a look at `endpoint` says `words`, and that its first fault is of this kind.
#[track_caller]
fn assert_fault(test: &str, endpoint: &str, kind: &str, words: &[&str]) {
    let (text, document) = blind(test, endpoint, 60);
    assert_eq!(*at(&document, "/scopes/0/fault/kind"), kind, "{document:#}");
    for words in words {
        assert!(text.contains(words), "{words:?} is not in:\n{text}");
    }
}

#[test]
fn a_port_that_nobody_listens_on_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let words = ["sts:GetCallerIdentity: DispatchFailure", "Connection refused", "check network, VPN and proxy"];
    assert_fault("hostile-refuses", &format!("http://{closed}"), "unreachable", &words);
}

#[test]
fn an_endpoint_that_hangs_is_left_when_time_is_up() {
    let (text, document) = blind("hostile-hangs", &Endpoint::Hangs.start(), 3);
    assert_eq!(*at(&document, "/scopes/0/fault"), Value::Null);
    assert!(text.contains("UTC nothing could be read (incomplete)"), "{text}");
    assert!(text.contains("no answer in time from port/eu-west-2: alarms, clusters"), "{text}");
}

#[test]
fn an_answer_that_is_cut_short_is_told_from_an_empty_one() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"clusterArns\":[";
    let words = ["sts:GetCallerIdentity: HTTP 200: an answer that broke off", "something answers in AWS's place"];
    assert_fault("hostile-cut", &Endpoint::Answers(cut).start(), "garbled", &words);
}

#[test]
fn a_web_page_is_shown() {
    let page = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<!DOCTYPE html><html><body>Sign in</body></html>";
    let words = ["a web page, not an answer of AWS: <!DOCTYPE html><html><body>Sign in", "captive portal"];
    assert_fault("hostile-page", &Endpoint::Answers(page).start(), "garbled", &words);
}

#[test]
fn a_server_that_fails_is_said_to_fail() {
    let failing = "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let words = ["sts:GetCallerIdentity: HTTP 500: an empty answer", "AWS itself fails"];
    assert_fault("hostile-500", &Endpoint::Answers(failing).start(), "server", &words);
}

#[test]
fn half_a_document_cannot_be_read() {
    let half = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"clusterArns\":[";
    let words = ["application-autoscaling:DescribeScalableTargets: HTTP 200: an answer that cannot be read: failed to"];
    assert_fault("hostile-half", &Endpoint::Answers(half).start(), "garbled", &words);
}

/// Asserts how a command ends that is wrong in itself: nothing on standard output, one line on the other.
#[track_caller]
fn assert_refused(ended: &Ended, code: i32, complaint: &str) {
    let complained = (ended.code, ended.said.as_str(), ended.complained.as_str());
    assert_eq!(complained, (code, "", format!("quarterdeck: {complaint}\n").as_str()));
}

#[test]
fn an_unknown_profile_is_answered_with_the_nearest() {
    let home = Home::with_profile("hostile-profile");
    let complaint = "failed to find the profile prot in the AWS configuration; the nearest are port";
    assert_refused(&home.run("status --profile prot"), 2, complaint);
    let with_region = home.run("status --json --profile prot --region eu-west-2");
    assert_eq!(with_region.code, 1, "{with_region:?}");
    let document = with_region.document();
    assert_eq!(*at(&document, "/scopes/0/fault/code"), "UnknownProfile");
    assert_eq!(*at(&document, "/scopes/0/fault/message"), complaint);
}

#[test]
fn a_missing_region_is_asked_for() {
    let home = Home::new("hostile-region");
    let complaint = "failed to find a region: give --region, set AWS_REGION, or add `region` to the profile";
    assert_refused(&home.run("status"), 2, complaint);
}

#[test]
fn every_fault_of_every_stack_file_is_reported_at_once() {
    let home = Home::new("hostile-stacks");
    let mut expected = Vec::new();
    for name in ["references", "scopes", "syntax"] {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/stack/bad/{name}.toml"));
        let text = fs::read_to_string(fixture).expect("a fixture");
        home.write(&format!("conf/stacks/{name}.toml"), &text);
        let file = home.path().join(format!("conf/stacks/{name}.toml"));
        let stated = text.lines().map_while(|line| line.strip_prefix("# expect "));
        expected.extend(stated.map(|fault| format!("{}:{fault}", file.display())));
    }
    let ended = home.run(&format!("status --config {}", home.path().join("conf").display()));
    assert_eq!((ended.code, ended.said.as_str()), (2, ""));
    // None of the stacks is left, so that the console would look around: where, nobody says either.
    let region = "quarterdeck: failed to find a region: give --region, set AWS_REGION, or add `region` to the profile";
    expected.push(region.to_owned());
    assert_eq!(ended.complained.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_name_that_is_wrong_for_the_console_is_wrong_for_status_too() {
    let home = Home::new("hostile-theme");
    let complaint = "theme: unknown theme \"drk\" (did you mean \"dark\"?)";
    let ended = home.run("--demo status --theme drk");
    assert_eq!((ended.code, ended.said.as_str(), ended.complained.trim_end()), (2, "", complaint));
}

#[test]
fn a_theme_that_merely_lies_in_the_folder_stops_nobody_and_one_that_is_named_does() {
    let home = Home::with_profile("hostile-lying");
    home.write("conf/themes/mine.toml", "inherits = 'dark'\n[roles]\ncritcal = 'red'\n");
    let conf = home.path().join("conf").display().to_string();
    let lying =
        home.run(&format!("status --profile port --endpoint-url http://127.0.0.1:9 --timeout 1 --config {conf}"));
    assert_eq!(lying.code, 1, "nothing answers there, which is all that is wrong: {lying:?}");
    let named = home.run(&format!("status --theme mine --config {conf}"));
    assert_eq!(named.code, 2, "{named:?}");
    assert!(
        named.complained.contains("mine.toml:3:1: unknown role \"critcal\" (did you mean \"critical\"?)"),
        "{named:?}"
    );
}

#[test]
fn a_command_shows_the_flags_that_it_heeds() {
    let home = Home::new("hostile-help");
    let help = |verb: &str| home.run(&format!("{verb} --help")).said;
    assert!(help("status").contains("--profile") && !help("status").contains("--theme"));
    assert!(help("sim").contains("--log-file") && !help("sim").contains("--profile"));
    assert!(help("stack check").contains("--config") && !help("stack check").contains("--keymap"));
    assert!(help("demo").contains("--theme"));
}

#[test]
fn man_pages_are_written_for_every_command() {
    let home = Home::new("man-pages");
    let folder = home.path().join("man1");
    let ended = home.run(&format!("man {}", folder.display()));
    assert_eq!(ended.code, 0, "{ended:?}");
    for page in ["quarterdeck", "quarterdeck-status", "quarterdeck-stack-check", "quarterdeck-demo"] {
        let text = fs::read_to_string(folder.join(format!("{page}.1"))).expect(page);
        assert!(text.contains(".TH"), "{page}");
    }
    assert!(!folder.join("quarterdeck-help.1").exists(), "help has nothing to say of itself");
}

#[test]
fn an_unknown_stack_or_scenario_is_answered_with_the_nearest() {
    let home = Home::new("hostile-names");
    let stack = home.run("--demo status --stack termnal");
    assert_refused(&stack, 2, "there is no stack \"termnal\" (did you mean \"terminal\"?)");
    let complaint = "unknown scenario \"bad-deplo\" (did you mean \"bad-deploy\"?)";
    assert_refused(&home.run("sim --listen 127.0.0.1:0 --scenario bad-deplo"), 2, complaint);
}

#[test]
fn scenarios_and_their_times_must_fit_together() {
    let home = Home::new("hostile-times");
    let complaint = "--at must be given once for all scenarios, or once for each of them";
    assert_refused(&home.run("sim --listen 127.0.0.1:0 --scenario calm --at 5m --at 6m"), 2, complaint);
}

#[test]
fn a_console_without_a_terminal_is_refused() {
    let complaint = "the console needs a terminal; `quarterdeck status` prints one look";
    assert_refused(&Home::new("hostile-terminal").run("demo"), 2, complaint);
}

#[test]
fn a_demo_attaches_to_nothing_but_a_simulator() {
    let home = Home::new("hostile-attach");
    let page = Endpoint::Answers("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html></html>").start();
    let complaint = format!(
        "failed to attach to the simulator at {page}: what answers there is no quarterdeck simulator; \
         start one with `quarterdeck sim`"
    );
    assert_refused(&home.run(&format!("--demo --endpoint-url {page} status")), 1, &complaint);
}
