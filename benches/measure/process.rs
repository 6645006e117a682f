//! The binary itself: how soon it shows something, and what it costs while nobody touches it.

use std::{
    fs,
    io::{Read, Write},
    process::Child,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command, Pty, open},
};

use super::{
    figure::{Amount, Figure, median},
    world::LARGE,
};

/// Clock ticks a second in /proc (`getconf CLK_TCK`, 100 on every Linux that counts).
const TICKS: f64 = 100.0;
const PATIENCE: Duration = Duration::from_mins(2);

/// A console in a pseudo-terminal.
struct Console {
    child: Child,
    pty: std::sync::Arc<Pty>,
    said: mpsc::Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Console {
    fn start(arguments: &[&str]) -> Self {
        let (pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(Size::new(60, 200)).expect("a size");
        // No configuration and no profile of whoever measures.
        let command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(arguments)
            .env_clear()
            .env("TERM", "xterm-256color")
            .env("AWS_ACCESS_KEY_ID", "SIM111122223333")
            .env("AWS_SECRET_ACCESS_KEY", "simulator");
        let child = command.spawn(pts).expect("the console starts");
        let pty = std::sync::Arc::new(pty);
        let reader = pty.clone();
        let (tell, said) = mpsc::channel();
        thread::spawn(move || {
            let mut chunk = vec![0; 65536];
            while let Ok(length @ 1..) = (&*reader).read(&mut chunk) {
                if tell.send(chunk[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        let cells = |of: u16| std::num::NonZeroU16::new(of).expect("cells");
        Self { child, pty, said, screen: vt100::Parser::new(cells(60), cells(200), 0) }
    }

    /// Reads until the screen is as wanted.
    fn until(&mut self, wanted: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(&self.screen.screen().contents()) {
            let chunk = self.said.recv_timeout(end.saturating_duration_since(Instant::now()));
            self.screen.process(&chunk.expect("the screen comes about in time"));
        }
    }

    /// Reads and forgets for a while.
    fn rest(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while let Ok(chunk) = self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.screen.process(&chunk);
        }
    }

    /// Seconds of CPU used so far.
    fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the process lives");
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = after_name.split_whitespace().skip(11).take(2).map(|it| it.parse::<f64>().unwrap_or(0.0));
        ticks.sum::<f64>() / TICKS
    }

    /// Resident memory in MiB.
    fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process lives");
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.and_then(|it| it.split_whitespace().next()).and_then(|it| it.parse::<f64>().ok());
        kib.expect("a resident size") / 1024.0
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // What has gone already needs no ending.
        let _gone = (&*self.pty).write_all(b"q");
        thread::sleep(Duration::from_millis(200));
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// From the start of the process to the first frame, and to the complete overview.
pub fn start() -> Vec<Figure> {
    const RUNS: usize = 10;
    let (mut first, mut complete) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let since = Instant::now();
        let mut console = Console::start(&["demo"]);
        console.until(|screen| screen.contains("overview"));
        first.push(since.elapsed());
        console.until(|screen| screen.contains("fresh"));
        complete.push(since.elapsed());
    }
    let figure = |what: &str, target, times| Figure {
        what: what.to_owned(),
        target: Amount::Milliseconds(target),
        measured: Amount::of(median(times)),
        how: format!("median of {RUNS}"),
    };
    vec![
        figure("process start → first paint", 50.0, first),
        figure("process start → complete overview of the demo", 1000.0, complete),
    ]
}

/// CPU and memory of a console attached to a simulator of its own process, untouched.
pub fn idle() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (name, world, port, watched, cpu, memory) in [
        ("five estates", &[][..], "4591", "--demo", Some(0.5), 40.0),
        ("large world", &["--generate", LARGE][..], "4592", "--region=us-east-1", None, 150.0),
    ] {
        let listen = format!("127.0.0.1:{port}");
        let url = format!("http://{listen}");
        let mut simulator = std::process::Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(["sim", "--listen", &listen])
            .args(world)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("the simulator starts");
        let mut line = [0; 1];
        simulator.stdout.as_mut().expect("its output").read_exact(&mut line).expect("it listens");
        let mut console = Console::start(&[watched, "--endpoint-url", &url]);
        console.until(|screen| screen.contains("fresh"));
        console.rest(Duration::from_secs(20));
        let (before, since) = (console.cpu(), Instant::now());
        console.rest(Duration::from_secs(30));
        let used = 100.0 * (console.cpu() - before) / since.elapsed().as_secs_f64();
        if let Some(target) = cpu {
            figures.push(Figure {
                what: format!("CPU idle, {name}"),
                target: Amount::Percent(target),
                measured: Amount::Percent(used),
                how: "30 s, attached to `quarterdeck sim`".to_owned(),
            });
        }
        figures.push(Figure {
            what: format!("memory, {name}"),
            target: Amount::Mebibytes(memory),
            measured: Amount::Mebibytes(console.memory()),
            how: "resident, after 50 s".to_owned(),
        });
        drop(console);
        simulator.kill().expect("the simulator still runs");
        simulator.wait().expect("it has ended");
    }
    figures
}
