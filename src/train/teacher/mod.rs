//! The classical comic filter that the generator imitates before the adversary takes over.
//!
//! Colour is flattened by an anisotropic Kuwahara filter and an orientation-aligned bilateral filter, lightness is
//! drawn towards a few soft steps, and ink is laid by a flow-based extended difference of Gaussians. Everything is
//! computed in Oklab. The filter looks at far more of the picture than a small network could afford in a shader; the
//! network learns to imitate it at a fraction of the cost. Runs on any thread.
//!
//! Sources: H. Winnemöller, S. Olsen, B. Gooch, "Real-time video abstraction" (2006) and "XDoG" (2012);
//! J. E. Kyprianidis, J. Döllner, "Image abstraction by structure adaptive filtering" (2008);
//! J. E. Kyprianidis, H. Kang, J. Döllner, "Image and video abstraction by anisotropic Kuwahara filtering" (2009);
//! H. Kang, S. Lee, C. Chui, "Flow-based image abstraction" (2009); B. Ottosson, "Oklab" (2020).

mod flow;
mod ink;
mod lab;
mod plane;
mod smooth;

pub use plane::Plane;

use crate::stylize::INK;
use flow::Flow;

/// Changes with every change of the drawings, so that old ones are drawn again.
pub const VERSION: u32 = 2;

/// Draws `rgb` (interleaved sRGB bytes, `width` x `height`) as a comic panel, same layout.
///
/// Lengths inside are in pixels of a picture of 360 lines, which is what the generator works at.
#[must_use]
pub fn draw(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    let photo = lab::from_srgb(rgb, width, height);
    let clean = smooth::bilateral(&photo, &Flow::of(&photo, 1.5), 1, 1.2, 0.025);
    let flow = Flow::of(&clean, 2.0);
    let ink = ink::lines(&clean, &flow);
    let paint = smooth::kuwahara(&clean, &flow, 2.6);
    let mut paint = smooth::bilateral(&paint, &Flow::of(&paint, 2.0), 3, 4.0, 0.035);
    keep_marks(&mut paint[0], &clean[0]);
    tone(&mut paint);
    lab::to_srgb_with_ink(&paint, &ink, INK)
}

/// Gives back what is clearly darker than the paint around it: eyes, brows, mouths and lettering.
fn keep_marks(paint: &mut Plane, clean: &Plane) {
    for (paint, clean) in paint.data.iter_mut().zip(&clean.data) {
        *paint += 1.5 * (clean - *paint + 0.03).min(0.0);
    }
}

/// Distance between two lightness steps, in Oklab L.
const STEP: f32 = 0.085;

/// Pulls lightness towards steps, lifts the midtones and enriches colour, hue untouched.
fn tone(paint: &mut [Plane; 3]) {
    let [l, a, b] = paint;
    for ((l, a), b) in l.data.iter_mut().zip(&mut a.data).zip(&mut b.data) {
        let phase = (*l / STEP).fract() - 0.5;
        // The transition is a tenth of a step wide: crisp to the eye, still something that a network can place.
        let stepped = (*l / STEP).floor() * STEP + STEP * (0.5 + 0.5 * (phase * 7.0).tanh() / 3.5f32.tanh());
        let flat = 0.3 * *l + 0.7 * stepped;
        *l = contrast(flat);
        let chroma = a.hypot(*b);
        let gain = (1.0 + 0.45 * (chroma / 0.03).min(1.0) * (1.0 - chroma / 0.32).max(0.0)).max(1.0);
        *a *= gain;
        *b *= gain;
    }
}

/// A gentle S that keeps black, mid skin tones and white where they are.
fn contrast(l: f32) -> f32 {
    let x = l.clamp(0.0, 1.0);
    (x + 0.10 * (x - 0.5) * 4.0 * x * (1.0 - x) + 0.06 * 4.0 * x * (1.0 - x)).clamp(0.0, 1.0)
}
