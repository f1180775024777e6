//! `wardscore backup` and `wardscore restore`: a whole store in one file, and back.
#![expect(clippy::print_stdout, reason = "what was done is the command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Common, Failure};
use crate::store::{BackedUp, Read, Store, StoreError};

const BACKUP_HELP: &str = "\
The file holds what was received, the ledger, tables, replies and releases. No run may be going on. `tar --zstd -tf FILE`
lists it.

Examples:
  wardscore backup /backup/wardscore.tar.zst
  wardscore backup --store /var/lib/wardscore /backup/wardscore.tar.zst";

const RESTORE_HELP: &str = "\
The store must not be there yet, or be an empty folder. The newest release is held against its digests, then `wardscore
run` goes on where the backup was made.

Examples:
  wardscore restore /backup/wardscore.tar.zst
  wardscore restore --store /var/lib/wardscore /backup/wardscore.tar.zst";

/// Arguments of `backup`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = BACKUP_HELP)]
pub(super) struct BackupArguments {
    /// The file to be written
    file: PathBuf,
}

/// Arguments of `restore`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = RESTORE_HELP)]
pub(super) struct RestoreArguments {
    /// A file that `backup` wrote
    file: PathBuf,
}

/// Writes the store to a file.
pub(super) fn backup(common: &Common, arguments: &BackupArguments) -> Result<ExitCode, Failure> {
    let store = common.standing_store("backup")?;
    let fail = |error: StoreError| Failure::store("backup", &error);
    let inside = |path: &PathBuf| std::path::absolute(path).unwrap_or_default();
    if inside(&arguments.file).starts_with(inside(&common.store)) {
        let what = format!("backup: `{}` lies in the store itself", arguments.file.display());
        return Err(Failure::usage(&what, "name a file elsewhere, best on another disk"));
    }
    let _lock = store.lock().map_err(fail)?;
    let BackedUp { files, bytes } = store.back_up(&arguments.file).map_err(fail)?;
    let size = std::fs::metadata(&arguments.file).map_or(0, |metadata| metadata.len());
    println!("backup      {}", arguments.file.display());
    println!("files       {files}, {bytes} bytes, {size} in the file");
    Ok(ExitCode::SUCCESS)
}

/// Makes a store of a file.
pub(super) fn restore(common: &Common, arguments: &RestoreArguments) -> Result<ExitCode, Failure> {
    let fail = |error: StoreError| Failure::store("restore", &error);
    let store = Store::restore(&arguments.file, &common.store).map_err(fail)?;
    println!("store       {}", store.root().display());
    let Some(id) = store.release_id("current") else {
        println!("release     none yet");
        return Ok(ExitCode::SUCCESS);
    };
    let verified = store.verify(&id, &Read::default()).map_err(fail)?;
    let outcome = match verified.faults.len() {
        0 => "as published".to_owned(),
        faults => format!("{faults} faults; `wardscore verify` shows them"),
    };
    println!("release     {id}: {} files, {outcome}", verified.files);
    Ok(ExitCode::from(u8::from(!verified.faults.is_empty())))
}
