//! Private addresses of subnets, as tasks and instances hold them.
//!
//! Invariant: no two holders have the same address of a subnet at the same time.

use std::collections::{BTreeMap, BTreeSet};

use super::Subnet;

/// Who holds what, by the subnet's id.
#[derive(Debug, Default)]
pub struct Addresses(BTreeMap<String, Pool>);

#[derive(Debug, Default)]
struct Pool {
    /// What is held, counted from the subnet's first address.
    taken: BTreeSet<u32>,
    /// Where the next search starts: what was given back is not given out again at once.
    next: u32,
}

impl Addresses {
    /// An address that is free; `None` where all are taken.
    pub fn take(&mut self, subnet: &Subnet) -> Option<String> {
        let pool = self.0.entry(subnet.id.clone()).or_default();
        let hosts = subnet.hosts();
        let free = (0..hosts).map(|ahead| (pool.next + ahead) % hosts).find(|nth| !pool.taken.contains(nth))?;
        pool.taken.insert(free);
        pool.next = (free + 1) % hosts;
        Some(subnet.address(free))
    }

    /// Gives an address back.
    pub fn release(&mut self, subnet: &Subnet, address: &str) {
        if let Some(pool) = self.0.get_mut(&subnet.id) {
            pool.taken.retain(|nth| subnet.address(*nth) != address);
        }
    }

    /// How many are free.
    pub fn free(&self, subnet: &Subnet) -> usize {
        let taken = self.0.get(&subnet.id).map_or(0, |pool| pool.taken.len());
        (subnet.hosts() as usize).saturating_sub(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{ec2::network::PLAIN, world::Place};

    #[test]
    fn every_address_is_given_out_once_until_it_comes_back() {
        let subnet = PLAIN.private(&Place::new("111122223333", "us-east-1"), 'b');
        let mut addresses = Addresses::default();
        let all: BTreeSet<String> = std::iter::from_fn(|| addresses.take(&subnet)).collect();
        assert_eq!((all.len(), addresses.free(&subnet)), (251, 0));
        assert!(all.contains("10.0.20.4") && all.contains("10.0.20.254") && !all.contains("10.0.20.255"));
        addresses.release(&subnet, "10.0.20.77");
        assert_eq!(addresses.free(&subnet), 1);
        assert_eq!(addresses.take(&subnet).as_deref(), Some("10.0.20.77"));
        assert_eq!(addresses.take(&subnet), None);
    }
}
