//! A source on a web server, which has no listing: an entry names the files, or an index of them.
//!
//! The server is asked for what is newer than what was read last, by the `ETag` or the time that it gave then.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};

use super::net::{Net, client, within};
use super::trouble::Trouble;
use super::vault::{Proof, Vault};
use super::{Content, Listing, Offer, Shown, Source};
use crate::model::{Login, Source as Entry, WebFiles};

/// Longest index that is read, in bytes.
const INDEX_LIMIT: u64 = 4 << 20;
/// A time by which a server tells versions apart says nothing sure about one made so many seconds ago.
const STEP_SECONDS: i64 = 2;

/// Files on a web server.
pub(super) struct Https<'a> {
    entry: &'a Entry,
    net: &'a Net,
    files: &'a WebFiles,
    client: Client,
    proof: Proof,
    /// Address by path, as last shown.
    addresses: std::sync::Mutex<BTreeMap<String, Url>>,
}

impl<'a> Https<'a> {
    pub(super) fn open(
        entry: &'a Entry,
        net: &'a Net,
        files: &'a WebFiles,
        login: &Login,
        vault: Vault<'_>,
    ) -> Result<Self, Trouble> {
        let address = match files {
            WebFiles::Index(address) => address.as_str(),
            WebFiles::Urls(urls) => urls.first().map_or("", String::as_str),
        };
        let (client, proof) = (client(entry, address)?, vault.proof(login)?);
        Ok(Self { entry, net, files, client, proof, addresses: std::sync::Mutex::default() })
    }

    fn request(&self, url: Url) -> RequestBuilder {
        let request = self.client.get(url);
        match &self.proof {
            Proof::Nobody => request,
            Proof::Password { user, password } => request.basic_auth(user, Some(password)),
            Proof::Token(token) => request.bearer_auth(token),
        }
    }

    /// Sends a request; what the server refuses is told.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let response = request.send().await.map_err(|error| told(&error))?;
        let status = response.status();
        match status {
            StatusCode::NOT_MODIFIED => Ok(response),
            _ if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Trouble::source(format!("the server refuses this login (status {})", status.as_u16())))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                Err(Trouble::file(format!("it is not there (status {})", status.as_u16())))
            }
            _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(Trouble::passing(format!("the server cannot answer now (status {})", status.as_u16())))
            }
            _ => Err(Trouble::file(format!("the server answers with status {}", status.as_u16()))),
        }
    }

    /// The addresses by the path that each file has below the source.
    fn addresses(&self) -> Result<BTreeMap<String, Url>, Trouble> {
        match self.files {
            WebFiles::Urls(urls) => urls.iter().map(|url| parse(url).map(|url| (name_of(&url), url))).collect(),
            WebFiles::Index(index) => {
                let base = parse(index)?;
                let text = self.index(&base)?;
                let folder = base.join(".").map_err(|_| wrong(index))?;
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                let of_line = |line: &str| {
                    let url = base.join(line).ok()?;
                    url.as_str().strip_prefix(folder.as_str())?;
                    // What follows a `?` opens the file and is no part of its name.
                    Some((decoded(url.path().strip_prefix(folder.path())?), url.clone()))
                };
                lines
                    .map(|line| {
                        of_line(line).ok_or_else(|| {
                            Trouble::source(format!(
                                "the index names `{line}`, which does not lie in the index's folder"
                            ))
                        })
                    })
                    .collect()
            }
        }
    }

    fn index(&self, url: &Url) -> Result<String, Trouble> {
        let bytes = self.net.patiently(self.entry, async || {
            within(self.entry.timeout, async {
                let mut response = self.send(self.request(url.clone())).await?;
                let mut bytes = Vec::new();
                while let Some(part) = response.chunk().await.map_err(|error| told(&error))? {
                    bytes.extend_from_slice(&part);
                    if bytes.len() as u64 > INDEX_LIMIT {
                        return Err(Trouble::source("the index is too long"));
                    }
                }
                Ok(bytes)
            })
            .await
        });
        let bytes = bytes.map_err(|trouble| trouble.about("the index").of_source())?;
        String::from_utf8(bytes).map_err(|_| Trouble::source("the index is not a text in UTF-8"))
    }
}

