//! Security groups: who may reach what at which port.

use super::{Network, State, network::CIDR};
use crate::{
    shape,
    sim::{wire::value::Value, world::Place},
};

/// A group of rules for what is in it; everything may go out.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub description: String,
    pub network: Network,
    pub admits: Vec<Admission>,
}

/// A rule that lets traffic in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// `None` for all ports of all protocols.
    pub port: Option<u16>,
    pub from: Source,
}

/// Where traffic comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Anywhere,
    /// The network's own addresses.
    Network,
    /// Whatever is in the security group with this id.
    Group(String),
}

impl State {
    /// Adds a security group that admits to these ports, each from its source; returns its id.
    pub fn protect(
        &mut self,
        place: &Place,
        network: Network,
        name: &str,
        admits: impl IntoIterator<Item = (Option<u16>, Source)>,
    ) -> String {
        let id = network.group_id(place, name);
        let group = SecurityGroup {
            id: id.clone(),
            name: name.to_owned(),
            description: match name {
                "default" => "default VPC security group".to_owned(),
                name => format!("{name} of {}", network.name),
            },
            network,
            admits: admits.into_iter().map(|(port, from)| Admission { port, from }).collect(),
        };
        self.security_groups.insert(id.clone(), group);
        id
    }

    /// The name of a security group, its id where there is no such group.
    pub fn group_name<'s>(&'s self, id: &'s str) -> &'s str {
        self.security_groups.get(id).map_or(id, |group| &group.name)
    }
}

impl Admission {
    /// One of `ipPermissions`.
    pub fn spelt(&self, account: &str) -> Value {
        let range = |cidr: &str| Value::list([shape! { "cidrIp" => cidr }]);
        let (groups, ranges) = match &self.from {
            Source::Anywhere => (nothing(), range("0.0.0.0/0")),
            Source::Network => (nothing(), range(CIDR)),
            Source::Group(id) => (Value::list([shape! { "groupId" => id, "userId" => account }]), nothing()),
        };
        shape! {
            "ipProtocol" => if self.port.is_some() { "tcp" } else { "-1" },
            "fromPort" => self.port,
            "toPort" => self.port,
            "groups" => groups,
            "ipRanges" => ranges,
            "ipv6Ranges" => nothing(),
            "prefixListIds" => nothing(),
        }
    }
}

fn nothing() -> Value {
    Value::List(Vec::new())
}
