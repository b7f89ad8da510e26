//! Metrics of a finished film against the film it was made from.

mod temporal;

pub use temporal::{Temporal, TemporalReport};
