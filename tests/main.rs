//! Whole-command tests: one binary, a module per subject.
