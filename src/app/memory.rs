//! How the process keeps its memory: freed frames stay for the next ones.

/// Tells glibc to keep what is freed. By itself it gives the largest blocks back to the system at once, and each frame
/// then pays anew for some thousands of page faults, by chance up to an eighth of its time. What is kept is no more than
/// what was in use at once. Other allocators need no telling.
pub fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Blocks from this size on are mapped and unmapped one by one: glibc's own upper limit, above any plane of a
        // frame. And what may lie free at the end of the heap.
        const MAPPED: libc::c_int = 32 << 20;
        const SPARE: libc::c_int = 512 << 20;
        // SAFETY: sets two numbers under the allocator's own lock; a value that is refused changes nothing.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
            libc::mallopt(libc::M_TRIM_THRESHOLD, SPARE);
        }
    }
}
