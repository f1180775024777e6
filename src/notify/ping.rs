//! A healthchecks-style monitor: `ADDRESS/start` when a run starts, `ADDRESS` when it ended well, `ADDRESS/fail` when it
//! did not, with the exit code and what failed as the body. A run that never comes is noticed there.

use super::http::Poster;
use super::{Channel, Event};

/// The monitor.
#[derive(Debug)]
pub(super) struct Ping {
    address: String,
    poster: Option<Poster>,
}

impl Ping {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.trim_end_matches('/').to_owned(), poster: None }
    }

    fn post(&mut self, end: &str, body: String) -> Result<(), String> {
        if self.poster.is_none() {
            self.poster = Some(Poster::new()?);
        }
        match &self.poster {
            Some(poster) => poster.post(&format!("{}{end}", self.address), "text/plain; charset=utf-8", body),
            None => Ok(()),
        }
    }
}

impl Channel for Ping {
    fn name(&self) -> &'static str {
        "ping"
    }

    fn tell(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Started { identity, .. } => self.post("/start", format!("{} {}", identity.plan, identity.job)),
            Event::StageStarted { .. } | Event::StageEnded(_) => Ok(()),
            Event::Ended { report, .. } => {
                let mut body = format!("exit code {}\n{} {}\n", report.exit_code, report.plan, report.job);
                for failure in &report.failures {
                    body.push_str(&format!("{}\n", failure.what));
                }
                self.post(if report.succeeded() { "" } else { "/fail" }, body)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::http::tests::serve;
    use super::super::tests::report;
    use super::*;

    #[test]
    fn a_monitor_hears_start_success_and_failure() {
        let (address, server) = serve(3, "200 OK");
        let mut ping = Ping::new(&format!("{address}/uuid/"));
        let good = report(0);
        ping.tell(&Event::Started { identity: (&good).into(), at: good.started }).unwrap();
        ping.tell(&Event::Ended { report: Box::new(good), history: Box::default() }).unwrap();
        ping.tell(&Event::Ended { report: Box::new(report(3)), history: Box::default() }).unwrap();
        let got = server.join().unwrap();
        let heads: Vec<&str> = got.iter().map(|(head, _)| head.as_str()).collect();
        assert_eq!(heads, ["POST /uuid/start HTTP/1.1", "POST /uuid HTTP/1.1", "POST /uuid/fail HTTP/1.1"]);
        assert_eq!(got[2].1, "exit code 3\nplan-50 nightly\npublish: disk full\n");
    }
}
