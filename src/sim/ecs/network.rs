//! Addresses of tasks: one private address and network interface each.

use std::collections::{BTreeMap, BTreeSet};

use super::super::world::Tick;
use super::task::Address;

/// Addresses handed out per third octet; AWS keeps the first four and the last of a subnet.
const PER_OCTET: u32 = 240;
/// Third octets that one zone has.
const OCTETS: u32 = 10;

/// The private networks of a region: a subnet per zone.
#[derive(Debug, Default)]
pub struct Network {
    /// Subnet ids by zone name, in the order of their first use.
    subnets: BTreeMap<String, (u32, String)>,
    taken: BTreeSet<String>,
    next: u32,
}

impl Network {
    /// A free address in `zone`, with a new network interface.
    pub fn allocate(&mut self, zone: &str, tick: &mut Tick<'_>) -> Address {
        let (ordinal, subnet) = self.subnet(zone, tick);
        let ip = loop {
            let octet = (ordinal + 1) * OCTETS + (self.next / PER_OCTET) % OCTETS;
            let ip = format!("10.0.{}.{}", octet % 256, 4 + self.next % PER_OCTET);
            self.next = self.next.wrapping_add(1);
            if self.taken.insert(ip.clone()) {
                break ip;
            }
        };
        Address {
            ip,
            zone: zone.to_owned(),
            subnet,
            interface: format!("eni-{}", tick.random.hex(17)),
            attachment: tick.random.uuid(),
        }
    }

    /// Gives an address back.
    pub fn release(&mut self, ip: &str) {
        self.taken.remove(ip);
    }

    /// Ordinal and id of the subnet in `zone`.
    pub fn subnet(&mut self, zone: &str, tick: &mut Tick<'_>) -> (u32, String) {
        let ordinal = u32::try_from(self.subnets.len()).unwrap_or(0);
        let new = || (ordinal, format!("subnet-{}", tick.random.hex(17)));
        self.subnets.entry(zone.to_owned()).or_insert_with(new).clone()
    }
}
