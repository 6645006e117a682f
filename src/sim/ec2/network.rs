//! The private subnets that instances stand in. Their ids follow from place and zone, so that nothing has to be kept.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::world::Place;

/// A private subnet of the region's VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub vpc_id: String,
    /// The zone's name, as `us-east-1a`.
    pub zone: String,
    /// The third octet of its `10.0.X.0/24`.
    octet: u32,
}

/// Addresses of a subnet that instances get: AWS keeps the first four and the last.
const FIRST_HOST: u32 = 4;
const HOSTS: u32 = 250;

/// The private subnet in the zone with this letter: 10.0.3.0/24 in zone a, 10.0.4.0/24 in zone b.
pub fn private_subnet(place: &Place, letter: char) -> Subnet {
    let ordinal = u32::from(letter).saturating_sub(u32::from('a'));
    Subnet {
        id: stable_id("subnet", place, &format!("private-{letter}")),
        vpc_id: stable_id("vpc", place, "main"),
        zone: place.zone(letter),
        octet: (3 + ordinal) % 256,
    }
}

impl Subnet {
    /// The address of the `nth` instance.
    pub fn address(&self, nth: u32) -> String {
        format!("10.0.{}.{}", self.octet, FIRST_HOST + nth % HOSTS)
    }
}

/// The id of a security group that goes by its name, or by its id where that is all that is known of it.
pub fn group_id(place: &Place, name: &str) -> String {
    if name.starts_with("sg-") { name.to_owned() } else { stable_id("sg", place, name) }
}

/// `KIND-` and seventeen hexadecimal digits that stay the same for a name in a place.
pub fn stable_id(kind: &str, place: &Place, name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (kind, &place.account, &place.region, name).hash(&mut hasher);
    format!("{kind}-0{:016x}", hasher.finish())
}
