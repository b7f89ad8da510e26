//! Damage and sudden death, by chance and in numbers: `make test-mutations N=10000` and `make test-kills N=100`; a few of
//! each in every test run.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should panic")]

mod chance;
mod clips;
mod files;
mod kills;
mod mutations;

/// How many cases: what the variable says, or `usual`.
fn count(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a whole number"))
}

/// Where the cases begin: what `COMICVID_SEED` says, so that a failure can be seen again, or the time.
fn seed() -> u64 {
    let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_secs());
    std::env::var("COMICVID_SEED").map_or_else(|_| now(), |text| text.parse().expect("a whole number"))
}
