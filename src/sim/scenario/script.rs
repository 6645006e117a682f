//! Scenario files: what stands in them and what may be wrong with it.
//!
//! ```toml
//! name = "slow-front-end"
//! title = "The front end answers slowly"
//! teaches = "how a slow service shows before its alarm does"
//!
//! [[event]]
//! at = "30s"
//! kind = "traffic"
//! place = "444455556666/eu-west-2"
//! service = "cma-production/cma-frontend-production"
//! slowdown = 6
//! lasts = "15m"
//! ```

use jiff::SignedDuration;

use super::{super::world::Place, effect::Condition, kinds::KINDS, operator::Order, values::duration};
use crate::toml_file::{Fault, FromToml, Reported, TextFile, Value, quoted, read};

/// A scripted course of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// By which it is started; its file's name.
    pub name: String,
    /// One line.
    pub title: String,
    /// What an operator learns from living through it.
    pub teaches: String,
    pub events: Vec<Event>,
}

/// Something that happens at its time after the scenario's start.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub at: SignedDuration,
    pub happening: Happening,
}

/// What an event does to the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// A condition begins. Without `lasts` it stays until everything is restored.
    Condition { condition: Condition, lasts: Option<SignedDuration> },
    /// The instance of an Auto Scaling group that holds the most sessions dies, and they with it.
    Kill { place: Place, group: String },
    /// The group's instances run on Spot capacity, and AWS says that it will take back the one with the most sessions.
    TakenBack { place: Place, group: String, how: TakenBack },
    /// An operator does something, as any client could.
    Order { place: Place, order: Order },
    /// Every condition ends, and what other scenarios still had to come is called off.
    Restore,
}

/// How AWS says that it will take a Spot instance back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBack {
    /// It recommends to replace it (a "rebalance recommendation"): that it is taken has become likely.
    Recommended,
    /// It takes it in two minutes.
    Notice,
}

/// Every fault of scenario files.
pub fn check(files: &[TextFile]) -> Vec<Fault> {
    files.iter().filter_map(|file| parse(file).err()).flatten().collect()
}

/// The scenario in `file`, or every fault of it.
pub fn parse(file: &TextFile) -> Result<Scenario, Vec<Fault>> {
    read(&file.name, &file.text, |table| {
        let name = table.required_value("name").and_then(|value| {
            let name = value.text()?;
            if name == file.stem() {
                return Ok(name.to_owned());
            }
            let hint = format!("a scenario is started by its file's name, {}", quoted(file.stem()));
            Err(value.fault(format!("name {} is not the file's", quoted(name)), Some(hint)))
        });
        let title = table.required("title");
        let teaches = table.required("teaches");
        let events = table.list("event").and_then(|events: Vec<Event>| {
            if events.is_empty() {
                Err(table.fault("nothing happens", Some("add an [[event]]".to_owned())))
            } else {
                Ok(events)
            }
        });
        Ok(Scenario { name: name?, title: title?, teaches: teaches?, events: events? })
    })
}

impl FromToml for Event {
    fn from_toml(value: Value<'_>) -> Result<Self, Reported> {
        value.table(|table| {
            let at = table.required_value("at").and_then(duration);
            let happening = match table.required_value("kind").and_then(|kind| kind.one_of(&KINDS)) {
                Ok(read) => read(table),
                Err(reported) => {
                    // Which of the other keys belong here depends on the kind.
                    table.rest();
                    Err(reported)
                }
            };
            Ok(Self { at: at?, happening: happening? })
        })
    }
}
