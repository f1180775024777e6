//! Sources that list their files over HTTP: S3-compatible storage and WebDAV, by way of OpenDAL.

use futures::{StreamExt, TryStreamExt};
use opendal::{BufferStream, EntryMode, ErrorKind, HttpTransporter, Operator};
use opendal_http_transport_reqwest::ReqwestTransport;

use super::net::{Net, client, within};
use super::trouble::Trouble;
use super::vault::{Proof, Vault};
use super::{Content, Listing, Offer, Shown, Source};
use crate::model::{Login, S3, Source as Entry};

/// A folder behind OpenDAL.
pub(super) struct Storage<'a> {
    entry: &'a Entry,
    net: &'a Net,
    operator: Operator,
    /// Whether an `ETag` follows from the content, so that it tells versions of the same second apart.
    strong: bool,
}

impl<'a> Storage<'a> {
    /// A bucket.
    pub(super) fn s3(entry: &'a Entry, net: &'a Net, at: &S3, vault: Vault<'_>) -> Result<Self, Trouble> {
        // Nothing is looked up that the entry does not name: no profile, no server of the cloud that hands out keys.
        let mut builder = opendal::services::S3::default()
            .endpoint(&at.endpoint)
            .bucket(&at.bucket)
            .region(&at.region)
            .root(&at.path)
            .disable_config_load()
            .disable_ec2_metadata();
        builder = match &at.keys {
            Some((key, secret)) => builder.access_key_id(&vault.text(key)?).secret_access_key(&vault.text(secret)?),
            None => builder.skip_signature(),
        };
        Self::open(entry, net, Operator::new(builder), &at.endpoint, true)
    }

    /// A folder of a WebDAV server.
    pub(super) fn webdav(
        entry: &'a Entry,
        net: &'a Net,
        url: &str,
        login: &Login,
        vault: Vault<'_>,
    ) -> Result<Self, Trouble> {
        let mut builder = opendal::services::Webdav::default().endpoint(url.trim_end_matches('/'));
        builder = match vault.proof(login)? {
            Proof::Nobody => builder,
            Proof::Password { user, password } => builder.username(&user).password(&password),
            Proof::Token(token) => builder.token(&token),
        };
        Self::open(entry, net, Operator::new(builder), url, false)
    }

    fn open(
        entry: &'a Entry,
        net: &'a Net,
        operator: opendal::Result<Operator>,
        address: &str,
        strong: bool,
    ) -> Result<Self, Trouble> {
        let operator = operator.map_err(|error| told(&error))?;
        let transport = HttpTransporter::new(ReqwestTransport::new(client(entry, address)?));
        let context = operator.context().with_http_transport(transport);
        Ok(Self { entry, net, operator: operator.with_context(context), strong })
    }
}

impl Source for Storage<'_> {
    fn shown(&self) -> Result<Listing, Trouble> {
        self.net.patiently(self.entry, async || {
            let timeout = self.entry.timeout;
            let lister = async { self.operator.lister_with("").recursive(true).await.map_err(|e| told(&e)) };
            let mut lister = within(timeout, lister).await?;
            let mut shown = Vec::new();
            while let Some(file) = within(timeout, async { lister.try_next().await.map_err(|e| told(&e)) }).await? {
                let metadata = file.metadata();
                if metadata.mode() == EntryMode::DIR {
                    continue;
                }
                let modified = metadata.last_modified().map(|at| at.into_inner().as_nanosecond());
                let etag = metadata.etag().unwrap_or_default();
                shown.push(Shown {
                    path: file.path().to_owned(),
                    bytes: metadata.content_length(),
                    mark: match modified {
                        Some(modified) => format!("{modified} {etag}"),
                        None => etag.to_owned(),
                    },
                    changed: modified.filter(|_| !self.strong || etag.is_empty()).unwrap_or(i128::MIN),
                    modified: modified.map(|at| (at / 1000) as i64),
                    regular: metadata.mode() == EntryMode::FILE,
                });
            }
            Ok(Listing::from(shown))
        })
    }

    fn read(&self, offer: &Offer, _: &str) -> Result<Content, Trouble> {
        let path = self.entry.senders.path(&offer.district, &offer.file_name);
        let open = async || -> Result<BufferStream, Trouble> {
            let reader = self.operator.reader(&path).await.map_err(|e| told(&e))?;
            reader.into_stream(..).await.map_err(|e| told(&e))
        };
        let next = async |stream: &mut BufferStream| match stream.next().await {
            Some(Ok(part)) => Ok(Some(part.to_bytes())),
            Some(Err(error)) => Err(told(&error)),
            None => Ok(None),
        };
        self.net.fetch(self.entry, offer, open, next)
    }
}

/// OpenDAL's error in words of our own: its message may hold an address or a header.
fn told(error: &opendal::Error) -> Trouble {
    match error.kind() {
        ErrorKind::NotFound => Trouble::file("it is not there (any more)"),
        ErrorKind::PermissionDenied => {
            Trouble::source("the server refuses this login, or this login may not read there")
        }
        ErrorKind::ConfigInvalid => Trouble::source("the address or the login is not one for this kind of server"),
        ErrorKind::RateLimited => Trouble::passing("the server asks for fewer requests"),
        ErrorKind::ConditionNotMatch => Trouble::passing("the file was changed while it was read"),
        _ if error.is_temporary() => Trouble::passing("the server cannot be reached or broke the connection off"),
        _ => {
            Trouble::source("the server answers in a way that is not that of this kind of server, or refuses the login")
        }
    }
}
