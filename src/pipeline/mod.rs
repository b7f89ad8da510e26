//! Runs source → stylizer → post → sink, each on its own thread, over bounded lock-free links; and [`Redraw`], the
//! stylizer that knows how drawings follow one another.

mod divide;
mod link;
mod meter;
mod redraw;
mod run;
mod scout;
mod stop;

pub use divide::{Division, Divisions};
pub use link::{Closed, Policy, Receiver, Sender, link};
pub use meter::{Meter, Meters, Stage};
pub use redraw::{Manner, Redraw};
pub use run::{Pipeline, Report};
pub use scout::{Reducer, Scout};
pub use stop::Stop;
