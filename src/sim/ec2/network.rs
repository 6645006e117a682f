//! The network of a stack: a VPC with public and private subnets, and a NAT gateway in some of its zones.
//!
//! Invariant: every id follows from the place, the network and what it is of, so that whoever names a subnet names the
//! same one, and no seed tells another story for it.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::world::Place;

/// How a stack's network is laid out, within 10.0.0.0/16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The stack's name.
    pub name: &'static str,
    /// Letters of its zones.
    pub zones: &'static [char],
    pub public: Blocks,
    pub private: Blocks,
    /// Subnets for databases and caches, where they have their own.
    pub database: Option<Blocks>,
    /// So many zones, the first ones, have a NAT gateway.
    pub gateways: u32,
}

/// The addresses of subnets of one kind, zone by zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// The third octet in the first zone, and how far it is to that of the next.
    pub first: u8,
    pub step: u8,
    /// Length of the prefix: 24 or less.
    pub bits: u8,
}

/// What a subnet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Public,
    Private,
    Database,
}

/// A subnet in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub vpc_id: String,
    /// The zone's name, as `us-east-1a`.
    pub zone: String,
    octet: u8,
    bits: u8,
}

/// All addresses of a network.
pub const CIDR: &str = "10.0.0.0/16";

/// Addresses that AWS keeps of every subnet: the first four and the last.
const KEPT: u32 = 5;
const FIRST_HOST: u32 = 4;

impl Blocks {
    /// Subnets of 256 addresses.
    pub const fn small(first: u8, step: u8) -> Self {
        Self { first, step, bits: 24 }
    }
}

impl Tier {
    /// As names of subnets tell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Database => "database",
        }
    }
}

impl Network {
    pub fn vpc_id(&self, place: &Place) -> String {
        stable_id("vpc", place, self.name)
    }

    /// The id of its internet gateway.
    pub fn internet_gateway_id(&self, place: &Place) -> String {
        stable_id("igw", place, self.name)
    }

    /// The id of the security group of this name.
    pub fn group_id(&self, place: &Place, name: &str) -> String {
        stable_id("sg", place, &format!("{}/{name}", self.name))
    }

    /// Where instances and tasks of a zone live.
    pub fn private(&self, place: &Place, letter: char) -> Subnet {
        self.subnet(place, Tier::Private, self.private, letter)
    }

    /// Where balancers and NAT gateways of a zone are.
    pub fn public(&self, place: &Place, letter: char) -> Subnet {
        self.subnet(place, Tier::Public, self.public, letter)
    }

    /// Where databases and caches of a zone are.
    pub fn database(&self, place: &Place, letter: char) -> Subnet {
        match self.database {
            Some(blocks) => self.subnet(place, Tier::Database, blocks, letter),
            None => self.private(place, letter),
        }
    }

    /// All subnets, public ones first, with what they are for and the letter of their zone.
    pub fn subnets(&self, place: &Place) -> Vec<(Tier, char, Subnet)> {
        let tiers =
            [(Tier::Public, Some(self.public)), (Tier::Private, Some(self.private)), (Tier::Database, self.database)];
        let laid = tiers.into_iter().filter_map(|(tier, blocks)| Some((tier, blocks?)));
        laid.flat_map(|(tier, blocks)| {
            self.zones.iter().map(move |letter| (tier, *letter, self.subnet(place, tier, blocks, *letter)))
        })
        .collect()
    }

    fn subnet(&self, place: &Place, tier: Tier, blocks: Blocks, letter: char) -> Subnet {
        let ordinal = self.zones.iter().position(|zone| *zone == letter).unwrap_or_default();
        let ordinal = u8::try_from(ordinal).unwrap_or_default();
        Subnet {
            id: stable_id("subnet", place, &format!("{}/{}-{letter}", self.name, tier.name())),
            vpc_id: self.vpc_id(place),
            zone: place.zone(letter),
            octet: blocks.first.wrapping_add(blocks.step.wrapping_mul(ordinal)),
            bits: blocks.bits,
        }
    }
}

impl Subnet {
    pub fn cidr(&self) -> String {
        format!("10.0.{}.0/{}", self.octet, self.bits)
    }

    /// How many addresses can be given out.
    pub fn hosts(&self) -> u32 {
        (1 << (32 - u32::from(self.bits))) - KEPT
    }

    /// The `nth` address, from 0.
    pub fn address(&self, nth: u32) -> String {
        let host = FIRST_HOST + nth;
        format!("10.0.{}.{}", u32::from(self.octet) + host / 256, host % 256)
    }
}

/// `KIND-` and seventeen hexadecimal digits that stay the same for a name in a place.
pub fn stable_id(kind: &str, place: &Place, name: &str) -> String {
    format!("{kind}-0{:016x}", hash(kind, place, name))
}

/// A number that stays the same for a name in a place.
pub fn hash(kind: &str, place: &Place, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, &place.account, &place.region, name).hash(&mut hasher);
    hasher.finish()
}

/// A network of two zones, for whatever stands in no estate's.
pub const PLAIN: Network = Network {
    name: "plain",
    zones: &['a', 'b'],
    public: Blocks::small(1, 1),
    private: Blocks::small(10, 10),
    database: None,
    gateways: 1,
};
