//! The readiness checklist: what must exist before anybody relies on the stack.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    check::Found,
    model::StackScope,
    parse::{at_least_one, plain, scopes_of, wire_name},
};
use crate::{
    domain::{id::Scope, text::SafeText},
    toml_file::{At, Reported, Table, Value, all, one_of_these, quoted},
};

/// One line of the list: there when everything that it needs is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    /// What it is called on screen.
    pub name: SafeText,
    /// Where it must be there: in each of them.
    pub scopes: Vec<Scope>,
    pub needs: Vec<Need>,
    /// When somebody saw with their own eyes what no read of the console tells.
    pub confirmed: Option<Date>,
}

/// Something that must exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The stack's VPC, by its `Name` tag or id. The rest of the network is looked for in it.
    Vpc {
        name: Arc<str>,
        /// One of its blocks of addresses.
        cidr: Option<Cidr>,
    },
    Subnet {
        cidr: Cidr,
        /// Whether the internet must be reached from it by a gateway of the VPC, or must not.
        public: Option<bool>,
    },
    InternetGateway,
    NatGateways(u32),
    Named(NamedKind, Arc<str>),
    /// What only people can tell.
    ByHand(SafeText),
}

/// A block of IPv4 addresses, as AWS writes it: `10.0.0.0/16`.
pub type Cidr = Arc<str>;

/// What is asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedKind {
    Service,
    Group,
    TargetGroup,
    Cache,
    Database,
    Alarm,
    SecurityGroup,
    LaunchTemplate,
    LoadBalancer,
    Table,
    /// With an image in it.
    Repository,
    Role,
    Certificate,
    Bucket,
    Distribution,
    Secret,
}

impl NamedKind {
    /// The key of each in stack files.
    pub const KEYS: [(&'static str, Self); 16] = [
        ("services", Self::Service),
        ("groups", Self::Group),
        ("target_groups", Self::TargetGroup),
        ("caches", Self::Cache),
        ("databases", Self::Database),
        ("alarms", Self::Alarm),
        ("security_groups", Self::SecurityGroup),
        ("launch_templates", Self::LaunchTemplate),
        ("load_balancers", Self::LoadBalancer),
        ("tables", Self::Table),
        ("repositories", Self::Repository),
        ("roles", Self::Role),
        ("certificates", Self::Certificate),
        ("buckets", Self::Bucket),
        ("distributions", Self::Distribution),
        ("secrets", Self::Secret),
    ];

    /// The service that would tell of it, where the console does not ask it.
    pub fn unread(self) -> Option<&'static str> {
        match self {
            Self::Certificate => Some("ACM"),
            Self::Bucket => Some("S3"),
            Self::Distribution => Some("CloudFront"),
            Self::Secret => Some("Secrets Manager"),
            _ => None,
        }
    }

    /// What it is, in a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Group => "group",
            Self::TargetGroup => "target group",
            Self::Cache => "cache",
            Self::Database => "database",
            Self::Alarm => "alarm",
            Self::SecurityGroup => "security group",
            Self::LaunchTemplate => "launch template",
            Self::LoadBalancer => "load balancer",
            Self::Table => "table",
            Self::Repository => "repository",
            Self::Role => "role",
            Self::Certificate => "certificate",
            Self::Bucket => "bucket",
            Self::Distribution => "distribution",
            Self::Secret => "secret",
        }
    }
}

impl Need {
    /// Whether only people can tell of it.
    pub fn is_for_people(&self) -> bool {
        matches!(self, Self::ByHand(_)) || matches!(self, Self::Named(kind, _) if kind.unread().is_some())
    }
}

/// Reads one `[[checklist]]`.
pub fn item(value: Value<'_>, scopes: Option<&[StackScope]>) -> Result<ChecklistItem, Reported> {
    value.table(|table| {
        let scopes = scopes_of(table, scopes);
        let name = wire_name(table, "name");
        let confirmed = table.value("confirmed").map(|value| value.parse(date)).transpose();
        let needs = needs(table);
        let (name, needs, confirmed) = (name?, needs?, confirmed?);
        let hint =
            || Some("say what must exist, as tables = [\"Users\"]; docs/stack-files.md lists the keys".to_owned());
        if needs.is_empty() {
            return Err(table.fault(format!("{name} says nothing that must exist"), hint()));
        }
        if confirmed.is_some() && !needs.iter().any(Need::is_for_people) {
            let hint = Some("drop confirmed".to_owned());
            return Err(table.fault(format!("{name} is read from AWS: there is nothing to confirm by hand"), hint));
        }
        Ok(ChecklistItem { name: SafeText::new(&name), scopes, needs, confirmed })
    })
}

