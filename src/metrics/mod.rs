//! Which series a resource has, what each of them measures, and over which windows they are read.
//!
//! Sources: the metric catalogues of ECS, Elastic Load Balancing, EC2, ElastiCache and RDS.

pub mod catalogue;
pub mod measure;
pub mod window;

pub use self::{
    catalogue::{Measured, of_stack},
    measure::{Measure, Unit},
    window::Window,
};
