//! Where the parts are wired together and things are done: the only place with effects on the outside.

pub mod attach;
pub mod bills;
pub mod clock;
pub mod connection;
pub mod console;
pub mod embedded;
pub mod frames;
pub mod headless;
pub mod log;
pub mod mutes;
pub mod operations;
pub mod perform;
pub mod reach;
pub mod records;
pub mod screen;
pub mod session;
pub mod sim_connector;
pub mod stage;
pub mod start;
pub mod writer;
