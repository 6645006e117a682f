//! What can happen, drawn by chance from a seed.

use crossterm::event::KeyCode;

/// The name that a plan in production wants typed.
pub const NAME: &str = "terminal-api";

/// The lines of the menu that are chosen.
pub const MENU: [char; 5] = ['r', 'r', 's', 'd', 'b'];

/// One thing that happens; some are several messages in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Key(KeyCode),
    Type(&'static str),
    Paste(&'static str),
    /// The menu of what can be changed, and a line of it.
    Menu(char),
    /// What leads on from where the console is: a plan, its confirmation, an operation and its end.
    Next(u64),
    /// All that the plan on screen wants: its text, a reason, the key.
    Confirm,
    Drawn,
    /// Seconds pass.
    Tick(i64),
    Resize(u16, u16),
    /// The so-manieth of what is asked for is answered.
    Answer(usize, How),
    /// All that is asked for is answered, and what follows from it, so many times.
    AnswerAll(usize),
    Change(Change),
    /// The journal refuses what begins.
    NotBegun,
}

/// How something is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Whole,
    Denied,
    /// Nobody knows whether it happened.
    TimedOut,
    /// As if to what was asked before it.
    Late,
}

/// What else happens to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The newest deployment is through.
    Completes,
    /// And is undone.
    RollsBack,
    /// Somebody sets the desired count.
    Scaled(u32),
    TaskGoes,
    TaskComes,
    Unhealthy,
    Healthy,
    /// Somebody's operation is in the journal.
    Busy,
    Idle,
}

/// Numbers that look like chance and are the same for the same seed (splitmix64).
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    fn of_these<T: Clone>(&mut self, these: &[T]) -> T {
        these[self.below(these.len() as u64) as usize].clone()
    }
}

/// A sequence of steps.
pub fn steps(chance: &mut Chance) -> Vec<Step> {
    let length = 6 + chance.below(14);
    (0..length).map(|_| step(chance)).collect()
}

fn step(chance: &mut Chance) -> Step {
    use KeyCode::{Backspace, Char, Down, Enter, Esc, PageDown, Tab, Up};
    match chance.below(100) {
        0..40 => Step::Next(chance.below(8)),
        40..44 => Step::Menu(chance.of_these(&MENU)),
        44..50 => Step::Confirm,
        50..55 => Step::AnswerAll(1 + chance.below(3) as usize),
        55..60 => Step::Drawn,
        60..65 => {
            let how = chance.of_these(&[How::Whole, How::Whole, How::Denied, How::TimedOut, How::Late]);
            Step::Answer(chance.below(16) as usize, how)
        }
        65..72 => Step::Change(chance.of_these(&[
            Change::Completes,
            Change::Completes,
            Change::RollsBack,
            Change::Scaled(2),
            Change::Scaled(4),
            Change::TaskGoes,
            Change::TaskComes,
            Change::Unhealthy,
            Change::Healthy,
            Change::Busy,
            Change::Idle,
        ])),
        72..79 => Step::Tick(chance.of_these(&[0, 1, 2, 7, 20, 61, 400])),
        79..83 => Step::Type(chance.of_these(&[NAME, "4", "v43", "why", ":41"])),
        83..86 => Step::Paste(chance.of_these(&[NAME, "y", "y\n", "x\u{1b}r"])),
        86..97 => Step::Key(chance.of_these(&[
            Char('y'),
            Enter,
            Enter,
            Esc,
            Tab,
            Up,
            Down,
            PageDown,
            Backspace,
            Char('x'),
            Char('r'),
            Char('s'),
            Char('o'),
            Char('O'),
            Char('2'),
            Char('3'),
            Char(' '),
            Char('?'),
            Char(':'),
            Char('/'),
        ])),
        97 => Step::Resize(chance.of_these(&[40, 80, 120, 200]), chance.of_these(&[10, 24, 40])),
        _ => Step::NotBegun,
    }
}
