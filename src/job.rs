//! Which stages a job runs, in order.
