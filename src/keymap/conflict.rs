//! Bindings that can never be reached: a chord that is the beginning of a longer sequence, or lies behind one.

use crate::{
    command::Context,
    toml_file::{Fault, quoted},
};

use super::{chord::sequence, load::Bound};

/// A fault for every binding that begins another, in the same context or where one of the two is global.
///
/// It is told at the binding made last, because that one has brought the two together.
pub fn shadowed(bound: &[Bound]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for short in bound {
        for long in bound.iter().filter(|long| begins(short, long)) {
            faults.push(told(short, long, bound));
        }
    }
    faults.sort_by_key(|fault| fault.place);
    faults
}

fn begins(short: &Bound, long: &Bound) -> bool {
    let meet = short.context == long.context || short.context == Context::Global || long.context == Context::Global;
    meet && short.chords.len() < long.chords.len() && long.chords.starts_with(&short.chords)
}

fn told(short: &Bound, long: &Bound, bound: &[Bound]) -> Fault {
    // `bound` lies in the order in which bindings were made, inherited ones first.
    let order = |it: &Bound| bound.iter().position(|other| std::ptr::eq(other, it));
    let (later, other) = if order(short) > order(long) { (short, long) } else { (long, short) };
    let elsewhere = later.file != other.file;
    let place =
        if elsewhere { format!("{}:{}", other.file, other.place.line) } else { format!("line {}", other.place.line) };
    let (hiding, hidden) = (quoted(&sequence(&short.chords)), quoted(&sequence(&long.chords)));
    let message = format!("{hiding} hides {hidden}: one begins the other, see {place}");
    let hint = elsewhere.then(|| {
        format!("take the other away: {} = \"none\" in [{}]", quoted(&sequence(&other.chords)), other.context.id())
    });
    Fault { hint, ..Fault::at(&later.file, later.place, message) }
}
