//! Quantities as they are typed, with errors that name the option.

use crate::error::{Error, Result};
use crate::frame::{Rational, Size, parse_time};
use std::time::Duration;

/// `90`, `90.5`, `1:30`, `1:02:03.250`.
///
/// # Errors
/// [`Error::Setting`] that names `key`.
pub fn time(key: &str, text: &str) -> Result<Duration> {
    parse_time(text).ok_or_else(|| Error::setting(key, format!("\"{text}\" is not a time like 90, 1:30 or 1:02:03.5")))
}

/// `25`, `30000/1001`, `29.97`; above 0 and at most 1000.
///
/// # Errors
/// [`Error::Setting`] that names `key`.
pub fn rate(key: &str, text: &str) -> Result<Rational> {
    let rate = Rational::parse(text).filter(|r| r.num > 0 && r.as_f64() <= 1000.0);
    rate.ok_or_else(|| {
        Error::setting(key, format!("\"{text}\" is not a frame rate up to 1000 like 25, 29.97 or 30000/1001"))
    })
}

/// `1280x720`, 16 to 16384 pixels a side.
///
/// # Errors
/// [`Error::Setting`] that names `key`.
pub fn size(key: &str, text: &str) -> Result<Size> {
    let side = |text: &str| text.parse().ok().filter(|side| (16..=16384).contains(side));
    let size = text.split_once('x').and_then(|(w, h)| Some(Size::new(side(w)?, side(h)?)));
    size.ok_or_else(|| {
        Error::setting(key, format!("\"{text}\" is not a size like 1280x720 (16 to 16384 pixels a side)"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_quantity_is_refused() {
        for wrong in ["", "0", "fast", "25/0", "-5", "2000", "29.", "1/2/3"] {
            assert!(rate("fps", wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "x", "1:2:3:4", "-1", "1:-2"] {
            assert!(time("start", wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "1280", "0x0", "axb", "99999x10"] {
            assert!(size("size", wrong).is_err(), "{wrong}");
        }
        assert_eq!(size("size", "1280x720").unwrap(), Size::new(1280, 720));
        assert_eq!(rate("fps", "29.97").unwrap(), Rational::new(2997, 100));
    }
}
