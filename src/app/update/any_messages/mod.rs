//! Whatever is pressed, pasted, answered and told, in whatever order:
//!
//! - an operation begins only from a plan that was drawn, and then confirmed by keys: unexpired, unblocked, with its text
//!   typed and, in production, a reason given; and only once a fresh read and the journal gave the same digest again;
//! - of one confirmation one operation begins; of an operation each write leaves once, as it was planned, and none before
//!   it began, after it ended, after a refusal, or in read-only mode;
//! - what succeeded has every write of it answered as done; an end stays, and is told once;
//! - signals, rows and freshness, derived lazily, are those of what is known now;
//! - the cursor and the marks stay on their resources while rows come and go;
//! - nothing panics.
//!
//! A failing sequence is cut down to the steps that it needs, and printed with its seed. How many sequences are tried is
//! for `PROPTEST_CASES` to say, as in every other property, or for `QUARTERDECK_SEQUENCES`, here alone: unoptimised, a core
//! tries about 20 in a second.

mod steps;
mod watch;
mod world;

use std::{
    collections::BTreeMap,
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use self::{
    steps::{Chance, Step, steps},
    watch::Watch,
};

/// Sequences, where the environment gives no other number.
const SEQUENCES: u64 = if cfg!(debug_assertions) { 2_000 } else { 100_000 };

/// How often what matters came about in all sequences: a property that nothing tries is none.
type Tally = BTreeMap<&'static str, u64>;

/// Runs a sequence from its beginning.
fn run(seed: u64, steps: &[Step]) -> Result<Tally, String> {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let mut watch = Watch::begin(seed);
        for step in steps {
            watch.take(step)?;
        }
        Ok(watch.tally)
    }));
    ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// The steps without which the sequence would not fail, and how it fails then.
fn needed(seed: u64, mut steps: Vec<Step>, mut why: String) -> (Vec<Step>, String) {
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..at + size);
            match run(seed, &fewer) {
                Err(still) => (steps, why) = (fewer, still),
                Ok(_) => at += size,
            }
        }
        size /= 2;
    }
    (steps, why)
}

/// The first of these sequences that fails, and what the others came to.
fn search(seeds: impl Iterator<Item = u64>) -> Result<Tally, (u64, Vec<Step>, String)> {
    let mut all = Tally::new();
    for seed in seeds {
        let steps = steps(&mut Chance::of(seed));
        match run(seed, &steps) {
            Ok(tally) => tally.into_iter().for_each(|(name, times)| *all.entry(name).or_default() += times),
            Err(why) => return Err((seed, steps, why)),
        }
    }
    Ok(all)
}

#[test]
fn whatever_comes_nothing_is_written_that_was_not_confirmed() {
    let told = |name: &str| env::var(name).ok().and_then(|it| it.parse().ok());
    let number = told("QUARTERDECK_SEQUENCES").or_else(|| told("PROPTEST_CASES")).unwrap_or(SEQUENCES);
    let threads = thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let found = thread::scope(|scope| {
        let search = |nth| move || search((nth..number).step_by(threads as usize));
        let threads: Vec<_> = (0..threads).map(|nth| scope.spawn(search(nth))).collect();
        threads.into_iter().map(|it| it.join().expect("panics are caught")).collect::<Vec<_>>()
    });
    let mut all = Tally::new();
    for part in found {
        match part {
            Ok(tally) => tally.into_iter().for_each(|(name, times)| *all.entry(name).or_default() += times),
            Err((seed, steps, why)) => {
                let (steps, why) = needed(seed, steps, why);
                panic!("seed {seed}: {why}\nafter {steps:#?}");
            }
        }
    }
    println!("{number} sequences: {all:?}");
    let least = [
        ("begun", 20),
        ("written", 20),
        ("changed since", 200),
        ("made anew", 1000),
        ("ended", 100),
        ("succeeded", 1000),
    ];
    for (what, least) in least {
        let times = all.get(what).copied().unwrap_or_default();
        assert!(times >= number / least, "{what} only {times} times in {number} sequences: {all:?}");
    }
}