impl Source for Https<'_> {
    fn shown(&self) -> Result<Listing, Trouble> {
        let addresses = self.addresses()?;
        let shown = addresses.keys().map(|path| Shown {
            path: path.clone(),
            bytes: 0,
            mark: String::new(),
            changed: i128::MIN,
            modified: None,
            regular: true,
        });
        let shown: Vec<Shown> = shown.collect();
        if let Ok(mut known) = self.addresses.lock() {
            *known = addresses;
        }
        Ok(shown.into())
    }

    fn read(&self, offer: &Offer, before: &str) -> Result<Content, Trouble> {
        let path = self.entry.senders.path(&offer.district, &offer.file_name);
        let url = self.addresses.lock().ok().and_then(|known| known.get(path.as_ref()).cloned());
        let url = url.ok_or_else(|| Trouble::file("it is not in the index"))?;
        self.net.patiently(self.entry, async || {
            let mut request = self.request(url.clone());
            match before.split_once(' ') {
                Some(("etag", tag)) => request = request.header(IF_NONE_MATCH, tag),
                Some(("modified", time)) => request = request.header(IF_MODIFIED_SINCE, time),
                _ => {}
            }
            let mut response = within(self.entry.timeout, self.send(request)).await?;
            if response.status() == StatusCode::NOT_MODIFIED {
                return Ok(Content::Unchanged);
            }
            let limit = self.entry.max_file_bytes;
            if response.content_length().is_some_and(|length| length > limit) {
                return Ok(Content::TooLarge);
            }
            let (mark, modified) = (mark(response.headers()), time(response.headers(), LAST_MODIFIED.as_str()));
            let mut bytes = Vec::new();
            let next = async |response: &mut Response| response.chunk().await.map_err(|error| told(&error));
            while let Some(part) = within(self.entry.timeout, next(&mut response)).await? {
                if (bytes.len() + part.len()) as u64 > limit {
                    return Ok(Content::TooLarge);
                }
                bytes.extend_from_slice(&part);
            }
            Ok(Content::Whole { bytes, mark, modified: modified.map(Timestamp::as_microsecond) })
        })
    }
}

/// By what the server will be asked the next time; nothing where that would not be sure.
fn mark(headers: &HeaderMap) -> Option<String> {
    if let Some(tag) = headers.get(ETAG).and_then(|tag| tag.to_str().ok()) {
        return Some(format!("etag {tag}"));
    }
    let modified = time(headers, LAST_MODIFIED.as_str())?;
    let sent = time(headers, DATE.as_str())?;
    let words = headers.get(LAST_MODIFIED)?.to_str().ok()?;
    (sent.as_second() - modified.as_second() >= STEP_SECONDS).then(|| format!("modified {words}"))
}

fn time(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(headers.get(name)?.as_bytes()).ok()
}

fn parse(address: &str) -> Result<Url, Trouble> {
    Url::parse(address).map_err(|_| wrong(address))
}

fn wrong(address: &str) -> Trouble {
    Trouble::source(format!("`{address}` is not an address"))
}

/// The last part of an address's path.
fn name_of(url: &Url) -> String {
    decoded(url.path().rsplit('/').next().unwrap_or_default())
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The client's error in words of our own: its message may hold an address.
fn told(error: &reqwest::Error) -> Trouble {
    if error.is_redirect() {
        Trouble::source("the server leads elsewhere without end, or to an address that is not safe")
    } else if error.is_builder() {
        Trouble::source("the address or the login is not one that can be asked with")
    } else if error.is_timeout() {
        Trouble::passing("the server did not answer in time")
    } else if error.is_connect() {
        Trouble::passing("the server cannot be reached, or its certificate is not one that this machine trusts")
    } else {
        Trouble::passing("the connection broke off")
    }
}
