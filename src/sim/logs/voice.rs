//! How the programs of the estates write: each in the way of its framework.

use jiff::Timestamp;

use super::super::{ecs::Life, world::random::Random};

/// A program's way to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Node.js with a JSON logger: one object a line.
    Json,
    /// Next.js: plain lines.
    Next,
    /// A worker: one line a job.
    Jobs,
    /// Rust with `tracing`: time, level, target, message.
    Tracing,
    /// Python under uvicorn.
    Uvicorn,
    /// A gateway that writes nginx's access log.
    Nginx,
}

const PATHS: [(&str, &str); 7] = [
    ("GET", "/api/cases"),
    ("GET", "/api/cases/48213"),
    ("POST", "/api/cases"),
    ("GET", "/api/documents/9917"),
    ("PUT", "/api/cases/48213/status"),
    ("GET", "/api/session"),
    ("POST", "/api/session"),
];
const PAGES: [&str; 5] = ["/", "/cases", "/cases/48213", "/documents", "/login"];
const ROUTES: [&str; 5] = ["/auth/login", "/auth/token", "/offers?page=2", "/offers/311", "/notifications"];
const JOBS: [&str; 4] = ["ocr", "export", "mail", "index"];

impl Voice {
    /// The voice of a container, as its name and image tell.
    pub fn of(container: &str, image: &str) -> Self {
        match container {
            "kong" => Self::Nginx,
            "frontend" => Self::Next,
            "workers" => Self::Jobs,
            "fastapi-backend" => Self::Uvicorn,
            _ if image.contains("mint-server") => Self::Tracing,
            _ => Self::Json,
        }
    }

    /// What one request makes it write, at `at` (milliseconds since the epoch).
    pub fn request(self, at: i64, seconds: f64, fails: bool, random: &mut Random) -> Vec<String> {
        let status =
            if fails { [500, 502, 503][random.below(3)] } else { [200, 200, 200, 204, 304, 404][random.below(6)] };
        let took = (seconds * 1000.0).max(1.0).round();
        let id = random.hex(8);
        let line = match self {
            Self::Json => {
                let (method, path) = PATHS[random.below(PATHS.len())];
                let level = if fails { "error" } else { "info" };
                format!(
                    "{{\"level\":\"{level}\",\"time\":\"{}\",\"msg\":\"request completed\",\"reqId\":\"{id}\",\"method\":\
                     \"{method}\",\"url\":\"{path}\",\"statusCode\":{status},\"responseTime\":{took}}}",
                    time(at)
                )
            }
            Self::Next => {
                let page = PAGES[random.below(PAGES.len())];
                format!("GET {page} {status} in {took}ms")
            }
            Self::Jobs => {
                let kind = JOBS[random.below(JOBS.len())];
                let outcome = if fails { "failed, will be retried" } else { "done" };
                format!("job {id} kind={kind} {outcome} in {took} ms")
            }
            Self::Tracing => {
                let level = if fails { "ERROR" } else { " INFO" };
                format!("{} {level} mint_server::http: POST /mint status={status} took={took}ms request={id}", time(at))
            }
            Self::Uvicorn => {
                let (ip, port) = (random.below(250) + 4, 30_000 + random.below(30_000));
                let phrase = if fails { "Internal Server Error" } else { "OK" };
                let status = if fails { 500 } else { 200 };
                format!("INFO:     10.0.0.{ip}:{port} - \"GET /api/notebooks/{id} HTTP/1.1\" {status} {phrase}")
            }
            Self::Nginx => {
                let (ip, route) = (random.below(250) + 4, ROUTES[random.below(ROUTES.len())]);
                let bytes = 180 + random.below(9_000);
                format!(
                    "10.0.1.{ip} - - [{}] \"GET {route} HTTP/1.1\" {status} {bytes} \"-\" \"Mozilla/5.0\" {:.3}",
                    nginx_time(at),
                    took / 1000.0
                )
            }
        };
        if fails { vec![line, self.note(at, "error", self.complaint())] } else { vec![line] }
    }

