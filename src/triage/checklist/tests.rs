use jiff::{SignedDuration, Timestamp};

use super::{Checked, Standing, State, Unseen, of_stack, requests, requests_of_missing, tally, why_unseen};
use crate::{
    domain::{
        estate::Estate,
        fault::{Fault, FaultKind},
        id::Scope,
        inventory::{Holding, Inventory},
        nat::NatGateway,
        query::{Answer, Outcome, Query, Request},
        signal::Severity,
        text::SafeText,
    },
    stack::{load, model::Stack},
    triage::signals,
};

fn now() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

fn read_at() -> Timestamp {
    now() - SignedDuration::from_secs(40)
}

fn scope() -> Scope {
    Scope::new("p", "us-east-1")
}

/// A stack with this list, in TOML.
fn stack(list: &str) -> Stack {
    let head = "name = 'x'\n[[scope]]\nprofile = 'p'\nregion = 'us-east-1'\n[[group]]\nname = 'g'\n";
    load::of_text(&format!("{head}{list}"))
}

fn item(name: &str, needs: &str) -> String {
    format!("[[checklist]]\nname = '{name}'\n{needs}\n")
}

/// The list of one item in the VPC `v`.
fn in_vpc(needs: &str) -> Stack {
    stack(&(item("VPC", "vpc = 'v'") + &item("it", needs)))
}

fn request(of: Inventory) -> Request {
    Request { scope: scope(), query: Query::Inventory { of } }
}

#[derive(Default)]
struct Known(Estate);

impl Known {
    fn holds(mut self, of: Inventory, holdings: Vec<Holding>) -> Self {
        self.0.receive(&request(of), Outcome::Complete(Answer::Inventory(holdings)), read_at());
        self
    }

    fn partly(mut self, of: Inventory, holdings: Vec<Holding>) -> Self {
        self.0.receive(&request(of), Outcome::Partial(Answer::Inventory(holdings), denied()), read_at());
        self
    }

    fn denied(mut self, of: Inventory) -> Self {
        self.0.receive(&request(of), Outcome::Failed(denied()), read_at());
        self
    }

    fn with_vpc(self) -> Self {
        self.holds(Inventory::Vpcs, vec![vpc("vpc-1", "v", &["10.0.0.0/16"])])
    }

    fn gateways(mut self, vpcs: &[&str]) -> Self {
        let gateway = |vpc: &&str| NatGateway {
            id: format!("nat-{vpc}").into(),
            subnet: "subnet-1".into(),
            vpc: (*vpc).into(),
            tags: Vec::new(),
        };
        let answer = Answer::NatGateways(vpcs.iter().map(gateway).collect());
        let request = Request { scope: scope(), query: Query::NatGateways };
        self.0.receive(&request, Outcome::Complete(answer), read_at());
        self
    }
}

fn denied() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "ec2:DescribeVpcs".into(),
        code: "UnauthorizedOperation".into(),
        message: "You are not authorized to perform this operation.".into(),
        request_id: None,
        at: now(),
    }
}

fn vpc(id: &str, name: &str, blocks: &[&str]) -> Holding {
    let blocks = blocks.iter().map(|it| (*it).into()).collect();
    Holding::Vpc { id: id.into(), name: Some(name.into()), blocks }
}

fn subnet(vpc: &str, block: &str, public: Option<bool>) -> Holding {
    Holding::Subnet { id: format!("subnet-{block}").into(), vpc: vpc.into(), block: block.into(), public }
}

fn thing(name: &str, state: Option<&str>) -> Holding {
    Holding::Named { name: name.into(), state: state.map(Into::into) }
}

