//! What the sources on a network share: one small runtime, patience, a client for the web.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::trouble::Trouble;
use super::{Content, Offer};
use crate::model::Source as Entry;

/// The first pause before trying again, and the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Where the network is waited for.
pub(super) struct Net {
    runtime: Runtime,
    /// From which the pauses' chance is drawn.
    seed: u64,
}

impl Net {
    pub(super) fn start(seed: u64) -> Result<Self, Trouble> {
        // One of several parts of the program may have chosen already; any choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("wardscore-net")
            .enable_all()
            .build()
            .map_err(|_| Trouble::passing("the system has no thread for the network"))?;
        Ok(Self { runtime, seed })
    }

    /// Waits for the network.
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Waits for a step that is tried again, after a growing pause, where it failed in passing.
    pub(super) fn patiently<T>(
        &self,
        entry: &Entry,
        mut step: impl AsyncFnMut() -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut dice = fastrand::Rng::with_seed(self.seed);
        self.wait(async {
            let mut pause = PAUSE;
            for turn in 0_u32.. {
                match step().await {
                    Err(trouble) if trouble.passing && turn < entry.retries => {
                        tracing::info!(stage = "pull", source = %entry.name, %trouble, "tried again after a pause");
                        // Several that were refused together should not come back together.
                        tokio::time::sleep(pause.mul_f64(0.5 + dice.f64() / 2.0)).await;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                    done => return done,
                }
            }
            Err(Trouble::passing("it was tried too often"))
        })
    }

    /// Reads a file from its first byte, however often it takes. `open` begins to read it, `next` gives the following bytes
    /// or none at its end. What is above the limit is not read on.
    pub(super) fn fetch<R>(
        &self,
        entry: &Entry,
        offer: &Offer,
        mut open: impl AsyncFnMut() -> Result<R, Trouble>,
        mut next: impl AsyncFnMut(&mut R) -> Result<Option<bytes::Bytes>, Trouble>,
    ) -> Result<Content, Trouble> {
        self.patiently(entry, async || {
            let mut reading = within(entry.timeout, open()).await?;
            let mut bytes = Vec::with_capacity(offer.bytes.min(entry.max_file_bytes) as usize);
            while let Some(part) = within(entry.timeout, next(&mut reading)).await? {
                if (bytes.len() + part.len()) as u64 > entry.max_file_bytes {
                    return Ok(Content::TooLarge);
                }
                bytes.extend_from_slice(&part);
            }
            if (bytes.len() as u64) < offer.bytes {
                return Err(Trouble::passing("the connection ended before the file did"));
            }
            let mark = (bytes.len() as u64 == offer.bytes).then(|| offer.mark.clone());
            Ok(Content::Whole { bytes, mark, modified: None })
        })
    }
}

/// A step that may take no longer.
pub(super) async fn within<T>(timeout: Duration, step: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::time::timeout(timeout, step).await.unwrap_or_else(|_| {
        Err(Trouble::passing(format!("the server did not answer within {} seconds", timeout.as_secs())))
    })
}

/// A client for the web that sends nothing in clear which was meant for a safe address.
pub(super) fn client(entry: &Entry, address: &str) -> Result<reqwest::Client, Trouble> {
    reqwest::Client::builder()
        .https_only(address.starts_with("https://"))
        .connect_timeout(entry.timeout)
        .read_timeout(entry.timeout)
        .user_agent(concat!("wardscore/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| Trouble::source("there is no safe connection: this machine's list of certificates cannot be read"))
}
