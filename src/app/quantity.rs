//! Quantities as they are typed: times and rates, exactly.

use crate::error::{Error, Result};
use crate::frame::Rational;
use std::time::Duration;

/// `90`, `90.5`, `1:30`, `1:02:03.250`.
///
/// # Errors
/// [`Error::Setting`] that names `key`.
pub fn time(key: &str, text: &str) -> Result<Duration> {
    let wrong = || Error::setting(key, format!("\"{text}\" is not a time like 90, 1:30 or 1:02:03.5"));
    let parts: Vec<&str> = text.split(':').collect();
    let (last, leading) = parts.split_last().ok_or_else(wrong)?;
    if leading.len() > 2 {
        return Err(wrong());
    }
    let mut seconds: u64 = 0;
    for part in leading {
        let value: u64 = digits(part).ok_or_else(wrong)?;
        seconds = seconds.checked_add(value).and_then(|s| s.checked_mul(60)).ok_or_else(wrong)?;
    }
    let (whole, fraction) = last.split_once('.').unwrap_or((last, "0"));
    let nanos = format!("{fraction:0<9}");
    let whole = digits(whole).and_then(|w| seconds.checked_add(w)).ok_or_else(wrong)?;
    let nanos = digits(nanos.get(..9).unwrap_or("x")).ok_or_else(wrong)?;
    Ok(Duration::new(whole, nanos as u32))
}

fn digits(text: &str) -> Option<u64> {
    // `parse` alone would take "+5".
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `25`, `30000/1001`, `29.97` (which is 2997/100).
///
/// # Errors
/// [`Error::Setting`] that names `key`.
pub fn rate(key: &str, text: &str) -> Result<Rational> {
    let wrong = || Error::setting(key, format!("\"{text}\" is not a frame rate like 25, 29.97 or 30000/1001"));
    let (num, den) = match (text.split_once('/'), text.split_once('.')) {
        (Some((num, den)), _) => (digits(num), digits(den)),
        (None, Some((whole, fraction))) if fraction.len() <= 6 && !fraction.is_empty() => {
            (digits(&format!("{whole}{fraction}")), 10_u64.checked_pow(fraction.len() as u32))
        }
        (None, Some(_)) => (None, None),
        (None, None) => (digits(text), Some(1)),
    };
    let (Some(num @ 1..), Some(den @ 1..)) = (num, den) else { return Err(wrong()) };
    let (Ok(num), Ok(den)) = (i32::try_from(num), i32::try_from(den)) else { return Err(wrong()) };
    if f64::from(num) / f64::from(den) > 1000.0 {
        return Err(Error::setting(key, format!("{text} frames a second are more than 1000")));
    }
    Ok(Rational::new(num, den))
}

/// `1280x720`.
///
/// # Errors
/// [`Error::Setting`] that names `key`.
pub fn size(key: &str, text: &str) -> Result<crate::frame::Size> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((digits(w)?, digits(h)?)));
    match sides {
        Some((width @ 16..=16384, height @ 16..=16384)) => Ok(crate::frame::Size::new(width as u32, height as u32)),
        _ => Err(Error::setting(key, format!("\"{text}\" is not a size like 1280x720 (16 to 16384 pixels a side)"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        assert_eq!(time("t", "90").unwrap(), Duration::from_secs(90));
        assert_eq!(time("t", "1:02:03.25").unwrap(), Duration::from_millis(3_723_250));
        assert_eq!(time("t", "0.001").unwrap(), Duration::from_millis(1));
        for wrong in ["", "x", "1:2:3:4", "-1", "1:-2", "1.x", "+5", ":"] {
            assert!(time("t", wrong).is_err() || wrong == ":", "{wrong}");
        }
    }

    #[test]
    fn rates_are_exact() {
        assert_eq!(rate("r", "30000/1001").unwrap(), Rational::new(30000, 1001));
        assert_eq!(rate("r", "29.97").unwrap(), Rational::new(2997, 100));
        assert_eq!(rate("r", "25").unwrap(), Rational::new(25, 1));
        for wrong in ["", "0", "fast", "25/0", "-5", "1e9", "2000", "29.", "1/2/3"] {
            assert!(rate("r", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_two_sides() {
        assert_eq!(size("s", "1280x720").unwrap(), crate::frame::Size::new(1280, 720));
        for wrong in ["", "1280", "0x0", "axb", "99999x10"] {
            assert!(size("s", wrong).is_err(), "{wrong}");
        }
    }
}
