//! In which style the network draws: a mixture of style codes, by name or as numbers.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Numbers in a style code.
pub const CODE: usize = 16;

/// What a style encoder made of reference pictures. Codes belong to the weights that the encoder came with.
pub type Code = [f32; CODE];

/// A style code, or where to find it.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The code of that name in the weights file.
    Named(String),
    /// These numbers.
    Code(Code),
}

/// Codes with their shares, which add up to 1. In a style file a name (`"ink"`), a mixture (`"comic:0.7,ink:0.3"`), the
/// numbers of one code, or a list of `{ of = NAME or NUMBERS, share = NUMBER }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Blend(Vec<(Source, f32)>);

impl Blend {
    /// One code.
    #[must_use]
    pub fn only(source: Source) -> Self {
        Self(vec![(source, 1.0)])
    }

    /// Mixes blends by shares, which need not add up to 1. `None` where there is nothing to mix.
    #[must_use]
    pub fn mixed<'a>(blends: impl IntoIterator<Item = (&'a Self, f32)>) -> Option<Self> {
        let mut parts: Vec<(Source, f32)> = Vec::new();
        for (blend, share) in blends {
            for (source, own) in &blend.0 {
                match parts.iter_mut().find(|(known, _)| known == source) {
                    Some((_, sum)) => *sum += own * share,
                    None => parts.push((source.clone(), own * share)),
                }
            }
        }
        normalised(parts)
    }

    /// The codes and their shares.
    #[must_use]
    pub fn parts(&self) -> &[(Source, f32)] {
        &self.0
    }
}

fn normalised(parts: Vec<(Source, f32)>) -> Option<Blend> {
    let sum: f32 = parts.iter().map(|(_, share)| share).sum();
    let sound = sum.is_finite() && sum > 0.0 && parts.iter().all(|(_, share)| *share >= 0.0);
    sound.then(|| Blend(parts.into_iter().map(|(source, share)| (source, share / sum)).collect()))
}

impl Default for Blend {
    fn default() -> Self {
        Self::only(Source::Named("comic".into()))
    }
}

/// Names with shares: `comic`, or `comic:0.7,ink:0.3`. `None` where it is not of that form.
#[must_use]
pub fn shares(text: &str) -> Option<Vec<(&str, f32)>> {
    if !text.contains(':') {
        return (!text.is_empty() && !text.contains(',')).then(|| vec![(text, 1.0)]);
    }
    let part = |part: &'_ str| -> Option<(usize, f32)> {
        let (name, share) = part.rsplit_once(':')?;
        let share: f32 = share.parse().ok()?;
        (!name.is_empty() && (0.0..=1000.0).contains(&share)).then_some((name.len(), share))
    };
    let parts: Option<Vec<_>> =
        text.split(',').map(|text| part(text).map(|(end, share)| (&text[..end], share))).collect();
    parts.filter(|parts| parts.iter().map(|(_, share)| share).sum::<f32>() > 0.0)
}

impl FromStr for Blend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            shares(text).ok_or_else(|| format!("\"{text}\" is no style code; one is NAME or NAME:SHARE,..."))?;
        let parts = parts.into_iter().map(|(name, share)| (Source::Named(name.into()), share)).collect();
        normalised(parts).ok_or_else(|| format!("the shares of \"{text}\" add up to nothing"))
    }
}

impl fmt::Display for Blend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (source, share)) in self.0.iter().enumerate() {
            let name = match source {
                Source::Named(name) => name,
                Source::Code(_) => "picture",
            };
            let comma = if i > 0 { "," } else { "" };
            if self.0.len() == 1 { f.write_str(name)? } else { write!(f, "{comma}{name}:{share}")? }
        }
        Ok(())
    }
}

/// As in a file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Code(Code),
    Parts(Vec<Share>),
}

#[derive(Serialize, Deserialize)]
struct Share {
    of: Of,
    share: f32,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Of {
    Name(String),
    Code(Code),
}

impl TryFrom<Form> for Blend {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let parts = match form {
            Form::Text(text) => return text.parse(),
            Form::Code(code) => vec![(Source::Code(code), 1.0)],
            Form::Parts(parts) => parts
                .into_iter()
                .map(|Share { of, share }| match of {
                    Of::Name(name) => (Source::Named(name), share),
                    Of::Code(code) => (Source::Code(code), share),
                })
                .collect(),
        };
        let finite = |(source, _): &(Source, f32)| match source {
            Source::Named(_) => true,
            Source::Code(code) => code.iter().all(|number| number.is_finite()),
        };
        if !parts.iter().all(finite) {
            return Err("a style code holds a number that is not finite".into());
        }
        normalised(parts).ok_or_else(|| "the shares of a mixture add up to nothing".into())
    }
}

impl From<Blend> for Form {
    fn from(blend: Blend) -> Self {
        let named = blend.0.iter().all(|(source, _)| matches!(source, Source::Named(_)));
        match &blend.0[..] {
            _ if named => Self::Text(blend.to_string()),
            [(Source::Code(code), _)] => Self::Code(*code),
            _ => Self::Parts(blend.0.into_iter().map(|(source, share)| Share { of: source.into(), share }).collect()),
        }
    }
}

impl From<Source> for Of {
    fn from(source: Source) -> Self {
        match source {
            Source::Named(name) => Self::Name(name),
            Source::Code(code) => Self::Code(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct File {
        style: Blend,
    }

    #[test]
    fn every_form_survives_a_file() {
        let code = Blend::only(Source::Code([0.25; CODE]));
        let named: Blend = "comic:0.75,ink:0.25".parse().unwrap();
        let mixed = Blend::mixed([(&code, 1.0), (&named, 3.0)]).unwrap();
        assert_eq!(mixed.parts().len(), 3);
        for style in [code, named, mixed, Blend::default()] {
            let file = File { style };
            assert_eq!(toml::from_str::<File>(&toml::to_string(&file).unwrap()).unwrap(), file);
        }
    }

    #[test]
    fn shares_add_up_to_one() {
        let blend: Blend = "comic:3,ink:1".parse().unwrap();
        assert_eq!(blend.parts()[0], (Source::Named("comic".into()), 0.75));
        let same = Blend::mixed([(&blend, 0.5), (&Blend::default(), 0.5)]).unwrap();
        assert_eq!(same.to_string(), "comic:0.875,ink:0.125");
    }

    #[test]
    fn what_is_no_mixture_is_refused() {
        for text in ["", "comic:", "comic:x", "comic:0,ink:0", "comic:-1", "comic,ink", ":1"] {
            assert!(text.parse::<Blend>().is_err(), "{text}");
        }
        assert!(toml::from_str::<File>("style = [1.0, 2.0]").is_err());
        assert!(toml::from_str::<File>(&format!("style = {:?}", [f32::NAN; CODE]).replace("NaN", "nan")).is_err());
    }
}
