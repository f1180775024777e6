//! Difference-in-differences: what changed where an intervention began, less what changed elsewhere.
//!
//! [`simple`] two groups and two times; [`two_way`] fixed effects of units and times, with event studies and a form for counts;
//! [`staggered`] starts at different times, after Callaway and Sant'Anna.

pub mod simple;
pub mod staggered;
pub mod two_way;
