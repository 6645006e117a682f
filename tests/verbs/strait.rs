//! The way between a console and the simulator, on which calls are refused, lost, held or answered by somebody else.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Passes,
    /// AWS answers so without doing it: an HTTP status and an error code.
    Refused(u16, &'static str),
    /// The connection breaks before AWS has it.
    LostOnTheWay,
    /// AWS does it, and the connection breaks before it has answered.
    LostOnTheWayBack,
    /// AWS does it, and no answer ever comes.
    Silent,
    /// AWS does it, and what comes back is a web page.
    Page,
    /// In the answer the first text stands for the second.
    Reads(&'static str, &'static str),
}

/// A port that passes calls on to a simulator, but for those of one operation.
pub struct Strait {
    pub endpoint: String,
    seen: Arc<Mutex<usize>>,
}

/// What every connection needs to know.
struct Pilot {
    upstream: String,
    operation: &'static str,
    /// By how often the operation has been called before.
    fate: fn(usize) -> Fate,
    seen: Arc<Mutex<usize>>,
}

impl Strait {
    /// Lets `fate` decide what becomes of each call of `operation`, for as long as the tests run.
    pub fn before(endpoint: &str, operation: &'static str, fate: fn(usize) -> Fate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own = format!("http://{}", listener.local_addr().expect("its address"));
        let seen = Arc::new(Mutex::new(0));
        let upstream = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let pilot = Arc::new(Pilot { upstream, operation, fate, seen: seen.clone() });
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let pilot = pilot.clone();
                // One that hangs up on its own account is of no interest.
                thread::spawn(move || pilot.steer(stream).ok());
            }
        });
        Self { endpoint: own, seen }
    }

    /// How often the operation has been called.
    pub fn seen(&self) -> usize {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pilot {
    /// Passes one request on, and its answer back.
    fn steer(&self, mut stream: TcpStream) -> io::Result<()> {
        let request = Request::read(&stream)?;
        match self.fate_of(&request) {
            Fate::Passes => stream.write_all(&self.pass(&request)?),
            Fate::Refused(status, code) => {
                let body = format!("{{\"__type\":\"{code}\",\"message\":\"refused on the way\"}}");
                stream.write_all(answer(status, "application/x-amz-json-1.1", &body).as_bytes())
            }
            Fate::LostOnTheWay => Ok(()),
            Fate::LostOnTheWayBack => self.pass(&request).map(|_| ()),
            Fate::Silent => {
                self.pass(&request)?;
                // Until the client has had enough of it.
                stream.read(&mut [0]).map(|_| ())
            }
            Fate::Page => {
                self.pass(&request)?;
                stream.write_all(answer(200, "text/html", "<!DOCTYPE html><html><body>Sign in").as_bytes())
            }
            Fate::Reads(one, other) => {
                let passed = self.pass(&request)?;
                let text = String::from_utf8(passed).map_err(io::Error::other)?;
                let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                stream.write_all(answer(200, "text/xml", &body.replace(one, other)).as_bytes())
            }
        }
    }

    fn fate_of(&self, request: &Request) -> Fate {
        if request.operation() != Some(self.operation) {
            return Fate::Passes;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen += 1;
        (self.fate)(*seen - 1)
    }

    fn pass(&self, request: &Request) -> io::Result<Vec<u8>> {
        let mut upstream = TcpStream::connect(&self.upstream)?;
        upstream.write_all(request.head.as_bytes())?;
        upstream.write_all(b"connection: close\r\n\r\n")?;
        upstream.write_all(&request.body)?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// A whole answer, after which the connection is closed.
fn answer(status: u16, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// One request: its lines but for those that say what becomes of the connection, and its body.
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &TcpStream) -> io::Result<Self> {
        let mut lines = BufReader::new(stream.try_clone()?);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            lines.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            if !name.eq_ignore_ascii_case("connection") {
                head.push_str(&line);
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body)?;
        Ok(Self { head, body })
    }

    /// As `UpdateService`, whichever protocol spells it.
    fn operation(&self) -> Option<&str> {
        let target = self.head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("x-amz-target").then(|| value.trim().rsplit('.').next())?
        });
        let body = std::str::from_utf8(&self.body).ok()?;
        target.or_else(|| body.split('&').find_map(|it| it.strip_prefix("Action=")))
    }
}
