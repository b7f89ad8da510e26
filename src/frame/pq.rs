//! The perceptual quantiser (SMPTE ST 2084, the EOTF of ITU-R BT.2100), between signal (0..=1) and cd/m².

/// Reference white in cd/m² (ITU-R BT.2408).
pub const WHITE: f32 = 203.0;
/// What a film is taken to reach where it does not say, in cd/m².
pub const USUAL_PEAK: f32 = 1000.0;

/// What the signal can say at most, in cd/m².
const MOST: f32 = 10_000.0;
const M1: f32 = 2610.0 / 16384.0;
const M2: f32 = 2523.0 / 4096.0 * 128.0;
const C1: f32 = 3424.0 / 4096.0;
const C2: f32 = 2413.0 / 4096.0 * 32.0;
const C3: f32 = 2392.0 / 4096.0 * 32.0;

/// Light of a signal.
#[must_use]
pub fn from_pq(signal: f32) -> f32 {
    let power = signal.clamp(0.0, 1.0).powf(1.0 / M2);
    ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1) * MOST
}

/// The reverse of [`from_pq`].
#[must_use]
pub fn to_pq(nits: f32) -> f32 {
    let power = (nits.max(0.0) / MOST).powf(M1);
    ((C1 + C2 * power) / (1.0 + C3 * power)).powf(M2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_values_of_the_standard() {
        for (nits, signal) in [(0.0, 0.0), (100.0, 0.508_078), (203.0, 0.580_689), (1000.0, 0.751_827), (10_000.0, 1.0)]
        {
            assert!((to_pq(nits) - signal).abs() < 1e-4, "{nits}: {}", to_pq(nits));
            assert!((from_pq(signal) - nits).abs() < 0.002 * nits + 1e-3, "{signal}: {}", from_pq(signal));
        }
    }
}
