//! The summary by mail to servers that want an encrypted connection and a login, which is what servers want.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::servers::{must, program};
use crate::tool::{copy, root, said};

/// An authority, and a certificate of `localhost` by it; nothing where this machine has no OpenSSL.
fn certificate(folder: &Path) -> Option<Arc<ServerConfig>> {
    let openssl = program("openssl")?;
    let request = |key: &str, out: &str, subject: &str, more: &[&str]| {
        let mut command = Command::new(&openssl);
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
        must(command.args(["-keyout", key, "-out", out, "-subj", subject]).args(more).current_dir(folder));
    };
    request("authority.key", "authority.pem", "/CN=authority", &[]);
    let of_host = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
    let by_authority = ["-CA", "authority.pem", "-CAkey", "authority.key"];
    request("key.pem", "certificate.pem", "/CN=mail", &[of_host, by_authority].concat());
    let chain = vec![CertificateDer::from_pem_file(folder.join("certificate.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Some(Arc::new(config.with_single_cert(chain, key).unwrap()))
}

/// One line of a mail's way; empty where the client has gone.
fn line(stream: &mut impl BufRead) -> String {
    let mut line = String::new();
    let _ = stream.read_line(&mut line);
    line.trim_end().to_owned()
}

/// Takes one mail; what was said, line by line.
fn take(stream: impl Read + Write) -> Vec<String> {
    let mut stream = BufReader::new(stream);
    let (mut got, mut data) = (Vec::new(), false);
    loop {
        let said = line(&mut stream);
        let answer = match said.split(' ').next().unwrap_or_default() {
            "." if data => {
                data = false;
                "250 taken"
            }
            _ if data => {
                got.push(said);
                continue;
            }
            "DATA" => {
                data = true;
                "354 go on"
            }
            "QUIT" | "" => return got,
            "EHLO" => "250-localhost\r\n250 AUTH PLAIN",
            "AUTH" => "235 let in",
            _ => "250 ok",
        };
        got.push(said);
        if write!(stream.get_mut(), "{answer}\r\n").and_then(|()| stream.get_mut().flush()).is_err() {
            return got;
        }
    }
}

/// A mail server that is encrypted from the start, or from STARTTLS on, and takes one mail.
fn server(config: Arc<ServerConfig>, at_once: bool) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        let stream = listener.accept().unwrap().0;
        if !at_once {
            hello(&stream);
        }
        let mut secure = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        if at_once && secure.write_all(b"220 localhost\r\n").and_then(|()| secure.flush()).is_err() {
            return Vec::new();
        }
        take(secure)
    };
    (port, std::thread::spawn(serve))
}

/// What is said in clear before STARTTLS.
fn hello(mut stream: &TcpStream) {
    stream.write_all(b"220 localhost\r\n").unwrap();
    let mut lines = BufReader::new(stream);
    assert!(line(&mut lines).starts_with("EHLO "));
    stream.write_all(b"250-localhost\r\n250 STARTTLS\r\n").unwrap();
    assert_eq!(line(&mut lines), "STARTTLS");
    stream.write_all(b"220 go on\r\n").unwrap();
}

/// A run that tells of itself by this server; what it said. It trusts the authorities of `trusted`.
fn run(folder: &Path, port: u16, security: &str, trusted: &Path) -> String {
    let plan = folder.join("plan");
    copy(&root().join("pipelines/plan-50"), &plan);
    let file = plan.join("jobs.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let mail = format!(
        "[notify.mail]\nhost = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\nfrom = \"a@example.org\"\n\
         to = [\"b@example.org\"]\nuser = \"ward\"\npassword = {{ env = \"WARD_MAIL\" }}\nwhen = \"always\""
    );
    std::fs::write(file, format!("{text}\n{mail}\n")).unwrap();
    let inbox = folder.join("inbox");
    std::fs::create_dir_all(&inbox).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_wardscore"))
        .args(["run", "--job", "nightly", "--now", "2021-03-01T00:00:00Z"])
        .args(["--pipeline", plan.to_str().unwrap(), "--set", &format!("inbox={}", inbox.display())])
        .args(["--store", folder.join("store").to_str().unwrap()])
        .env("WARD_MAIL", "very-secret")
        .env("SSL_CERT_FILE", trusted)
        .output()
        .unwrap();
    said(&output, 0)
}

/// A server and a run that tells it; what each said.
fn told(config: &Arc<ServerConfig>, security: &str, trusted: impl Fn(&Path) -> PathBuf) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let (port, server) = server(Arc::clone(config), security == "tls");
    let run = run(folder.path(), port, security, &trusted(folder.path()));
    (server.join().unwrap(), run)
}

#[test]
fn a_mail_goes_encrypted_to_a_server_whose_certificate_is_trusted_and_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let Some(config) = certificate(folder.path()) else { return };
    for security in ["tls", "starttls"] {
        let (got, said) = told(&config, security, |_| folder.path().join("authority.pem"));
        let all = got.join("\n");
        // `\0ward\0very-secret`
        assert!(all.contains("AUTH PLAIN AHdhcmQAdmVyeS1zZWNyZXQ="), "{security}\n{all}\n{said}");
        assert!(all.contains("RCPT TO:<b@example.org>") && all.contains("Subject: "), "{security}\n{all}\n{said}");
        assert!(!said.contains("very-secret"), "{said}");

        // Another authority's: neither password nor mail is told.
        let other = |place: &Path| {
            certificate(place);
            place.join("authority.pem")
        };
        let (got, said) = told(&config, security, other);
        assert!(!got.join("\n").contains("AUTH") && said.contains("mail"), "{security}\n{got:?}\n{said}");
    }
}
