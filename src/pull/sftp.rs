//! A source on an SSH server: the system's own `ssh` makes the connection, so that keys, agents and jump hosts work as they
//! do for people, and this file speaks SFTP through it.
//!
//! The server's key is the one in the entry's `known_hosts`, or there is no connection.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use openssh_sftp_client::error::SftpErrorKind;
use openssh_sftp_client::file::File;
use openssh_sftp_client::{Error, Sftp as Protocol, SftpOptions, UnixTimeStamp};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::net::{Net, within};
use super::trouble::Trouble;
use super::vault::Vault;
use super::{Content, Listing, Offer, Shown, Source};
use crate::model::{Sftp as Server, Source as Entry};

/// Folders below folders, at most.
const DEPTH: usize = 32;
/// Bytes asked for at once.
const PART: u32 = 1 << 17;

/// A folder on an SSH server.
pub(super) struct Sftp<'a> {
    entry: &'a Entry,
    net: &'a Net,
    server: &'a Server,
    key: Option<PathBuf>,
    /// The connection, while it stands.
    link: Mutex<Option<Arc<Link>>>,
}

/// A connection: `ssh`, and the protocol that is spoken through it.
struct Link {
    protocol: Protocol,
    /// Ends when it is dropped.
    _ssh: Child,
}

impl<'a> Sftp<'a> {
    pub(super) fn open(entry: &'a Entry, net: &'a Net, server: &'a Server, vault: Vault<'_>) -> Result<Self, Trouble> {
        let key = server.key.as_ref().map(|key| vault.path(key)).transpose()?;
        if let Some(key) = key.as_ref().filter(|key| !key.is_file()) {
            return Err(Trouble::source(format!("the key's file `{}` is not there", key.display())));
        }
        Ok(Self { entry, net, server, key, link: Mutex::new(None) })
    }

    /// The path of a file on the server.
    fn path(&self, below: &str) -> PathBuf {
        PathBuf::from(&self.server.path).join(below)
    }

    /// The connection; a new one where there is none.
    async fn link(&self) -> Result<Arc<Link>, Trouble> {
        let mut link = self.link.lock().await;
        if let Some(link) = link.as_ref() {
            return Ok(Arc::clone(link));
        }
        let new = Arc::new(self.connect().await?);
        *link = Some(Arc::clone(&new));
        Ok(new)
    }

