//! Days in the life of a fleet of gateways: load, a policy that competes, drains, replacements, rolls, crashes of the
//! console and answers that never come. No session is lost but those that were given up by their number.
//!
//! A few days in every run of the tests; with `QUARTERDECK_SOAK_DAYS=200` that many, on every processor, from the day
//! `QUARTERDECK_SOAK_FROM` on: `docs/gateways.md` says how, and what came out.

mod day;
mod deeds;
mod figures;

use std::{env, num::NonZeroUsize, thread};

use self::{day::Day, figures::Figures};

/// Days that every run of the tests lives through.
const SHARE: u64 = 3;

/// Lives through one day with this seed.
fn live(seed: u64) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut day = Day::dawns(seed).await;
        day.goes_by().await;
        day.figures()
    })
}

/// Lives through all of these, on every processor.
fn live_through(seeds: &[u64]) -> Figures {
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        let of_worker = |first| seeds.iter().skip(first).step_by(workers).copied().map(live).collect::<Vec<_>>();
        let handles: Vec<_> = (0..workers).map(|first| scope.spawn(move || of_worker(first))).collect();
        handles.into_iter().flat_map(|it| it.join().expect("a day without a loss")).sum()
    })
}

#[test]
fn no_session_is_lost_on_any_day() {
    let asked = |name: &str| env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let from = asked("QUARTERDECK_SOAK_FROM").unwrap_or(1);
    let days = from + asked("QUARTERDECK_SOAK_DAYS").unwrap_or(SHARE) - 1;
    let figures = live_through(&(from..=days).collect::<Vec<_>>());
    assert!(figures.verdicts.contains_key("succeeded"), "nothing was done: {figures:?}");
    println!("{}", figures.table());
}

/// Once sessions were lost on them: on the third to a refresh that began on what had been counted before, on the first to
/// one that was rolled back when sessions had come to what it had launched, on the last after a verdict that did not wait
/// for what was on its way out.
#[test]
fn days_that_went_wrong_once_go_well() {
    let figures = live_through(&[5, 118, 127, 150]);
    assert_eq!(figures.days, 4);
}