fn needs(table: &mut Table<'_>) -> Result<Vec<Need>, Reported> {
    let network = network(table);
    let named: Vec<_> = NamedKind::KEYS.iter().map(|(key, kind)| named(table, key, *kind)).collect();
    let by_hand = table.value("by_hand").map(|value| value.parse(plain)).transpose();
    let mut needs = network?;
    needs.extend(all(named)?.into_iter().flatten());
    needs.extend(by_hand?.map(|it| Need::ByHand(it.into())));
    Ok(needs)
}

fn network(table: &mut Table<'_>) -> Result<Vec<Need>, Reported> {
    let vpc = table.value("vpc").map(|value| value.parse(plain)).transpose();
    let block = table.value("cidr").map(|value| value.parse(cidr)).transpose();
    let subnets = table.value("subnets").map_or(Ok(Vec::new()), Value::items);
    let subnets = subnets.and_then(|it| all(it.into_iter().map(|value| value.parse(cidr))));
    let public = table.optional::<bool>("public");
    let internet = table.optional::<bool>("internet_gateway");
    let nat = table.value("nat_gateways").map(at_least_one).transpose();
    let (vpc, block, subnets, public, internet, nat) = (vpc?, block?, subnets?, public?, internet?, nat?);
    if block.is_some() && vpc.is_none() {
        return Err(table.fault("cidr is given without a vpc", Some("subnets have their own key: subnets".to_owned())));
    }
    if public.is_some() && subnets.is_empty() {
        return Err(
            table.fault("public is given without subnets", Some("name them by their blocks: subnets".to_owned()))
        );
    }
    if internet == Some(false) {
        let hint = Some("drop internet_gateway, or set it to true".to_owned());
        return Err(table.fault("a list says what must exist, not what must not", hint));
    }
    let vpc = vpc.map(|name| Need::Vpc { name: name.into(), cidr: block });
    let subnets = subnets.into_iter().map(|cidr| Need::Subnet { cidr, public });
    let ways_out = internet.map(|_| Need::InternetGateway).into_iter().chain(nat.map(Need::NatGateways));
    Ok(vpc.into_iter().chain(subnets).chain(ways_out).collect())
}

fn named(table: &mut Table<'_>, key: &'static str, kind: NamedKind) -> Result<Vec<Need>, Reported> {
    let Some(value) = table.value(key) else { return Ok(Vec::new()) };
    let items = value.items()?;
    if items.is_empty() {
        return Err(value.fault("is empty", None));
    }
    all(items.into_iter().map(|item| item.parse(plain).map(|name| Need::Named(kind, name.into()))))
}

/// Blocks as AWS tells them: four numbers, the length of the prefix, and no bit after it.
fn cidr(text: &str) -> Result<Cidr, String> {
    let fault = || format!("{} is no block of addresses, as 10.0.0.0/16 is one", quoted(text));
    let (address, bits) = text.split_once('/').ok_or_else(fault)?;
    let address: u32 = address.parse::<std::net::Ipv4Addr>().map_err(|_| fault())?.into();
    let bits: u32 = bits.parse().ok().filter(|it: &u32| *it <= 32 && it.to_string() == bits).ok_or_else(fault)?;
    let host = u32::MAX.checked_shr(bits).unwrap_or_default();
    if address & host != 0 {
        let begins = std::net::Ipv4Addr::from(address & !host);
        return Err(format!("{} begins in the middle of a block: {begins}/{bits} is one", quoted(text)));
    }
    Ok(text.into())
}

fn date(text: &str) -> Result<Date, String> {
    let found = text.parse().ok().filter(|it: &Date| it.to_string() == text);
    found.ok_or_else(|| format!("{} is no date, as 2026-11-01 is one", quoted(text)))
}

