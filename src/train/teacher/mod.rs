//! The classical comic filter that the generator imitates before the adversary takes over.
//!
//! Colour is flattened by an anisotropic Kuwahara filter and an orientation-aligned bilateral filter, and lines are sought
//! by a flow-based difference of Gaussians, at two widths. Everything is computed in Oklab. The filter looks at far more of
//! the picture than a small network could afford in a shader; the network learns to imitate it at a fraction of the cost.
//! What is drawn with the result, how light, how colourful, in how many steps, with which ink, is up to a
//! [`Look`](super::look::Look). Runs on any thread.
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

use flow::Flow;

/// Changes with every change of the studies, so that old ones are made again.
pub const VERSION: u32 = 3;

/// What the filter makes of a photo. Interleaved bytes in rows of the photo's width.
pub struct Study {
    /// Flat colour without lines, sRGB.
    pub paint: Vec<u8>,
    /// Response to fine lines and to bold lines in units of [`INK_UNIT`] of Oklab lightness, and the lightness around,
    /// 0..=255.
    pub ink: Vec<u8>,
}

/// Difference of Oklab lightness for one step of a [`Study`]'s lines.
pub const INK_UNIT: f32 = 0.06 / 255.0;

/// Studies `rgb` (interleaved sRGB bytes, `width` x `height`).
///
/// Lengths inside are in pixels of a picture of 360 lines, which is what the generator works at.
#[must_use]
pub fn study(rgb: &[u8], width: usize, height: usize) -> Study {
    let photo = lab::from_srgb(rgb, width, height);
    let clean = smooth::bilateral(&photo, &Flow::of(&photo, 1.5), 1, 1.2, 0.025);
    let flow = Flow::of(&clean, 2.0);
    let lines = [ink::lines(&clean[0], &flow, ink::FINE), ink::lines(&clean[0], &flow, ink::BOLD)];
    let paint = smooth::kuwahara(&clean, &flow, 2.6);
    let mut paint = smooth::bilateral(&paint, &Flow::of(&paint, 2.0), 3, 4.0, 0.035);
    keep_marks(&mut paint[0], &clean[0]);
    let shade = clean[0].blurred(1.5);
    let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    let ink = (0..shade.data.len()).flat_map(|i| {
        let [fine, bold] = [&lines[0], &lines[1]].map(|lines| byte(lines.data[i] / INK_UNIT));
        [fine, bold, byte(shade.data[i] * 255.0)]
    });
    Study { paint: lab::to_srgb(&paint), ink: ink.collect() }
}

/// Gives back what is clearly darker than the paint around it: eyes, brows, mouths and lettering.
fn keep_marks(paint: &mut Plane, clean: &Plane) {
    for (paint, clean) in paint.data.iter_mut().zip(&clean.data) {
        *paint += 1.5 * (clean - *paint + 0.03).min(0.0);
    }
}
