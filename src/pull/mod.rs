//! Stage 1: sources → raw bytes and receipts.
