//! Where lines could be drawn: differences of Gaussians of the photo's luma (Winnemöller et al. 2006), at two widths, averaged
//! [along](super::along) edges where there is one: in texture, and on small faces, a mean would hatch.
//!
//! The response is that of the dark side of an edge, and of dark lines. It is computed at full working size,
//! which costs little since the filters are separable and have one channel; the network decides which lines are inked.
//! On the CPU it is plain Rust, since libtorch's convolutions of one channel take several times as long; CUDA's pictures
//! stay on the device. No gradient flows through it: a photo is given.

use super::along::Along;
use super::edges::Edges;
use tch::{Device, Kind, TchError, Tensor};

/// Width of the inner Gaussian in pixels, half a fine line; a bold line is twice as wide. The outer is 1.6 times wider,
/// which resembles a Laplacian.
const SIGMA: f64 = 0.9;
const OUTER: f64 = 1.6 * SIGMA;
const REACH: i64 = 5;
/// Weights of a filter at 0, 1, 2, … pixels to either side.
type Taps = [f32; REACH as usize + 1];
/// BT.709 weights of R', G', B'.
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];
/// Difference of luma that is no line yet, and the slope from there: one is reached 0.014 above.
const THRESHOLD: f64 = 0.006;
const SLOPE: f64 = 1.0 / 0.014;

/// The filters, in f32 on one device.
#[derive(Debug)]
pub struct Lines {
    /// The inner and the outer Gaussian.
    taps: [Taps; 2],
    luma: Tensor,
    /// Takes its luma from a colour, 3 x 3.
    pub(super) chroma: Tensor,
    across: Tensor,
    down: Tensor,
    along: Along,
}

impl Lines {
    /// The filters on `device`.
    ///
    /// # Errors
    /// libtorch's, as below.
    pub fn new(device: Device) -> Result<Self, TchError> {
        let taps = [SIGMA, OUTER].map(gaussian);
        let sides = |taps: Taps| (-REACH..=REACH).map(move |i| taps[i.unsigned_abs() as usize]);
        let both: Vec<f32> = taps.into_iter().flat_map(sides).collect();
        let both = Tensor::f_from_slice(&both)?.f_to_device(device)?;
        let side = 2 * REACH + 1;
        let luma = Tensor::f_from_slice(&LUMA)?.f_to_device(device)?.f_view([1, 3, 1, 1])?;
        Ok(Self {
            taps,
            chroma: Tensor::f_eye(3, (Kind::Float, device))? - luma.f_view([1, 3])?,
            luma,
            across: both.f_view([2, 1, 1, side])?,
            down: both.f_view([2, 1, side, 1])?,
            along: Along::new(device)?,
        })
    }

    /// Fine and bold lines of `luma` (N x 1 x H x W, sides multiples of 4) as N x 2 x H x W, from 0 (none), about 1 where an
    /// edge is clear. `edges` are those of its quarter.
    ///
    /// # Errors
    /// libtorch's.
    pub fn of(&self, luma: &Tensor, edges: &Edges) -> Result<Tensor, TchError> {
        let directions = self.along.directions(&edges.twice.f_detach()?)?;
        // Squared: where edges half agree, a mean hatches already.
        let agreement = edges.agreement.f_detach()?.f_square()?;
        if luma.device() == Device::Cpu && luma.f_kind()? == Kind::Float {
            return self.of_host(luma, &directions, &agreement);
        }
        self.of_device(luma, &directions, &agreement)
    }

    /// Luma (BT.709) of `photo` (N x 3 x H x W, R'G'B', f32): N x 1 x H x W.
    ///
    /// # Errors
    /// libtorch's.
    pub fn luma(&self, photo: &Tensor) -> Result<Tensor, TchError> {
        // A convolution with so few channels takes thirty times as long.
        photo.f_mul(&self.luma)?.f_sum_dim_intlist([1_i64].as_slice(), true, photo.f_kind()?)
    }