/// Notes names that are looked for among the stack's own parts and are not there: nobody would read them. And a network
/// of which nothing says in which VPC it is.
pub fn names(table: &Table<'_>, items: &[At<ChecklistItem>], found: &Found) -> Result<(), Reported> {
    let mut result = Ok(());
    for item in items {
        for need in &item.value.needs {
            let Need::Named(kind, name) = need else { continue };
            let own: Vec<&str> = match kind {
                NamedKind::Service => found.services.iter().map(|it| &*it.value.name).collect(),
                NamedKind::Group => found.groups.iter().map(|it| &*it.value.name).collect(),
                NamedKind::TargetGroup => found.target_groups.iter().map(|it| &*it.value.name).collect(),
                NamedKind::Cache => found.caches.iter().map(|it| &*it.value.name).collect(),
                NamedKind::Database => found.databases.iter().map(|it| &*it.value.name).collect(),
                _ => continue,
            };
            if !own.contains(&&**name) {
                let message = format!("{} needs unknown {} {}", item.value.name, kind.word(), quoted(name));
                result = Err(table.fault_at(item.place, message, one_of_these(name, &own)));
            }
        }
        let network = |need: &Need| {
            let is_in_it = matches!(need, Need::Subnet { .. } | Need::InternetGateway | Need::NatGateways(_));
            is_in_it || matches!(need, Need::Named(NamedKind::SecurityGroup, _))
        };
        let of_vpc = |need: &Need| matches!(need, Need::Vpc { .. });
        let says_vpc =
            |scope: &Scope| items.iter().any(|it| it.value.scopes.contains(scope) && it.value.needs.iter().any(of_vpc));
        if item.value.needs.iter().any(network) && !item.value.scopes.iter().all(says_vpc) {
            let message = format!("{} does not say in which VPC", item.value.name);
            let hint = Some("add a [[checklist]] with vpc = \"its Name tag or id\"".to_owned());
            result = Err(table.fault_at(item.place, message, hint));
        }
    }
    let twins =
        |item: &ChecklistItem| item.scopes.iter().map(|it| format!("{} in {it}", item.name)).collect::<Vec<_>>();
    let spread = items.iter().flat_map(|it| twins(&it.value).into_iter().map(|value| At { value, place: it.place }));
    let spread: Vec<At<String>> = spread.collect();
    result.and(super::check::no_twins(table, &spread, Clone::clone))
}

#[cfg(test)]
mod tests {
    use super::{ChecklistItem, Need, cidr, item};
    use crate::toml_file;

    fn read(text: &str) -> Result<ChecklistItem, Vec<String>> {
        let found = toml_file::read("x.toml", text, |table| item(table.required_value("checklist")?, None));
        found.map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_item_may_need_several_things() {
        let text = "[checklist]\nname = 'out'\ninternet_gateway = true\nnat_gateways = 2\ntables = ['A', 'B']";
        let item = read(text).unwrap();
        assert_eq!(item.needs.len(), 4);
        assert_eq!(item.needs[..2], [Need::InternetGateway, Need::NatGateways(2)]);
    }

    #[test]
    fn blocks_are_whole() {
        assert_eq!(&*cidr("10.0.3.0/24").unwrap(), "10.0.3.0/24");
        assert_eq!(&*cidr("0.0.0.0/0").unwrap(), "0.0.0.0/0");
        assert_eq!(&*cidr("10.0.3.7/32").unwrap(), "10.0.3.7/32");
        for odd in ["10.0.3.0", "10.0.3/24", "10.0.3.0/33", "10.0.3.0/+8", "10.0.3.0/024", "::/0", ""] {
            assert!(cidr(odd).unwrap_err().contains("is no block of addresses"), "{odd}");
        }
        let faults = cidr("10.0.3.7/24").unwrap_err();
        assert!(faults.contains("10.0.3.0/24 is one"), "{faults}");
    }

    #[test]
    fn only_what_no_read_tells_is_confirmed_by_hand() {
        let item = read("[checklist]\nname = 'VPN'\nby_hand = 'tunnels up'\nconfirmed = '2026-11-01'").unwrap();
        assert_eq!(item.confirmed.map(|it| it.to_string()).as_deref(), Some("2026-11-01"));
        assert!(read("[checklist]\nname = 'c'\ncertificates = ['x.example.com']\nconfirmed = '2026-11-01'").is_ok());
        let faults = read("[checklist]\nname = 't'\ntables = ['A']\nconfirmed = '2026-11-01'").unwrap_err();
        assert!(faults[0].contains("t is read from AWS: there is nothing to confirm by hand"), "{faults:?}");
        let faults = read("[checklist]\nname = 'v'\nby_hand = 'x'\nconfirmed = '1.11.2026'").unwrap_err();
        assert!(faults[0].contains("is no date, as 2026-11-01 is one"), "{faults:?}");
    }
}
