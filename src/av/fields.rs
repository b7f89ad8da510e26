//! Enumerations of FFmpeg as plain numbers. A damaged or newer stream can carry a value that the headers do not list,
//! and reading such a value as a Rust enum would be undefined behaviour.

/// Reads a C enum field as a number.
///
/// # Safety
/// `field` points to an initialised C enum, 32 bits wide.
pub(super) unsafe fn get<E>(field: *const E) -> i32 {
    const { assert!(size_of::<E>() == 4) }
    // SAFETY: same size by the assertion, readable by the contract.
    unsafe { field.cast::<i32>().read() }
}

/// Writes a number into a C enum field.
///
/// # Safety
/// `field` points to a writable C enum, 32 bits wide, and `value` is one that FFmpeg knows.
pub(super) unsafe fn set<E>(field: *mut E, value: i32) {
    const { assert!(size_of::<E>() == 4) }
    // SAFETY: same size by the assertion, writable by the contract.
    unsafe { field.cast::<i32>().write(value) }
}
