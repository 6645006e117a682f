//! The log file. The screen is never logged to, and no secret gets here: AWS payloads are not logged.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
    sync::Mutex,
};

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging to `path`: warnings, and with each `verbosity` the console's own information and detail.
pub fn start(path: &Path, verbosity: u8) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let own = match verbosity {
        0 => "warn,quarterdeck=info",
        1 => "warn,quarterdeck=debug",
        _ => "info,quarterdeck=trace",
    };
    // The SDK logs request bodies at debug and trace: those levels stay closed whatever is asked.
    let subscriber = fmt().with_env_filter(EnvFilter::new(own)).with_ansi(false).with_writer(Mutex::new(file)).finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)
}
