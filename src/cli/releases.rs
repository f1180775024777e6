//! `wardscore verify`, `promote` and `prune`: releases kept, shown to be whole, and removed.
#![expect(clippy::print_stdout, reason = "what was found is the command's output")]

use std::process::ExitCode;

use jiff::Timestamp;

use super::{Common, Failure};
use crate::model::Plan;
use crate::store::{Chain, Fault, Read, Store, StoreError, Verified};

const VERIFY_HELP: &str = "\
Every file is held against SHA256SUMS of its release, that against release.json, and each release.json against the
release after it and against the ledger. `sha256sum -c SHA256SUMS` in a release's folder does the first part anywhere.

Exit codes: 0 all is as it was published, 1 something is not, 2 there is no such release.

Examples:
  wardscore verify
  wardscore verify stable
  wardscore verify 20260115T000000Z-2e406e28
  wardscore verify --all";

/// Arguments of `verify`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = VERIFY_HELP)]
pub(super) struct VerifyArguments {
    /// The release: its id, `current` or `stable` [default: current]
    release: Option<String>,
    /// Verify every release that stands
    #[arg(long, conflicts_with = "release")]
    all: bool,
}

const PROMOTE_HELP: &str = "\
`<store>/stable` leads to the release from then on; it is never removed while it does. A release that is not as it was
published is not promoted.

Examples:
  wardscore promote
  wardscore promote 20260115T000000Z-2e406e28";

/// Arguments of `promote`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = PROMOTE_HELP)]
pub(super) struct PromoteArguments {
    /// The release: its id [default: the newest]
    release: Option<String>,
}

const PRUNE_HELP: &str = "\
Kept are all releases of the last `keep_days` days, the last one of each month and of each year, as [releases] in
pipeline.toml says; and always the newest and the stable one. `wardscore run` prunes at its end. What is left of a
removed release is its manifest, so that `wardscore verify` can follow the chain.

Examples:
  wardscore prune --dry-run
  wardscore prune";

/// Arguments of `prune`.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(after_help = PRUNE_HELP)]
pub(super) struct PruneArguments {
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Verifies one release or all, and the chain.
pub(super) fn verify(common: &Common, arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let store = common.standing_store("verify")?;
    let fail = |error| Failure::store("verify", &error);
    let ids = if arguments.all {
        store.standing().map_err(fail)?.into_iter().map(|release| release.id).collect()
    } else {
        vec![known(&store, "verify", arguments.release.as_deref().unwrap_or("current"))?]
    };
    let read = Read::default();
    let mut faults: Vec<Fault> = Vec::new();
    for id in ids {
        let Verified { files, tables_alone, faults: found } = store.verify(&id, &read).map_err(fail)?;
        let outcome = if found.is_empty() { "as published".to_owned() } else { format!("{} faults", found.len()) };
        let of = if tables_alone { "tables; its pages were published without digests" } else { "files" };
        println!("release     {id}: {outcome}, {files} {of}");
        faults.extend(found);
    }
    let Chain { head, links, removed, faults: broken } = store.chain().map_err(fail)?;
    println!("chain       {links} manifests, {removed} of them of removed releases");
    if let Some((id, digest)) = head {
        println!("head        {digest} {id}");
    }
    faults.extend(broken);
    for Fault { release, file, what } in &faults {
        println!("FAULT       {release}/{file} {what}");
    }
    if !faults.is_empty() {
        println!(
            "hint        leave the store as it is and look into a backup: `wardscore restore --store ELSEWHERE FILE`"
        );
    }
    Ok(ExitCode::from(u8::from(!faults.is_empty())))
}

/// Lets `stable` lead to a release.
pub(super) fn promote(common: &Common, arguments: &PromoteArguments) -> Result<ExitCode, Failure> {
    let store = common.standing_store("promote")?;
    let fail = |error: StoreError| Failure::store("promote", &error);
    let _lock = store.lock().map_err(fail)?;
    let id = known(&store, "promote", arguments.release.as_deref().unwrap_or("current"))?;
    let Verified { faults, .. } = store.verify(&id, &Read::default()).map_err(fail)?;
    if let Some(Fault { file, what, .. }) = faults.first() {
        return Err(Failure::Run {
            what: format!("promote: `{id}` is not as it was published: {file} {what}"),
            hint: format!("`wardscore verify {id}` shows all that is wrong with it"),
        });
    }
    store.promote(&id).map_err(fail)?;
    println!("stable      {id}");
    println!("scorecards  {}", store.stable().join("site/index.html").display());
    Ok(ExitCode::SUCCESS)
}

/// Removes the releases whose time is over.
pub(super) fn prune(common: &Common, arguments: PruneArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    let store = common.standing_store("prune")?;
    let fail = |error: StoreError| Failure::store("prune", &error);
    let _lock = store.lock().map_err(fail)?;
    let going = expired(&store, &definition.plan, common.now()).map_err(fail)?;
    for id in &going {
        println!("{:<12}{id}", if arguments.dry_run { "would go" } else { "removed" });
    }
    if !arguments.dry_run {
        store.remove_releases(&going).map_err(fail)?;
    }
    let standing = store.standing().map_err(fail)?.len() - if arguments.dry_run { going.len() } else { 0 };
    println!("{:<12}{standing}", "kept");
    Ok(ExitCode::SUCCESS)
}

/// The same at the end of a run.
pub(super) fn prune_after_run(store: &Store, plan: &Plan, now: Timestamp) -> Result<(), StoreError> {
    store.remove_releases(&expired(store, plan, now)?)
}

/// The releases whose time is over, oldest first.
fn expired(store: &Store, plan: &Plan, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let standing = store.standing()?;
    let made: Vec<_> = standing.iter().map(|release| plan.local_date(release.made)).collect();
    let lasting = store.lasting();
    let expired = plan.retention.expired(&made, plan.local_date(now)).into_iter();
    let ids = expired.filter_map(|at| standing.get(at)).map(|release| release.id.clone());
    Ok(ids.filter(|id| !lasting.contains(id)).collect())
}

/// The id of a release that stands.
fn known(store: &Store, command: &str, name: &str) -> Result<String, Failure> {
    store.release_id(name).ok_or_else(|| {
        let standing = store.standing().unwrap_or_default();
        let newest: Vec<&str> = standing.iter().rev().take(5).map(|release| release.id.as_str()).collect();
        let hint = match newest.as_slice() {
            [] => "run `wardscore run` first".to_owned(),
            some => format!("the newest are {}", some.join(", ")),
        };
        Failure::usage(&format!("{command}: there is no release `{name}`"), &hint)
    })
}
