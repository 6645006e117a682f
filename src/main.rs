//! The `quarterdeck` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    quarterdeck::cli::run()
}
