//! What a running program costs.

use std::time::Duration;

/// Processor time of a process so far, of all its threads.
pub fn spent(process: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The second field is the name, in brackets; user and system time are fields 14 and 15.
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    // SAFETY: no memory is involved.
    let second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    Duration::from_secs_f64(ticks as f64 / second as f64)
}
