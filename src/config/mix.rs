//! Mixes styles: `comic:0.7,ink:0.3`.
//!
//! Numbers and colours are averaged by the shares. An effect that not all have fades with the share of those that have it.
//! What cannot lie between (words, whole numbers) is taken from the style with the largest share.

use super::blend::Blend;
use super::settings::{Rgb, Settings, Tone};
use toml::Value;

/// The number of each effect that is 0 where the effect is off.
const STRENGTHS: [&str; 10] = [
    "paint.length",
    "paint.crispness",
    "wash.rim",
    "wash.flow",
    "wash.grain",
    "outline.opacity",
    "halftone.amount",
    "halftone.clean",
    "speed.lines",
    "paper.grain",
];

/// The mixture of styles, one of them at least with a share above 0; `name` describes it.
pub fn mix(name: &str, styles: &[(Settings, f32)]) -> Option<Settings> {
    let styles: Vec<_> = styles.iter().filter(|(_, share)| *share > 0.0).collect();
    let total: f32 = styles.iter().map(|(_, share)| share).sum();
    let style = Blend::mixed(styles.iter().map(|(settings, share)| (&settings.generator.style, *share)))?;
    let (heaviest, _) = styles.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    // Who has no grading has a neutral one.
    let graded = |settings: &Settings| {
        let tone = settings.tone.clone().or(Some(Tone::NEUTRAL));
        Settings { tone, ..settings.clone() }
    };
    let values: Vec<_> = styles.iter().map(|(settings, share)| (graded(settings).values(), share / total)).collect();
    let mut table = toml::Table::new();
    // The heaviest comes last and has the last word.
    let order = values.iter().filter(|(v, _)| *v != graded(heaviest).values());
    let heaviest_values = (graded(heaviest).values(), 1.0);
    for (own, _) in order.chain([&heaviest_values]) {
        for (key, value) in own {
            let mixed = between(key, value, &values);
            match key.split_once('.') {
                None => drop(table.insert(key.clone(), mixed)),
                Some((group, field)) => {
                    let group = table.entry(group).or_insert_with(|| Value::Table(toml::Table::new()));
                    if let Value::Table(group) = group {
                        group.insert(field.into(), mixed);
                    }
                }
            }
        }
    }
    let mut mixed: Settings = table.try_into().ok()?;
    mixed.generator.style = style;
    mixed.description = format!("Mixture: {name}");
    Some(mixed)
}

/// The value of `key` between all that have one, or `own` where nothing lies between.
fn between(key: &str, own: &Value, all: &[(Vec<(String, Value)>, f32)]) -> Value {
    let having = all.iter().filter_map(|(values, share)| {
        let (_, value) = values.iter().find(|(other, _)| other == key)?;
        Some((value, f64::from(*share)))
    });
    match own {
        Value::Float(_) => {
            let (sum, shares) = having
                .filter_map(|(value, share)| Some((value.as_float()? * share, share)))
                .fold((0.0, 0.0), |(a, b), (sum, share)| (a + sum, b + share));
            Value::Float(if STRENGTHS.contains(&key) { sum } else { sum / shares })
        }
        Value::String(text) => {
            if Rgb::try_from(text.clone()).is_err() {
                return own.clone();
            }
            let (mut sum, mut shares) = ([0.0; 3], 0.0);
            for (value, share) in having {
                let Some(Ok(Rgb(rgb))) = value.as_str().map(|text| Rgb::try_from(text.to_owned())) else { continue };
                sum.iter_mut().zip(rgb).for_each(|(sum, part)| *sum += f64::from(part) * share);
                shares += share;
            }
            Value::String(Rgb(sum.map(|sum| (sum / shares).round() as u8)).into())
        }
        _ => own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::load;
    use super::*;

    #[test]
    fn a_mixture_lies_between() {
        let (comic, ink) = (load("comic", &[]).unwrap(), load("ink", &[]).unwrap());
        let mixed = load("comic:1,ink:3", &[]).unwrap();
        let width = |settings: &Settings| settings.outline.as_ref().unwrap().width;
        assert!((width(&mixed) - (width(&comic) + 3.0 * width(&ink)) / 4.0).abs() < 1e-4);
        // The comic has no hatching.
        let amount = |settings: &Settings| settings.halftone.as_ref().unwrap().amount;
        assert!((amount(&mixed) - 0.75 * amount(&ink)).abs() < 1e-4);
        let clean = |settings: &Settings| settings.halftone.as_ref().unwrap().clean;
        assert!((clean(&mixed) - 0.75 * clean(&ink)).abs() < 1e-4);
        assert_eq!(mixed.halftone.as_ref().unwrap().pattern, ink.halftone.as_ref().unwrap().pattern);
        assert_eq!(mixed.generator.style.to_string(), "comic:0.25,ink:0.75");
        assert_eq!(mixed.tone.as_ref().unwrap().steps, ink.tone.as_ref().unwrap().steps);
    }

    #[test]
    fn a_share_of_nothing_is_left_out() {
        let (comic, mixed) = (load("comic", &[]).unwrap(), load("comic:1,ink:0", &[]).unwrap());
        assert!(mixed.halftone.is_none() && mixed.outline == comic.outline, "{mixed:?}");
    }

    #[test]
    fn a_style_mixed_with_itself_is_itself() {
        let ink = load("ink", &[]).unwrap();
        let mixed = load("ink:1,ink:1", &[]).unwrap();
        assert_eq!(Settings { description: ink.description.clone(), ..mixed }, ink);
    }
}
