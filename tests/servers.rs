//! Real servers on loopback, started for one test and ended with it: OpenSSH, S3 (`moto_server`), WebDAV (`wsgidav`), and a
//! web server of our own that can misbehave.
//!
//! `.ci/run` installs them and sets `WARDSCORE_REQUIRE_SERVERS`, so that there a missing one fails the test. Elsewhere the
//! test is left out, and says so.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A program that this machine has; else the test is left out, or fails where servers are required.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os("WARDSCORE_REQUIRE_SERVERS").is_none(), "there is no `{name}`, which this test needs");
        // Past the harness, which keeps what a passing test prints.
        let told = format!("\nLEFT OUT: there is no `{name}` on this machine; `.ci/run` installs it\n");
        let _ = std::io::stderr().write_all(told.as_bytes());
    }
    found
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that is ended when it is dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    log: PathBuf,
}

impl Server {
    fn start(command: &mut Command, port: u16, log: PathBuf) -> Self {
        let out = std::fs::File::create(&log).unwrap();
        let command = command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        let server = Self { child: command.spawn().unwrap(), port, log };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_mins(1), "it did not start:\n{}", server.said());
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// What it wrote so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program that must succeed; its output.
pub fn must(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A new key of OpenSSH; the line of its public half.
pub fn ssh_key(file: &Path) -> String {
    must(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"]).arg(file));
    std::fs::read_to_string(file.with_extension("pub")).unwrap().trim().to_owned()
}

/// OpenSSH's server with a host key of its own; `key` may log in as the user that runs this test. Its keys lie in `folder`.
pub fn sshd(folder: &Path) -> Option<Server> {
    let (sshd, _, _) = (program("sshd")?, program("ssh")?, program("ssh-keygen")?);
    let (host, key) = (ssh_key(&folder.join("host")), ssh_key(&folder.join("key")));
    let port = free_port();
    std::fs::write(folder.join("authorized"), key).unwrap();
    std::fs::write(folder.join("known_hosts"), format!("[127.0.0.1]:{port} {host}\n")).unwrap();
    let at = folder.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized\nPidFile none\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         Subsystem sftp internal-sftp\nLogLevel VERBOSE\n"
    );
    std::fs::write(folder.join("sshd_config"), config).unwrap();
    // Where it runs as root, it wants this folder for itself.
    let _ = std::fs::create_dir_all("/run/sshd");
    let mut command = Command::new(sshd);
    command.args(["-D", "-e", "-f"]).arg(folder.join("sshd_config"));
    Some(Server::start(&mut command, port, folder.join("sshd.log")))
}

/// The name of the user that runs this test.
pub fn user() -> String {
    must(Command::new("id").arg("-un"))
}

/// S3-compatible storage. It lets everyone in, or nobody.
pub fn s3(folder: &Path, open: bool) -> Option<Server> {
    let port = free_port();
    let mut command = Command::new(program("moto_server")?);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    if !open {
        command.env("INITIAL_NO_AUTH_ACTION_COUNT", "0");
    }
    Some(Server::start(&mut command, port, folder.join(format!("s3-{port}.log"))))
}

/// Puts an object, or a bucket, into S3-compatible storage.
pub fn put(server: &Server, path: &str, bytes: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let head = format!(
        "PUT /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=x/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x\r\n\r\n",
        bytes.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// A WebDAV server of a folder, for one user and password.
pub fn webdav(folder: &Path, root: &Path, user: &str, password: &str) -> Option<Server> {
    let program = program("wsgidav")?;
    let port = free_port();
    let config = format!(
        "host: 127.0.0.1\nport: {port}\nserver: cheroot\nverbose: 3\n\
         provider_mapping:\n  '/': '{}'\n\
         http_authenticator:\n  accept_basic: true\n  accept_digest: false\n  default_to_digest: false\n\
         simple_dc:\n  user_mapping:\n    '*':\n      '{user}':\n        password: '{password}'\n",
        root.display()
    );
    let file = folder.join("wsgidav.yaml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    command.arg("--config").arg(&file);
    Some(Server::start(&mut command, port, folder.join("wsgidav.log")))
}

/// Stands before a server and passes everything on, but breaks a connection off once the server has said so much.
pub struct Breaker {
    pub port: u16,
    left: Arc<Mutex<usize>>,
}

impl Breaker {
    /// Before the server at this port; breaks off after so many bytes.
    pub fn before(server: u16, after: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let breaker = Self { port: listener.local_addr().unwrap().port(), left: Arc::default() };
        let left = Arc::clone(&breaker.left);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let (mut asks, mut asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut asks, &mut asked);
                    let _ = asked.shutdown(Shutdown::Write);
                });
                let left = Arc::clone(&left);
                std::thread::spawn(move || pass(server, &client, after, &left));
            }
        });
        breaker
    }