    async fn connect(&self) -> Result<Link, Trouble> {
        let mut ssh = self.command().spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Trouble::source("there is no `ssh` on this machine; install OpenSSH's client")
            }
            _ => Trouble::passing("`ssh` could not be started"),
        })?;
        let (Some(stdin), Some(stdout), Some(mut stderr)) = (ssh.stdin.take(), ssh.stdout.take(), ssh.stderr.take())
        else {
            return Err(Trouble::passing("`ssh` could not be started"));
        };
        // `ssh` gives up by itself within the timeout; it is then asked why.
        match tokio::time::timeout(self.entry.timeout * 2, Protocol::new(stdin, stdout, SftpOptions::new())).await {
            Ok(Ok(protocol)) => Ok(Link { protocol, _ssh: ssh }),
            Ok(Err(_)) => {
                let mut said = Vec::new();
                let _ = tokio::time::timeout(self.entry.timeout, stderr.read_to_end(&mut said)).await;
                Err(self.refused(&String::from_utf8_lossy(&said)))
            }
            Err(_) => Err(Trouble::passing("the server did not answer in time")),
        }
    }

    fn command(&self) -> Command {
        let mut ssh = Command::new("ssh");
        let seconds = self.entry.timeout.as_secs().max(1);
        let known_hosts = quoted(&self.server.known_hosts.display().to_string());
        for option in [
            "BatchMode=yes".to_owned(),
            "StrictHostKeyChecking=yes".to_owned(),
            format!("UserKnownHostsFile={known_hosts}"),
            "GlobalKnownHostsFile=/dev/null".to_owned(),
            "UpdateHostKeys=no".to_owned(),
            "ClearAllForwardings=yes".to_owned(),
            "PermitLocalCommand=no".to_owned(),
            "ControlPath=none".to_owned(),
            format!("ConnectTimeout={seconds}"),
            format!("ServerAliveInterval={seconds}"),
            "ServerAliveCountMax=1".to_owned(),
        ] {
            ssh.arg("-o").arg(option);
        }
        if let Some(key) = &self.key {
            ssh.args(["-o", "IdentitiesOnly=yes", "-i"]).arg(key);
        }
        ssh.args(["-p", &self.server.port.to_string(), "-l", &self.server.user, "-s", "--", &self.server.host, "sftp"]);
        ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        ssh
    }

    /// Why `ssh` made no connection, from what it said.
    fn refused(&self, said: &str) -> Trouble {
        let Server { host, port, user, known_hosts, .. } = self.server;
        let has = |words: &str| said.contains(words);
        if has("Host key verification failed") || has("REMOTE HOST IDENTIFICATION HAS CHANGED") {
            let file = known_hosts.display();
            Trouble::source(format!(
                "the key of the server `{host}` is not the one in `{file}`; nothing was asked of it"
            ))
        } else if has("Permission denied") || has("Too many authentication failures") {
            Trouble::source(format!("the server `{host}` refuses the user `{user}` with this key"))
        } else if has("UNPROTECTED PRIVATE KEY") || has("bad permissions") {
            Trouble::source("the key's file may be read by others; `ssh` does not use it")
        } else if has("subsystem request failed") {
            Trouble::source(format!("the server `{host}` does not offer SFTP"))
        } else {
            Trouble::passing(format!("the server `{host}` cannot be reached at port {port}"))
        }
    }

    /// An error in words of our own. Where the connection broke, the next step makes a new one.
    async fn told(&self, error: Error) -> Trouble {
        match error {
            Error::SftpError(SftpErrorKind::NoSuchFile, _) => Trouble::file("it is not there (any more)"),
            Error::SftpError(SftpErrorKind::PermDenied, _) => {
                Trouble::file("the server does not let this user read it")
            }
            Error::SftpError(..) => Trouble::file("the server could not read it"),
            _ => {
                *self.link.lock().await = None;
                Trouble::passing("the connection broke off")
            }
        }
    }

    async fn list(&self) -> Result<Vec<Shown>, Trouble> {
        let link = self.link().await?;
        let mut shown = Vec::new();
        let mut folders = vec![(String::new(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            let listing = async {
                let at = self.path(&folder);
                let at = if at.as_os_str().is_empty() { PathBuf::from(".") } else { at };
                link.protocol.fs().open_dir(at).await?.read_dir().try_collect::<Vec<_>>().await
            };
            let entries = match within(self.entry.timeout * 2, async { Ok(listing.await) }).await? {
                Ok(entries) => entries,
                Err(error) => {
                    let trouble = self.told(error).await;
                    return Err(trouble.about(&format!("the folder `{}{folder}`", self.server.path)).of_source());
                }
            };
            for file in entries {
                let name = file.filename().to_string_lossy().into_owned();
                if name == "." || name == ".." {
                    continue;
                }
                let path = format!("{folder}{name}");
                let (kind, metadata) = (file.file_type(), file.metadata());
                if kind.is_some_and(|kind| kind.is_dir()) {
                    if depth < DEPTH {
                        folders.push((format!("{path}/"), depth + 1));
                    }
                    continue;
                }
                let modified = i64::from(metadata.modified().map_or(0, UnixTimeStamp::into_raw));
                shown.push(Shown {
                    path,
                    bytes: metadata.len().unwrap_or(0),
                    mark: modified.to_string(),
                    changed: i128::from(modified) * 1_000_000_000,
                    modified: Some(modified * 1_000_000),
                    regular: kind.is_none_or(|kind| kind.is_file()),
                });
            }
        }
        Ok(shown)
    }
}

impl Source for Sftp<'_> {
    fn shown(&self) -> Result<Listing, Trouble> {
        self.net.patiently(self.entry, async || self.list().await).map(Listing::from)
    }

    fn read(&self, offer: &Offer, _: &str) -> Result<Content, Trouble> {
        let path = self.path(&self.entry.senders.path(&offer.district, &offer.file_name));
        let open = async || -> Result<(File, u64), Trouble> {
            match self.link().await?.protocol.open(&path).await {
                Ok(file) => Ok((file, 0)),
                Err(error) => Err(self.told(error).await),
            }
        };
        let next = async |(file, at): &mut (File, u64)| -> Result<Option<Bytes>, Trouble> {
            // A server may give fewer bytes than it was asked for; the client then counts those it was asked for.
            file.seek(std::io::SeekFrom::Start(*at)).await.map_err(|_| Trouble::passing("the connection broke off"))?;
            match file.read(PART, BytesMut::new()).await {
                Ok(part) => {
                    *at += part.as_ref().map_or(0, |part| part.len() as u64);
                    Ok(part.map(BytesMut::freeze))
                }
                Err(error) => Err(self.told(error).await),
            }
        };
        self.net.fetch(self.entry, offer, open, next)
    }
}

/// A path as an option of `ssh` takes it.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('%', "%%"))
}
