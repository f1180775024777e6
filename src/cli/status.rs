//! `wardscore status`: the last runs, the current release, what was received.
#![expect(clippy::print_stdout, reason = "the status is the command's output")]

use std::process::ExitCode;

use jiff::Timestamp;

use super::{Common, Failure};

/// Prints the status of the store. A store that is not there yet is an error, and none is made.
pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let fail = |error| Failure::store("status", &error);
    let store = common.standing_store("status")?;
    let ledger = store.ledger().map_err(fail)?;
    let receipts = ledger.receipts().map_err(fail)?;
    let newest = receipts.iter().map(|r| r.received_at).max();
    println!("received    {} files, the newest at {}", receipts.len(), newest.map_or("-".to_owned(), time));
    match store.current_manifest().map_err(fail)? {
        None => println!("release     none yet"),
        Some(bytes) => {
            let manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let text = |key: &str| manifest.get(key).and_then(|v| v.as_str()).unwrap_or("-").to_owned();
            println!("release     {} of {}", text("id"), text("created"));
            println!("scorecards  {}", store.current().join("site/index.html").display());
        }
    }
    println!("last runs");
    for run in ledger.last_runs(5).map_err(fail)? {
        let outcome = match run.exit_code {
            None => "did not end".to_owned(),
            Some(code) => format!("exit code {code}"),
        };
        println!("  {}  {:<10} {outcome}", time(run.started_at), run.command);
        if run.exit_code.is_some_and(|c| c > 1) {
            println!("    {}", run.summary);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn time(microseconds: i64) -> String {
    Timestamp::from_microsecond(microseconds).map_or("-".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}
