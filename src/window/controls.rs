//! The sliders: which settings they move, with the ranges that the settings have.

use crate::config::{self, Domain, FIELDS, Settings};

/// A part of the look that can be off as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Line,
    Tone,
    Wash,
    Halftone,
    Paper,
    Speed,
}

impl Effect {
    pub const ALL: [Self; 6] = [Self::Line, Self::Tone, Self::Wash, Self::Halftone, Self::Paper, Self::Speed];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Line => "Line",
            Self::Tone => "Tone",
            Self::Wash => "Washes",
            Self::Halftone => "Halftone",
            Self::Paper => "Paper",
            Self::Speed => "Speed lines",
        }
    }

    pub const fn is_on(self, settings: &Settings) -> bool {
        match self {
            Self::Line => settings.outline.is_some(),
            Self::Tone => settings.tone.is_some(),
            Self::Wash => settings.wash.is_some(),
            Self::Halftone => settings.halftone.is_some(),
            Self::Paper => settings.paper.is_some(),
            Self::Speed => settings.speed.is_some(),
        }
    }

    /// Switches it off, or on as `original` has it.
    pub fn switch(self, settings: &mut Settings, on: bool, original: &Settings) {
        fn turn<T: Clone + Default>(place: &mut Option<T>, on: bool, original: Option<&T>) {
            *place = on.then(|| original.cloned().unwrap_or_default());
        }
        match self {
            Self::Line => turn(&mut settings.outline, on, original.outline.as_ref()),
            Self::Tone => turn(&mut settings.tone, on, original.tone.as_ref()),
            Self::Wash => turn(&mut settings.wash, on, original.wash.as_ref()),
            Self::Halftone => turn(&mut settings.halftone, on, original.halftone.as_ref()),
            Self::Paper => turn(&mut settings.paper, on, original.paper.as_ref()),
            Self::Speed => turn(&mut settings.speed, on, original.speed.as_ref()),
        }
    }
}

/// The number that a slider moves.
pub(super) enum Value<'a> {
    Real(&'a mut f32),
    Whole(&'a mut u32),
}

/// A slider.
pub(super) struct Control {
    pub label: &'static str,
    /// Its key in a style file, which has its range and meaning.
    pub key: &'static str,
    /// Shown with this effect; `None` always.
    pub effect: Option<Effect>,
    /// Where the number is, while its effect is on.
    pub value: fn(&mut Settings) -> Option<Value<'_>>,
}

const fn control(
    label: &'static str,
    key: &'static str,
    effect: Option<Effect>,
    value: fn(&mut Settings) -> Option<Value<'_>>,
) -> Control {
    Control { label, key, effect, value }
}

use Effect::{Halftone, Line, Paper, Speed, Tone, Wash};
use Value::{Real, Whole};

/// Every slider, in the order of the panel.
pub(super) const CONTROLS: &[Control] = &[
    control("Strength", "generator.strength", None, |s| Some(Real(&mut s.generator.strength))),
    control("Calm", "motion.calm", None, |s| Some(Real(&mut s.motion.calm))),
    control("Width", "outline.width", Some(Line), |s| s.outline.as_mut().map(|o| Real(&mut o.width))),
    control("Fewer", "outline.threshold", Some(Line), |s| s.outline.as_mut().map(|o| Real(&mut o.threshold))),
    control("Ink", "outline.opacity", Some(Line), |s| s.outline.as_mut().map(|o| Real(&mut o.opacity))),
    control("Steps", "tone.steps", Some(Tone), |s| s.tone.as_mut().map(|t| Whole(&mut t.steps))),
    control("Colour", "tone.saturation", Some(Tone), |s| s.tone.as_mut().map(|t| Real(&mut t.saturation))),
    control("Contrast", "tone.contrast", Some(Tone), |s| s.tone.as_mut().map(|t| Real(&mut t.contrast))),
    control("Light", "tone.brightness", Some(Tone), |s| s.tone.as_mut().map(|t| Real(&mut t.brightness))),
    control("Blacks", "tone.black", Some(Tone), |s| s.tone.as_mut().map(|t| Real(&mut t.black))),
    control("Rims", "wash.rim", Some(Wash), |s| s.wash.as_mut().map(|w| Real(&mut w.rim))),
    control("Pools", "wash.flow", Some(Wash), |s| s.wash.as_mut().map(|w| Real(&mut w.flow))),
    control("Amount", "halftone.amount", Some(Halftone), |s| s.halftone.as_mut().map(|h| Real(&mut h.amount))),
    control("Size", "halftone.size", Some(Halftone), |s| s.halftone.as_mut().map(|h| Real(&mut h.size))),
    control("Grain", "paper.grain", Some(Paper), |s| s.paper.as_mut().map(|p| Real(&mut p.grain))),
    control("Amount", "speed.lines", Some(Speed), |s| s.speed.as_mut().map(|p| Real(&mut p.lines))),
];

/// Range and meaning of a setting.
pub(super) fn field(key: &str) -> Option<(f64, f64, &'static str)> {
    let field: &config::Field = FIELDS.iter().find(|field| field.key == key)?;
    match field.domain {
        Domain::Number(low, high) => Some((low, high, field.help)),
        #[expect(clippy::cast_precision_loss, reason = "the bounds of settings are small")]
        Domain::Integer(low, high) => Some((low as f64, high as f64, field.help)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PRESETS;

    #[test]
    fn every_slider_moves_the_setting_that_it_names() {
        let mut every = Settings::default();
        Effect::ALL.iter().for_each(|effect| effect.switch(&mut every, true, &Settings::default()));
        for control in CONTROLS {
            let (low, high, help) = field(control.key).unwrap_or_else(|| panic!("{} has no range", control.key));
            assert!(low < high && !help.is_empty());
            let before = every.values();
            match (control.value)(&mut every).unwrap() {
                Value::Real(value) => *value = if *value == high as f32 { low as f32 } else { high as f32 },
                Value::Whole(value) => *value = high as u32,
            }
            let after = every.values();
            let moved: Vec<&str> =
                before.iter().zip(&after).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
            assert_eq!(moved, [control.key]);
        }
    }

    #[test]
    fn an_effect_comes_back_as_the_style_has_it() {
        for preset in PRESETS {
            let original = config::load(preset.name, &[]).unwrap();
            for effect in Effect::ALL {
                let mut settings = original.clone();
                effect.switch(&mut settings, false, &original);
                assert!(!effect.is_on(&settings));
                assert!(
                    CONTROLS.iter().filter(|c| c.effect == Some(effect)).all(|c| (c.value)(&mut settings).is_none())
                );
                effect.switch(&mut settings, true, &original);
                assert!(effect.is_on(&settings));
                if effect.is_on(&original) {
                    assert_eq!(settings, original);
                }
            }
        }
    }
}
