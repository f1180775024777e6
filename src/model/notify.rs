//! Whom a run tells how it went: metrics, a ping, mail, events of lineage. Each is off where it is not set.

use std::path::PathBuf;

use super::source::Secret;
use super::state::words;

/// Whom a run tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notify {
    /// File for the node exporter's textfile collector.
    pub metrics: Option<PathBuf>,
    /// Address of a healthchecks-style monitor.
    pub ping: Option<Address>,
    /// Where OpenLineage events go.
    pub lineage: Option<Events>,
    /// Who gets the summary by mail.
    pub mail: Option<Mail>,
}

/// An address that may itself be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// As it stands in the file.
    Plain(String),
    /// Kept elsewhere.
    Secret(Secret),
}

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Events {
    /// One line of JSON each, added to a file.
    File(PathBuf),
    /// Posted one by one.
    Url(String),
}

/// The summary by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Host name of the SMTP server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub security: Security,
    /// Sender, as `wardscore <wardscore@example.org>`.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
    /// Name and password, where the server asks for them.
    pub login: Option<(String, Secret)>,
    /// When it is sent.
    pub when: Occasion,
}

words! {
    /// How the connection to an SMTP server is kept private.
    Security {
        /// TLS from the start, port 465.
        Tls = "tls",
        /// TLS after a first word in clear, port 587; no mail where the server has none.
        StartTls = "starttls",
        /// None: for a server on this machine or in a closed network, port 25.
        Plain = "none",
    }
}

words! {
    /// When a mail is sent.
    Occasion {
        /// After a failure, and where there are new findings.
        News = "news",
        /// After a failure.
        Failure = "failure",
        /// After every run.
        Always = "always",
    }
}
