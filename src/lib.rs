//! wardscore: ward scorecards from the forms that districts send.
//!
//! The way of one figure (figures invented):
//!
//! | | where | what it is there |
//! |---|---|---|
//! | 1 | `pipelines/plan-50/` | form 01, header "Số vụ việc phát hiện" is element `cases_detected`; T5 = cases_handled ÷ cases_detected |
//! | 2 | [`pull`] | `Bieu 01 - Quy II 2018 - Phu Vang.xlsx` kept under its digest; a receipt says from whom and when |
//! | 3 | [`normalize`] read | sheet "Biểu 01", cell AB17, text "1.204 " |
//! | 4 | [`normalize`] layout, units | … is `cases_detected` of ward 19900 in 2018-Q2 |
//! | 5 | [`normalize`] values, checks | … is 1204, no finding; one row of `observations` |
//! | 6 | [`evaluate`] | year to date 2018: 3 107 of 3 240 handled = 95.9%; target 100%; off track |
//! | 7 | [`publish`] view, site | the card's cell: 95.9%, its sign and colour, and a way to this cell |
//!
//! [`trace`] leads from a figure back along this way, step by step: `wardscore explain`; and from one figure to another, part
//! by part: `wardscore why`.
//!
//! What was wrong with a form goes back to its district: [`reply`] marks every finding in the form as it came. How a run went
//! is told by [`notify`]: metrics, a ping, mail, events of lineage.
//!
//! Rooms lean in one direction: `main → cli → job, trace, verify → pull | normalize | evaluate | publish | reply |
//! notify | sample | template → plan, register, store, stats → model`. Invariants, each an absence: a stage never names another
//! stage, they meet in [`model`] and [`store`]; `model` and `stats` have no I/O; `pull` never looks inside a file; only
//! `normalize::read` knows workbooks; `publish` does no arithmetic on figures; only `store` knows paths inside the store;
//! nothing below `cli` reads the clock, the environment or a random source that was not handed in; hash order and thread
//! order never reach an output.

pub mod cli;
pub mod evaluate;
pub mod job;
pub mod model;
pub mod normalize;
pub mod notify;
pub mod plan;
pub mod publish;
pub mod pull;
pub mod register;
pub mod reply;
pub mod sample;
pub mod stats;
pub mod store;
pub mod template;
pub mod trace;
pub mod verify;

/// Digest of this program's own text: what another program made is not taken over.
pub const PROGRAM: &str = env!("WARDSCORE_PROGRAM");
