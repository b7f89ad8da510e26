//! How bright a film of high dynamic range is, as its maker said.

use super::{ColorInfo, Rational, pq};

/// What a film says of its light; the same for all of its frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Light {
    /// The screen that it was mastered on (SMPTE ST 2086).
    pub screen: Option<Screen>,
    /// What is in it (CTA-861.3).
    pub content: Option<ContentLight>,
}

/// A mastering display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// CIE 1931 x and y of red, green, blue and white.
    pub primaries: Option<[[Rational; 2]; 4]>,
    /// Least and most luminance in cd/m².
    pub luminance: Option<[Rational; 2]>,
}

/// The light of a film's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentLight {
    /// The brightest pixel of all frames in cd/m² (MaxCLL); 0 is unknown.
    pub most: u32,
    /// The mean of the brightest frame in cd/m² (MaxFALL); 0 is unknown.
    pub average: u32,
}

impl Light {
    /// The brightest light in cd/m²: that of the content, else that of the screen.
    #[must_use]
    pub fn peak(&self) -> Option<f32> {
        let content = self.content.filter(|content| content.most > 0).map(|content| content.most as f32);
        let screen = || Some(self.screen?.luminance?[1].as_f64() as f32).filter(|nits| *nits > 0.0);
        content.or_else(screen)
    }

    /// The largest signal, 0..=1, that a picture with the transfer of `color` may have so that it is no brighter than the
    /// film says of itself, or than films usually are where it does not say.
    #[must_use]
    pub fn ceiling(&self, color: ColorInfo) -> f32 {
        match color.transfer {
            ColorInfo::PQ => pq::to_pq(self.peak().unwrap_or(pq::USUAL_PEAK)).max(color.white()),
            _ => 1.0,
        }
    }

    /// Of drawings that stay below the [`Light::ceiling`] of a film: their mean may be another, and is not known.
    #[must_use]
    pub fn of_drawings(self) -> Self {
        Self { content: self.content.map(|content| ContentLight { average: 0, ..content }), ..self }
    }

    /// What is said here, else what `other` says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { screen: self.screen.or(other.screen), content: self.content.or(other.content) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_are_as_bright_as_the_film_says_of_itself() {
        let pq = ColorInfo { transfer: ColorInfo::PQ, ..ColorInfo::BT709 };
        let of = |most| Light { content: Some(ContentLight { most, average: 300 }), ..Light::default() };
        let nits = |light: Light| pq::from_pq(light.ceiling(pq)).round();
        assert_eq!([of(600), of(4000), Light::default()].map(nits), [600.0, 4000.0, 1000.0]);
        assert_eq!(nits(of(50)), 203.0, "paper is white");
        assert_eq!(of(600).ceiling(ColorInfo::BT709), 1.0);
        assert_eq!(of(600).of_drawings().content, Some(ContentLight { most: 600, average: 0 }));
    }
}
