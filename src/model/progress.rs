//! How a stage tells how far it is, without knowing who listens: a terminal's bar, or nobody.

/// Receives the progress of one stage; called from several threads.
pub trait Progress: Sync {
    /// The stage starts, with this many steps.
    fn start(&self, stage: &'static str, steps: u64);
    /// So many steps are done since the last call.
    fn advance(&self, steps: u64);
    /// The stage is done.
    fn finish(&self);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: &'static str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn finish(&self) {}
}