    /// [`Self::of`] in plain Rust.
    fn of_host(&self, luma: &Tensor, directions: &Tensor, agreement: &Tensor) -> Result<Tensor, TchError> {
        let (count, _, height, width) = luma.size4()?;
        let (rows, columns) = (height as usize, width as usize);
        let planes = Vec::<f32>::try_from(luma.f_detach()?.f_reshape([-1])?)?;
        let directions = Vec::<i64>::try_from(directions.f_reshape([-1])?)?;
        let agreement = Vec::<f32>::try_from(agreement.f_reshape([-1])?)?;
        let places = rows * columns / 16;
        let mut found = Vec::with_capacity(2 * planes.len());
        for (at, luma) in planes.chunks_exact(rows * columns).enumerate() {
            let there = at * places..(at + 1) * places;
            let (directions, shares) = (&directions[there.clone()], &agreement[there]);
            let fine = respond(luma, columns, &self.taps);
            let fine = self.along.mean_of_host::<4>(&fine, columns, directions, shares);
            found.extend(fine.into_iter().map(inked));
            let bold = respond(&halved(luma, columns), columns / 2, &self.taps);
            let bold = self.along.mean_of_host::<2>(&bold, columns / 2, directions, shares);
            let bold: Vec<f32> = bold.into_iter().map(inked).collect();
            let end = found.len();
            found.resize(end + rows * columns, 0.0);
            doubled(&bold, columns / 2, &mut found[end..]);
        }
        Tensor::f_from_slice(&found)?.f_view([count, 2, height, width])
    }

    /// [`Self::of`] in tensors, wherever they are.
    fn of_device(&self, luma: &Tensor, directions: &Tensor, agreement: &Tensor) -> Result<Tensor, TchError> {
        let half = luma.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)?;
        let size = [luma.size()[2], luma.size()[3]];
        let bold = self.response(&half, directions, agreement)?.f_upsample_bilinear2d(size, false, None, None)?;
        Tensor::f_cat(&[self.response(luma, directions, agreement)?, bold], 1)
    }

    fn response(&self, luma: &Tensor, directions: &Tensor, agreement: &Tensor) -> Result<Tensor, TchError> {
        let padded = luma.f_replication_pad2d([REACH; 4])?;
        let rows = padded.f_conv2d(&self.across, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)?;
        let smooth = rows.f_conv2d(&self.down, None::<Tensor>, [1, 1], [0, 0], [1, 1], 2)?;
        let darker = smooth.f_narrow(1, 1, 1)? - smooth.f_narrow(1, 0, 1)?;
        ((self.along.mean(&darker, directions, agreement)? - THRESHOLD) * SLOPE).f_relu()
    }
}

/// How clear an edge is that is so much darker on one side.
fn inked(darker: f32) -> f32 {
    ((darker - THRESHOLD as f32) * SLOPE as f32).max(0.0)
}

/// Weights of a Gaussian; they sum to 1 over both sides.
fn gaussian(sigma: f64) -> Taps {
    let gauss = |i: i64| (-0.5 * (i as f64 / sigma).powi(2)).exp();
    let sum: f64 = (-REACH..=REACH).map(gauss).sum();
    std::array::from_fn(|i| (gauss(i as i64) / sum) as f32)
}

/// Means of two by two pixels.
fn halved(map: &[f32], width: usize) -> Vec<f32> {
    let pairs = map.chunks_exact(2 * width).map(|rows| rows.split_at(width));
    let boxes = pairs.flat_map(|(upper, lower)| upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0));
    boxes.map(|([a, b], [c, d])| (a + b + c + d) * 0.25).collect()
}

/// Twice the size, bilinear: what lies between two pixels is three parts of the nearer and one of the other.
fn doubled(map: &[f32], width: usize, out: &mut [f32]) {
    let height = map.len() / width;
    let mut row = vec![0.0; width + 2];
    for (y, out) in out.chunks_exact_mut(2 * width).enumerate() {
        let other = if y % 2 == 0 { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(height - 1) };
        let (near, far) = (&map[y / 2 * width..][..width], &map[other * width..][..width]);
        for ((value, near), far) in row[1..=width].iter_mut().zip(near).zip(far) {
            *value = 0.75 * near + 0.25 * far;
        }
        (row[0], row[width + 1]) = (row[1], row[width]);
        let inner = row.iter().zip(&row[1..]).zip(&row[2..]);
        for ([left, right], ((a, b), c)) in out.as_chunks_mut::<2>().0.iter_mut().zip(inner) {
            (*left, *right) = (0.25 * a + 0.75 * b, 0.75 * b + 0.25 * c);
        }
    }
}

