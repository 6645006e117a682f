//! Measures what `docs/performance.md` promises: `cargo bench`, or `cargo bench -- NAME…` for some of it.
//!
//! Every figure is of real code paths: the SDK clients, the simulator behind them, the screen's own backend, and
//! for processes the binary itself. Each is taken several times; what is printed is the median, or the 99th
//! percentile where the target is one.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "figures are printed; a measurement that fails, stops")]
#![expect(clippy::disallowed_methods, reason = "measuring needs a clock")]

mod calls;
mod drawing;
mod figure;
mod process;
mod world;

use self::figure::Figure;

/// Measures one matter.
type Measure = fn() -> Vec<Figure>;

const MEASURES: [(&str, Measure); 6] = [
    ("start", process::start),
    ("idle", process::idle),
    ("look", calls::first_look),
    ("calls", calls::per_refresh),
    ("update", drawing::per_message),
    ("keys", drawing::keys_and_bytes),
];

fn main() {
    // Cargo passes `--bench`; whatever else is there names what to measure.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    println!("{}", Figure::HEAD);
    for (name, measure) in MEASURES {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            for figure in measure() {
                println!("{figure}");
            }
        }
    }
}