/// The last item of the list.
fn last(stack: &Stack, known: &Known, told: impl FnOnce(&Checked<'_>)) {
    told(of_stack(stack, &known.0, now()).last().unwrap());
}

/// How its first thing stands, in words.
fn told(stack: &Stack, known: &Known) -> String {
    let mut said = String::new();
    last(stack, known, |it| {
        said = match &it.found[0].state {
            State::Present(detail) => format!("present {detail}").trim().to_owned(),
            State::Missing => "missing".to_owned(),
            State::Differs { asked, is } => format!("is {is}, not {asked}"),
            State::Unseen(why) => why_unseen(why),
            State::Confirmed(day) => format!("confirmed {day}"),
        }
    });
    said
}

#[test]
fn a_vpc_is_known_by_its_name_or_id_and_measured_by_its_block() {
    let of = Inventory::Vpcs;
    let asked = stack(&item("VPC", "vpc = 'v'\ncidr = '10.0.0.0/16'"));
    assert_eq!(told(&asked, &Known::default()), "not read yet");
    assert_eq!(told(&asked, &Known::default().with_vpc()), "present 10.0.0.0/16");
    let second = vpc("vpc-1", "v", &["10.1.0.0/16", "10.0.0.0/16"]);
    assert_eq!(told(&asked, &Known::default().holds(of.clone(), vec![second])), "present 10.0.0.0/16");
    let other = vpc("vpc-1", "v", &["10.1.0.0/16"]);
    let known = Known::default().holds(of.clone(), vec![other]);
    assert_eq!(told(&asked, &known), "is 10.1.0.0/16, not 10.0.0.0/16");
    let stranger = vpc("vpc-2", "w", &["10.0.0.0/16"]);
    assert_eq!(told(&asked, &Known::default().holds(of.clone(), vec![stranger.clone()])), "missing");
    let by_id = stack(&item("VPC", "vpc = 'vpc-2'"));
    assert_eq!(told(&by_id, &Known::default().holds(of, vec![stranger])), "present");
}

#[test]
fn what_was_refused_or_came_in_part_is_not_missing() {
    let asked = stack(&item("VPC", "vpc = 'v'"));
    let refused = "access denied (ec2:DescribeVpcs: UnauthorizedOperation)";
    assert_eq!(told(&asked, &Known::default().denied(Inventory::Vpcs)), refused);
    let part = Known::default().partly(Inventory::Vpcs, vec![vpc("vpc-2", "w", &[])]);
    assert_eq!(told(&asked, &part), refused);
    let part = Known::default().partly(Inventory::Vpcs, vec![vpc("vpc-1", "v", &[])]);
    assert_eq!(told(&asked, &part), "present", "what did come is there");
    // What was known before a refusal stands, and what was not there then may be there by now.
    assert_eq!(told(&asked, &Known::default().with_vpc().denied(Inventory::Vpcs)), "present");
    let empty = Known::default().holds(Inventory::Vpcs, Vec::new());
    assert_eq!(told(&asked, &empty), "missing");
    assert_eq!(told(&asked, &empty.denied(Inventory::Vpcs)), refused);
}

#[test]
fn a_subnet_is_in_the_vpc_and_public_or_not() {
    let public = in_vpc("subnets = ['10.0.1.0/24']\npublic = true");
    let any = in_vpc("subnets = ['10.0.1.0/24']");
    let with = |holding| Known::default().with_vpc().holds(Inventory::Subnets, vec![holding]);
    assert_eq!(told(&public, &with(subnet("vpc-1", "10.0.1.0/24", Some(true)))), "present");
    assert_eq!(told(&public, &with(subnet("vpc-1", "10.0.1.0/24", Some(false)))), "is private, not public");
    assert_eq!(told(&any, &with(subnet("vpc-1", "10.0.1.0/24", Some(false)))), "present");
    assert_eq!(told(&public, &with(subnet("vpc-2", "10.0.1.0/24", Some(true)))), "missing");
    assert_eq!(told(&public, &with(subnet("vpc-1", "10.0.2.0/24", Some(true)))), "missing");
    // The routes were refused: it is there, and nobody knows where it leads.
    let unknown = Known::default().with_vpc();
    let unknown = unknown.partly(Inventory::Subnets, vec![subnet("vpc-1", "10.0.1.0/24", None)]);
    assert_eq!(told(&public, &unknown), "access denied (ec2:DescribeVpcs: UnauthorizedOperation)");
    assert_eq!(told(&any, &unknown), "present");
}

#[test]
fn what_is_in_a_vpc_that_was_not_found_is_not_looked_at() {
    let asked = in_vpc("internet_gateway = true");
    let gateway = |vpc: &str| Holding::InternetGateway { id: "igw-1".into(), vpcs: vec![vpc.into()] };
    let gateways = |vpc| Known::default().holds(Inventory::InternetGateways, vec![gateway(vpc)]);
    assert_eq!(told(&asked, &gateways("vpc-1").with_vpc()), "present");
    assert_eq!(told(&asked, &gateways("vpc-2").with_vpc()), "missing");
    assert_eq!(told(&asked, &gateways("vpc-1")), "not read yet");
    assert_eq!(told(&asked, &gateways("vpc-1").holds(Inventory::Vpcs, Vec::new())), "its VPC was not found");
}

#[test]
fn nat_gateways_are_counted() {
    let asked = in_vpc("nat_gateways = 2");
    let known = |vpcs: &[&str]| Known::default().with_vpc().gateways(vpcs);
    assert_eq!(told(&asked, &Known::default().with_vpc()), "not read yet");
    assert_eq!(told(&asked, &known(&["vpc-1", "vpc-1"])), "present");
    assert_eq!(told(&asked, &known(&["vpc-1", "vpc-2"])), "is 1, not 2");
    assert_eq!(told(&asked, &known(&["vpc-2"])), "missing");
}

#[test]
fn a_security_group_elsewhere_is_another() {
    let asked = in_vpc("security_groups = ['a']");
    let of = || Inventory::SecurityGroups { names: vec!["a".into()] };
    let group = |vpc: &str| Holding::SecurityGroup { id: "sg-1".into(), name: "a".into(), vpc: vpc.into() };
    let known = |holdings| Known::default().with_vpc().holds(of(), holdings);
    assert_eq!(told(&asked, &known(vec![group("vpc-1")])), "present");
    assert_eq!(told(&asked, &known(vec![group("vpc-2")])), "is in vpc-2, not in its VPC");
    assert_eq!(told(&asked, &known(Vec::new())), "missing");
}

#[test]
fn what_is_asked_for_by_name_is_there_in_its_state() {
    let cases = [
        ("tables", Inventory::Table { name: "a".into() }, "ACTIVE", "CREATING"),
        ("load_balancers", Inventory::LoadBalancer { name: "a".into() }, "active", "provisioning"),
    ];
    for (key, of, well, ill) in cases {
        let asked = stack(&item("it", &format!("{key} = ['a']")));
        let known = |holdings| Known::default().holds(of.clone(), holdings);
        assert_eq!(told(&asked, &Known::default()), "not read yet");
        assert_eq!(told(&asked, &known(vec![thing("a", Some(well))])), "present");
        assert_eq!(told(&asked, &known(vec![thing("a", Some(ill))])), format!("is {}, not active", ill.to_lowercase()));
        assert_eq!(told(&asked, &known(Vec::new())), "missing", "{key}");
        assert!(told(&asked, &Known::default().denied(of.clone())).starts_with("access denied"), "{key}");
    }
    let templates = Inventory::LaunchTemplates { names: vec!["a".into()] };
    for (key, of) in [("roles", Inventory::Role { name: "a".into() }), ("launch_templates", templates)] {
        let asked = stack(&item("it", &format!("{key} = ['a']")));
        assert_eq!(told(&asked, &Known::default().holds(of.clone(), vec![thing("a", None)])), "present");
        assert_eq!(told(&asked, &Known::default().holds(of, Vec::new())), "missing", "{key}");
    }
}

#[test]
fn a_repository_without_an_image_is_not_ready() {
    let asked = stack(&item("it", "repositories = ['a/b']"));
    let of = || Inventory::Repository { name: "a/b".into() };
    let with = |images, newest| vec![Holding::Repository { name: "a/b".into(), images, newest }];
    let known = |holdings| Known::default().holds(of(), holdings);
    assert_eq!(told(&asked, &known(with(2, Some(now())))), "present 2 images, newest of 2026-11-22");
    assert_eq!(told(&asked, &known(with(0, None))), "is no image, not an image");
    assert_eq!(told(&asked, &known(Vec::new())), "missing");
}

#[test]
fn what_no_read_tells_is_told_by_people_or_by_nobody() {
    let ahead = "confirmed for 2026-11-23, which is still to come";
    let cases = [
        ("by_hand = 'VPN'", "by hand"),
        ("by_hand = 'VPN'\nconfirmed = '2026-11-22'", "confirmed 2026-11-22"),
        ("by_hand = 'VPN'\nconfirmed = '2026-11-23'", ahead),
        ("certificates = ['x.example.com']", "no read of ACM"),
        ("buckets = ['b']\nconfirmed = '2026-01-31'", "confirmed 2026-01-31"),
    ];
    for (needs, expected) in cases {
        assert_eq!(told(&stack(&item("it", needs)), &Known::default()), expected, "{needs}");
    }
}

#[test]
fn what_is_watched_anyway_needs_no_read_of_its_own() {
    let asked = stack(&item("it", "groups = ['g']\nalarms = ['a']"));
    assert_eq!(requests(&asked), []);
    let mut known = Known::default();
    assert_eq!(told(&asked, &known), "not read yet");
    let groups = Request { scope: scope(), query: Query::Groups { names: vec!["g".into()] } };
    known.0.receive(&groups, Outcome::Complete(Answer::Groups(Vec::new())), read_at());
    assert_eq!(told(&asked, &known), "missing");
    let alarms = Request { scope: scope(), query: Query::Alarms };
    known.0.receive(&alarms, Outcome::Failed(denied()), read_at());
    last(&asked, &known, |it| {
        assert!(matches!(it.found[1].state, State::Unseen(Unseen::Failed(_))));
        assert_eq!(it.standing(), Standing::Missing);
    });
}

#[test]
fn an_item_stands_as_its_worst_part_and_is_as_old_as_its_oldest() {
    let asked = stack(&item("tables", "tables = ['a', 'b']"));
    let table = |name: &str| Inventory::Table { name: name.into() };
    let mut known = Known::default().holds(table("a"), vec![thing("a", Some("ACTIVE"))]);
    assert_eq!(tally(&of_stack(&asked, &known.0, now())), "0 of 1 present, 1 not looked at");
    known = known.holds(table("b"), vec![thing("b", Some("ACTIVE"))]);
    assert_eq!(tally(&of_stack(&asked, &known.0, now())), "1 of 1 present");
    last(&asked, &known, |it| assert_eq!(it.read_at(), Some(read_at())));
}

#[test]
fn what_is_missing_is_told_by_one_signal_and_read_on_until_it_is_there() {
    let list = item("tables", "tables = ['a', 'b']") + &item("roles", "roles = ['r']");
    let asked = stack(&list);
    let table = |name: &str| Inventory::Table { name: name.into() };
    let role = || Inventory::Role { name: "r".into() };
    let told = |known: &Known| {
        let all = signals(&known.0, std::slice::from_ref(&asked), now());
        all.into_iter().filter(|it| it.rule == "checklist-missing").collect::<Vec<_>>()
    };
    let known = Known::default().denied(table("a")).holds(role(), vec![thing("r", None)]);
    assert_eq!(told(&known), [], "nothing is known to be missing");
    assert_eq!(requests_of_missing(&asked, &known.0, now()), []);
    let known = known.holds(table("a"), Vec::new()).holds(table("b"), vec![thing("b", Some("DELETING"))]);
    let signals = told(&known);
    assert_eq!(signals.len(), 1);
    assert_eq!(signals[0].severity, Severity::Warning);
    assert_eq!(signals[0].summary.as_str(), "table a is missing, and 1 more on its checklist is wrong");
    let evidence: Vec<&str> = signals[0].evidence.iter().map(SafeText::as_str).collect();
    let expected = [
        "table a does not exist (read at 02:59:20 UTC)",
        "table b is deleting, and should be active (read at 02:59:20 UTC)",
    ];
    assert_eq!(evidence, expected);
    assert_eq!(requests_of_missing(&asked, &known.0, now()), [request(table("a")), request(table("b"))]);
    let known = known.holds(table("a"), vec![thing("a", Some("ACTIVE"))]);
    assert_eq!(told(&known)[0].severity, Severity::Notice);
    let known = known.holds(table("b"), vec![thing("b", Some("ACTIVE"))]);
    assert_eq!(told(&known), []);
    assert_eq!(requests_of_missing(&asked, &known.0, now()), []);
}

#[test]
fn each_read_is_asked_for_once() {
    let stacks = crate::stack::bundled().unwrap();
    let terminal = stacks.iter().find(|it| it.name.as_str() == "terminal").unwrap();
    let asked: Vec<String> = requests(terminal).iter().map(|it| format!("{:?}", it.query)).collect();
    assert_eq!(asked.len(), 16, "{asked:#?}");
    assert_eq!(terminal.checklist.len(), 18);
    assert!(stacks.iter().all(|it| !it.checklist.is_empty()));
}
