//! How bright a film of high dynamic range is, as its maker said.

use super::Rational;

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

    /// What is said here, else what `other` says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { screen: self.screen.or(other.screen), content: self.content.or(other.content) }
    }
}