/// By how much the wider of the two Gaussians exceeds the other of `luma`, `width` wide, borders repeated: rows, then columns,
/// each a tap at a time over whole rows, which vectorises.
fn respond(luma: &[f32], width: usize, taps: &[Taps; 2]) -> Vec<f32> {
    let reach = REACH as usize;
    let last = luma.len() / width - 1;
    let mut padded = vec![0.0; width + 2 * reach];
    let [mut inner, mut outer] = [vec![0.0; luma.len()], vec![0.0; luma.len()]];
    let rows = inner.chunks_exact_mut(width).zip(outer.chunks_exact_mut(width));
    for (line, (inner, outer)) in luma.chunks_exact(width).zip(rows) {
        padded[..reach].fill(line[0]);
        padded[reach..reach + width].copy_from_slice(line);
        padded[reach + width..].fill(line[width - 1]);
        for tap in 0..=reach {
            // The middle is on either side by half.
            let [a, b] = taps.map(|taps| if tap == 0 { 0.5 * taps[0] } else { taps[tap] });
            let sides = padded[reach - tap..].iter().zip(&padded[reach + tap..]);
            for ((inner, outer), (left, right)) in inner.iter_mut().zip(outer.iter_mut()).zip(sides) {
                *inner += a * (left + right);
                *outer += b * (left + right);
            }
        }
    }
    let mut out = vec![0.0; luma.len()];
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        for tap in 0..=reach {
            let [a, b] = taps.map(|taps| if tap == 0 { 0.5 * taps[0] } else { taps[tap] });
            let (above, below) = (y.saturating_sub(tap), (y + tap).min(last));
            let inner = inner[above * width..][..width].iter().zip(&inner[below * width..][..width]);
            let outer = outer[above * width..][..width].iter().zip(&outer[below * width..][..width]);
            for (out, ((p, q), (r, s))) in out.iter_mut().zip(inner.zip(outer)) {
                *out += b * (r + s) - a * (p + q);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stylize::edges::Finder;

    /// Luma 0.8 with a step of `by` at column 32.
    fn step(by: f64) -> Tensor {
        let row = Tensor::cat(
            &[
                Tensor::full([32], 0.8, (Kind::Float, Device::Cpu)),
                Tensor::full([32], 0.8 - by, (Kind::Float, Device::Cpu)),
            ],
            0,
        );
        row.expand([1, 1, 64, 64], false)
    }

    fn edges(luma: &Tensor) -> Edges {
        let low = luma.avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None);
        Finder::new(Device::Cpu).unwrap().edges(&low).unwrap()
    }

    fn lines(luma: &Tensor) -> Tensor {
        Lines::new(Device::Cpu).unwrap().of(luma, &edges(luma)).unwrap()
    }

    #[test]
    fn a_line_lies_on_the_dark_side_of_an_edge() {
        let lines = lines(&step(0.2));
        for (channel, width) in [(0, 3), (1, 6)] {
            let row = lines.select(1, channel).select(1, 32).squeeze();
            assert!(row.double_value(&[32]) > 0.4, "{channel}");
            assert_eq!(row.narrow(0, 0, 31).max().double_value(&[]), 0.0, "{channel}");
            assert_eq!(row.narrow(0, 32 + 3 * width, 64 - 32 - 3 * width).max().double_value(&[]), 0.0, "{channel}");
        }
    }

    #[test]
    fn both_ways_find_the_same() {
        let luma = Tensor::rand([2, 1, 40, 56], (Kind::Float, Device::Cpu));
        let lines = Lines::new(Device::Cpu).unwrap();
        let Edges { twice, agreement, .. } = edges(&luma);
        let directions = lines.along.directions(&twice).unwrap();
        let host = lines.of_host(&luma, &directions, &agreement).unwrap();
        let device = lines.of_device(&luma, &directions, &agreement).unwrap();
        assert!(device.max().double_value(&[]) > 1.0);
        let apart = (host - device).abs().max().double_value(&[]);
        assert!(apart < 1e-4, "{apart}");
    }

    #[test]
    fn flat_areas_and_faint_edges_have_none() {
        assert_eq!(lines(&step(0.02)).max().double_value(&[]), 0.0);
    }
}
