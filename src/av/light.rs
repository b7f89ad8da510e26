//! [`Light`] as FFmpeg keeps it, beside frames and streams, and as encoders take it.
//!
//! `AVMasteringDisplayMetadata` is x and y of red, green, blue and white, least and most luminance, each a numerator and a
//! denominator, and two flags; `AVContentLightMetadata` is two numbers. All are 32 bits wide, in the machine's own order.

use crate::frame::{ContentLight, Light, Rational, Screen};

/// Bytes of an `AVMasteringDisplayMetadata`, and where its flags are.
const SCREEN: usize = 88;
const HAS_PRIMARIES: usize = 80;
const HAS_LUMINANCE: usize = 84;

/// Reads what is there of both.
pub(super) fn parse(screen: Option<&[u8]>, content: Option<&[u8]>) -> Light {
    Light {
        screen: screen.and_then(|bytes| bytes.first_chunk()).map(parse_screen).filter(|s| *s != NOTHING),
        content: content.and_then(|bytes| {
            Some(ContentLight { most: unsigned(bytes.get(..4)?), average: unsigned(bytes.get(4..8)?) })
        }),
    }
}

const NOTHING: Screen = Screen { primaries: None, luminance: None };

fn parse_screen(bytes: &[u8; SCREEN]) -> Screen {
    let number = |at: usize| unsigned(&bytes[at..at + 4]).cast_signed();
    let fraction = |index: usize| Rational::new(number(8 * index), number(8 * index + 4).max(1));
    let primaries = std::array::from_fn(|color| [fraction(2 * color), fraction(2 * color + 1)]);
    Screen {
        primaries: (number(HAS_PRIMARIES) != 0).then_some(primaries),
        luminance: (number(HAS_LUMINANCE) != 0).then(|| [fraction(8), fraction(9)]),
    }
}

fn unsigned(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

/// An `AVMasteringDisplayMetadata`.
pub(super) fn screen_bytes(screen: &Screen) -> Vec<u8> {
    let zero = Rational::new(0, 1);
    let fractions = screen.primaries.unwrap_or([[zero; 2]; 4]).into_iter().flatten();
    let fractions = fractions.chain(screen.luminance.unwrap_or([zero; 2]));
    let numbers = fractions.flat_map(|fraction| [fraction.num, fraction.den]);
    let flags = [screen.primaries.is_some(), screen.luminance.is_some()].map(i32::from);
    numbers.chain(flags).flat_map(i32::to_ne_bytes).collect()
}

/// An `AVContentLightMetadata`.
pub(super) fn content_bytes(content: &ContentLight) -> Vec<u8> {
    [content.most, content.average].into_iter().flat_map(u32::to_ne_bytes).collect()
}

/// As x265 takes it among its parameters; nothing where nothing is known.
pub(super) fn x265(light: &Light) -> Vec<String> {
    let mut parameters = Vec::new();
    if let Some(Screen { primaries: Some([red, green, blue, white]), luminance: Some([least, most]) }) = light.screen {
        // In steps of 0.00002 and of 0.0001 cd/m².
        let at =
            |[x, y]: [Rational; 2]| [x, y].map(|c| (c.as_f64() * 50_000.0).round()).map(|c| c.to_string()).join(",");
        let nits = |n: Rational| (n.as_f64() * 10_000.0).round();
        let [red, green, blue, white] = [red, green, blue, white].map(at);
        let luminance = format!("{},{}", nits(most), nits(least));
        parameters.push(format!("master-display=G({green})B({blue})R({red})WP({white})L({luminance})"));
    }
    if let Some(ContentLight { most, average }) = light.content {
        parameters.push(format!("max-cll={most},{average}"));
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light() -> Light {
        let at = |x: i32, y: i32| [Rational::new(x, 50_000), Rational::new(y, 50_000)];
        let primaries = [at(34_000, 16_000), at(13_250, 34_500), at(7_500, 3_000), at(15_635, 16_450)];
        let luminance = [Rational::new(50, 10_000), Rational::new(40_000_000, 10_000)];
        Light {
            screen: Some(Screen { primaries: Some(primaries), luminance: Some(luminance) }),
            content: Some(ContentLight { most: 1200, average: 300 }),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let light = light();
        let (screen, content) = (screen_bytes(&light.screen.unwrap()), content_bytes(&light.content.unwrap()));
        assert_eq!((screen.len(), content.len()), (SCREEN, 8));
        assert_eq!(parse(Some(&screen), Some(&content)), light);
        assert_eq!((light.peak(), parse(Some(&screen), None).peak()), (Some(1200.0), Some(4000.0)));
        assert_eq!(parse(Some(&[0; SCREEN]), Some(&[1, 2])), Light::default());
        assert_eq!(parse(Some(&screen[..40]), None), Light::default());
    }

    #[test]
    fn x265_gets_its_own_units() {
        let wanted = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)";
        assert_eq!(x265(&light()), [wanted, "max-cll=1200,300"]);
        assert!(x265(&Light::default()).is_empty());
    }
}