    /// So many connections will be broken off from now on.
    pub fn breaks(&self, times: usize) {
        *self.left.lock().unwrap() = times;
    }
}

/// What a server says, passed on to its client.
fn pass(mut server: TcpStream, mut client: &TcpStream, after: usize, left: &Mutex<usize>) {
    let (mut said, mut part) = (0, [0; 1 << 12]);
    while let Ok(bytes @ 1..) = server.read(&mut part) {
        said += bytes;
        if said > after && *left.lock().unwrap() > 0 {
            *left.lock().unwrap() -= 1;
            break;
        }
        if client.write_all(&part[..bytes]).is_err() {
            break;
        }
    }
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}

/// How the web server answers for a path.
#[derive(Clone)]
pub enum Answer {
    /// The bytes, with an `ETag` of this text.
    Tagged(Vec<u8>, &'static str),
    /// The bytes, with this `Last-Modified`.
    Dated(Vec<u8>, &'static str),
    /// Half of the bytes, then the connection is closed.
    Half(Vec<u8>),
    /// Bytes without end, with no length told.
    Endless,
    /// This status.
    Status(u16),
}

/// A web server of our own.
pub struct Web {
    pub port: u16,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Starts; with a login, it wants that.
    pub fn start(login: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let web = Self { port, answers: Arc::default(), asked: Arc::default() };
        let (answers, asked) = (Arc::clone(&web.answers), Arc::clone(&web.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
                std::thread::spawn(move || serve(&stream, login, &answers, &asked));
            }
        });
        web
    }

    /// Sets the answer for a path.
    pub fn answer(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// The requests since the last call, each as `STATUS PATH`, sorted.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

fn serve(
    mut stream: &TcpStream,
    login: Option<&str>,
    answers: &Mutex<BTreeMap<String, Answer>>,
    asked: &Mutex<Vec<String>>,
) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(path) = lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)) else { return };
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let header = |name: &str| {
        head.iter().filter_map(|line| line.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    };
    let answer = answers.lock().unwrap().get(&path).cloned();
    let let_in = login.is_none_or(|login| header("authorization") == Some(login));
    let (status, extra, bytes, length) = match answer {
        _ if !let_in => (401, String::new(), Vec::new(), Some(0)),
        None => (404, String::new(), Vec::new(), Some(0)),
        Some(Answer::Tagged(_, tag)) if header("if-none-match") == Some(tag) => {
            (304, String::new(), Vec::new(), Some(0))
        }
        Some(Answer::Dated(_, time)) if header("if-modified-since") == Some(time) => {
            (304, String::new(), Vec::new(), Some(0))
        }
        Some(Answer::Tagged(bytes, tag)) => {
            let length = bytes.len();
            (200, format!("ETag: {tag}\r\n"), bytes, Some(length))
        }
        Some(Answer::Dated(bytes, time)) => {
            let length = bytes.len();
            let dates = format!("Last-Modified: {time}\r\nDate: Tue, 24 Nov 2026 14:00:00 GMT\r\n");
            (200, dates, bytes, Some(length))
        }
        Some(Answer::Half(bytes)) => {
            let length = bytes.len();
            (200, String::new(), bytes[..length / 2].to_vec(), Some(length))
        }
        Some(Answer::Endless) => (200, String::new(), vec![b'x'; 1 << 16], None),
        Some(Answer::Status(status)) => (status, String::new(), Vec::new(), Some(0)),
    };
    asked.lock().unwrap().push(format!("{status} {path}"));
    let told = length.map_or(String::new(), |length| format!("Content-Length: {length}\r\n"));
    let _ = stream.write_all(format!("HTTP/1.1 {status} x\r\n{extra}{told}Connection: close\r\n\r\n").as_bytes());
    let _ = stream.write_all(&bytes);
    while length.is_none() && stream.write_all(&bytes).is_ok() {}
}
