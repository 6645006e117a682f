//! How many worlds the properties of the simulator are tried on.

use std::env;

use proptest::test_runner::Config;

/// As many as `PROPTEST_CASES` says; where it says nothing `usual`, for each takes its time.
pub fn cases(usual: u32) -> Config {
    let told = Config::default();
    if env::var_os("PROPTEST_CASES").is_some() { told } else { Config { cases: usual, ..told } }
}
