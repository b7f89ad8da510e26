//! Runs source → stylizer → post → sink, each on its own thread, over bounded lock-free links.

mod link;
mod meter;
mod run;
mod stop;

pub use link::{Closed, Policy, Receiver, Sender, link};
pub use meter::{Meter, Meters, Stage};
pub use run::{Pipeline, Report};
pub use stop::Stop;
