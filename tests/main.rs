//! Whole-command tests: one binary, since each would link the engine anew. They run the program on real files and look at
//! what a user gets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

/// Workbooks of a release.
mod books;
/// Reviewed corrections, from the list to the page.
mod corrections;
/// The documents against the program.
mod docs;
/// One figure back to its cells.
mod explain;
/// Definitions with errors, a missing inbox, an unwritable store: what is said and the exit code.
mod failures;
/// Files made to harm: bounded memory and time, a finding, and the run goes on.
mod hostile;
/// What interventions did: an invented one in a sample that it did not move.
mod impact;
/// The shared inbox of two districts against its truth.
mod inbox;
/// How a file is read, as it is told.
mod inspect;
/// Jobs, their schedule, and those who are told of a run.
mod jobs;
/// The store kept in order: files let through, backups, versions.
mod keeping;
/// The summary of a run by mail.
mod mail;
/// The three maps of the sample.
mod maps;
/// Forms in every other layout against their truth.
mod mess;
/// The statistics against their golden cases.
mod methods;
/// The sample from forms to a release, twice, and with one thread.
mod night;
/// Any sequence of nights, runs killed at any moment, calls of the system that fail.
mod nights;
/// Scorecards on paper.
mod pdf;
/// Files that hold persons: kept apart, erased, repeated nowhere.
mod persons;
/// Registers with faults, and what `check` says of them.
mod registers;
/// Releases: promoted, pruned, shown to be whole.
mod releases;
/// Replies, reasons and templates, there and back.
mod replies;
/// Real servers on loopback.
mod servers;
/// Forms that are signed.
mod signed;
/// The site: links, weight, hostile names, and readers in a browser.
mod site;
/// Forms that come over a network.
mod sources;
/// The rules of the house, read off the source.
mod tidy;
/// Helpers: run the program, read a table.
mod tool;
/// The same bytes from several senders, under several names, in several provinces.
mod twice;
/// A province without districts; the map that pages show.
mod two_tiers;
/// Units looked up and imported.
mod units;
/// What made a value another.
mod why;