    /// A line of the program about itself.
    pub fn note(self, at: i64, level: &str, message: &str) -> String {
        match self {
            Self::Json => {
                format!("{{\"level\":\"{level}\",\"time\":\"{}\",\"msg\":\"{message}\"}}", time(at))
            }
            Self::Next => format!("{} {message}", if level == "error" { "⨯" } else { "▲" }),
            Self::Jobs => format!("[{level}] {message}"),
            Self::Tracing => format!("{} {:>5} mint_server: {message}", time(at), level.to_uppercase()),
            Self::Uvicorn => format!("{:<9} {message}", format!("{}:", level.to_uppercase())),
            Self::Nginx => format!("{} [{level}] 1#0: {message}", nginx_time(at)),
        }
    }

    /// What every program says of itself when it starts.
    pub fn start(life: &Life) -> Vec<String> {
        let Life { container, image, .. } = life;
        let version = image.rsplit([':', '@']).next().unwrap_or_default();
        let ready = match life.port {
            Some(port) => format!("listening on 0.0.0.0:{port}"),
            None => "waiting for jobs".to_owned(),
        };
        vec![format!("starting {container} {version}"), "configuration read, connecting".to_owned(), ready]
    }

    /// What it says when it does not get what it needs.
    pub fn complaint(self) -> &'static str {
        match self {
            Self::Nginx => "upstream timed out (110: Connection timed out) while connecting to upstream",
            Self::Tracing => "redis: connection refused (os error 111)",
            Self::Next => "fetch failed: connect ECONNREFUSED",
            Self::Uvicorn => "Exception in ASGI application: TimeoutError",
            Self::Json | Self::Jobs => "connection to the database failed: connect ECONNREFUSED 10.0.100.14:5432",
        }
    }

    /// The last lines of a program that exits with `code`, on its standard error.
    pub fn crash(self, code: i32) -> Vec<String> {
        let lines: &[&str] = match (self, code) {
            (_, 139) => &["Segmentation fault (core dumped)"],
            (_, 143) => &["Terminated"],
            (Self::Tracing, _) => &[
                "thread 'main' panicked at src/config.rs:41:14:",
                "REDIS_HOST is not set",
                "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
            ],
            (Self::Uvicorn, _) => &[
                "Traceback (most recent call last):",
                "  File \"/app/main.py\", line 12, in <module>",
                "    from notebook.kernel import Kernel",
                "ModuleNotFoundError: No module named 'notebook.kernel'",
            ],
            (Self::Nginx, _) => &["nginx: [emerg] cannot load certificate \"/etc/kong/tls.crt\": no such file"],
            (Self::Json | Self::Next | Self::Jobs, _) => &[
                "node:internal/modules/cjs/loader:1228",
                "  throw err;",
                "Error: Cannot find module './config/production'",
                "    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)",
                "    at Object.<anonymous> (/app/dist/server.js:9:18)",
            ],
        };
        lines.iter().map(|line| (*line).to_owned()).chain([format!("process exited with code {code}")]).collect()
    }

    /// The last lines of a program that runs out of memory.
    pub fn out_of_memory(self) -> Vec<String> {
        let lines: &[&str] = match self {
            Self::Tracing => &["memory allocation of 268435456 bytes failed"],
            Self::Uvicorn => &["MemoryError", "Killed"],
            Self::Nginx => &["worker process 27 exited on signal 9", "Killed"],
            Self::Json | Self::Next | Self::Jobs => &[
                "<--- Last few GCs --->",
                "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
            ],
        };
        lines.iter().map(|line| (*line).to_owned()).collect()
    }
}

fn time(at: i64) -> String {
    Timestamp::from_millisecond(at).map(|time| format!("{time:.3}")).unwrap_or_default()
}

fn nginx_time(at: i64) -> String {
    Timestamp::from_millisecond(at).map(|time| time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()).unwrap_or_default()
}
