//! One way to post: a body to an address, within ten seconds. TLS trusts what the machine trusts.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// How long an address may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts bodies.
#[derive(Debug)]
pub(super) struct Poster {
    client: reqwest::Client,
    runtime: Runtime,
}

impl Poster {
    /// Sets up TLS; an error where that cannot be done.
    pub(super) fn new() -> Result<Self, String> {
        // Fails where it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|e| chain(&e))?;
        Ok(Self { client, runtime })
    }

    /// Posts a body; an answer other than 2xx is an error. The address is not repeated: it may be a secret.
    pub(super) fn post(&self, address: &str, kind: &str, body: String) -> Result<(), String> {
        let request = self.client.post(address).header("content-type", kind).body(body);
        let answer = self.runtime.block_on(async { request.send().await }).map_err(|e| chain(&e.without_url()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("the answer was {status}")) }
    }
}

/// An error with its causes, which say more than itself.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(of) = cause {
        text.push_str(&format!(": {of}"));
        cause = of.source();
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// A server that takes so many requests, answers each with a status, and hands back what it got.
    pub(in crate::notify) fn serve(
        count: usize,
        status: &'static str,
    ) -> (String, std::thread::JoinHandle<Vec<(String, String)>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let mut got = Vec::new();
            for _ in 0..count {
                let (mut stream, _) = listener.accept().unwrap();
                let mut text = String::new();
                let (head, body) = loop {
                    let mut buffer = [0; 4096];
                    let n = stream.read(&mut buffer).unwrap();
                    text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length =
                        head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                    if body.len() >= length.unwrap_or(0_usize) {
                        break (head.lines().next().unwrap().to_owned(), body.to_owned());
                    }
                };
                write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                got.push((head, body));
            }
            got
        });
        (address, thread)
    }

    #[test]
    fn a_body_arrives_and_a_refusal_is_an_error_without_the_address() {
        let poster = Poster::new().unwrap();
        let (address, server) = serve(1, "200 OK");
        poster.post(&format!("{address}/a"), "text/plain", "words".to_owned()).unwrap();
        assert_eq!(server.join().unwrap(), [("POST /a HTTP/1.1".to_owned(), "words".to_owned())]);
        let (address, server) = serve(1, "404 Not Found");
        let told = poster.post(&format!("{address}/s3cret"), "text/plain", String::new()).unwrap_err();
        assert!(told.contains("404") && !told.contains("s3cret"), "{told}");
        server.join().unwrap();
        let told = poster.post("http://127.0.0.1:9/s3cret", "text/plain", String::new()).unwrap_err();
        assert!(told.contains("refused") && !told.contains("s3cret"), "{told}");
    }
}
