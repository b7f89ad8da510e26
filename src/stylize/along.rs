//! Means along edges: what an edge answers to a filter across it, averaged over a few pixels of the edge, so that a line holds
//! together and specks and grain, which lie along nothing, fade. With a difference of Gaussians this is the flow-based one of
//! Kang et al. 2007, but for its filter across, which knows no direction; along, it is straight.

use super::edges;
use tch::{Device, Kind, TchError, Tensor};

/// Directions that are told apart.
const DIRECTIONS: usize = 16;
/// Pixels to either side, and the deviation of their weights.
const REACH: usize = 4;
const DEVIATION: f32 = 2.0;
const SIDE: usize = 2 * REACH + 1;

/// Where the taps of a direction lie, rightwards and downwards from the first of [`SIDE`] x [`SIDE`] pixels.
type Taps = [[usize; 2]; SIDE];

/// The filters, on one device.
#[derive(Debug)]
pub(super) struct Along {
    taps: [Taps; DIRECTIONS],
    weights: [f32; SIDE],
    /// The same as a filter.
    filter: Tensor,
    compass: Tensor,
}

impl Along {
    /// On `device`.
    ///
    /// # Errors
    /// libtorch's, as below.
    pub fn new(device: Device) -> Result<Self, TchError> {
        let steps: [f32; SIDE] = std::array::from_fn(|i| i as f32 - REACH as f32);
        let weights = steps.map(|step| (-0.5 * (step / DEVIATION).powi(2)).exp());
        let sum: f32 = weights.iter().sum();
        let weights = weights.map(|weight| weight / sum);
        let taps = std::array::from_fn(|direction| {
            let (sin, cos) = (std::f32::consts::PI * direction as f32 / DIRECTIONS as f32).sin_cos();
            steps.map(|step| [cos, sin].map(|part| (step * part + REACH as f32).round() as usize))
        });
        Ok(Self {
            taps,
            weights,
            filter: filter(&taps, &weights, device)?,
            compass: edges::compass(DIRECTIONS, device)?,
        })
    }

    /// Which of the directions (their number, N x 1 x h x w, i64) is nearest to [`Edges::twice`](edges::Edges::twice).
    ///
    /// # Errors
    /// libtorch's.
    pub fn directions(&self, twice: &Tensor) -> Result<Tensor, TchError> {
        edges::towards(twice, &self.compass)?.f_argmax(1, true)
    }

    /// Means of `map` (N x 1 x H x W) along `directions` (N x 1 x h x w, of which H and W are a multiple), borders repeated; of
    /// these only the `shares` (of 1, N x 1 x h x w), and for the rest the map as it is.
    ///
    /// # Errors
    /// libtorch's.
    pub fn mean(&self, map: &Tensor, directions: &Tensor, shares: &Tensor) -> Result<Tensor, TchError> {
        let size = [map.size()[2], map.size()[3]];
        let padded = map.f_replication_pad2d([REACH as i64; 4])?;
        let all = padded.f_conv2d(&self.filter, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)?;
        // Whole numbers cannot be enlarged.
        let directions = directions.f_to_kind(Kind::Float)?.f_upsample_nearest2d(size, None, None)?;
        let mean = all.f_gather(1, &directions.f_to_kind(Kind::Int64)?, false)?;
        Ok(map + (mean - map).f_mul(&shares.f_upsample_nearest2d(size, None, None)?)?)
    }

    /// [`Self::mean`] of one picture of `width`, `CELL` times as wide as `directions`, in plain Rust.
    pub fn mean_of_host<const CELL: usize>(
        &self,
        map: &[f32],
        width: usize,
        directions: &[i64],
        shares: &[f32],
    ) -> Vec<f32> {
        let stride = width + 2 * REACH;
        let padded = padded(map, width);
        let offsets = self.taps.map(|taps| taps.map(|[right, down]| down * stride + right));
        let mut out = map.to_vec();
        for (y, out) in out.chunks_exact_mut(width).enumerate() {
            let places = y / CELL * (width / CELL)..;
            let places = directions[places.clone()].iter().zip(&shares[places]);
            let rows = &padded[y * stride..][..SIDE * stride];
            // Pixels of a cell together, which makes a vector of them.
            for ((x, out), (direction, share)) in out.as_chunks_mut::<CELL>().0.iter_mut().enumerate().zip(places) {
                let mut mean = [0.0; CELL];
                for (offset, weight) in offsets[*direction as usize % DIRECTIONS].iter().zip(self.weights) {
                    let from = &rows[x * CELL + offset..][..CELL];
                    mean.iter_mut().zip(from).for_each(|(mean, value)| *mean += weight * value);
                }
                out.iter_mut().zip(mean).for_each(|(out, mean)| *out += (mean - *out) * share);
            }
        }
        out
    }
}

/// `map` with its border repeated [`REACH`] times.
fn padded(map: &[f32], width: usize) -> Vec<f32> {
    let rows: Vec<&[f32]> = map.chunks_exact(width).collect();
    let mut padded = Vec::with_capacity((rows.len() + 2 * REACH) * (width + 2 * REACH));
    for y in 0..rows.len() + 2 * REACH {
        let row = rows[y.saturating_sub(REACH).min(rows.len() - 1)];
        padded.extend([row[0]; REACH]);
        padded.extend_from_slice(row);
        padded.extend([row[width - 1]; REACH]);
    }
    padded
}

/// [`DIRECTIONS`] x 1 x [`SIDE`] x [`SIDE`].
fn filter(taps: &[Taps; DIRECTIONS], weights: &[f32; SIDE], device: Device) -> Result<Tensor, TchError> {
    let mut filter = vec![0.0_f32; DIRECTIONS * SIDE * SIDE];
    for (filter, taps) in filter.chunks_exact_mut(SIDE * SIDE).zip(taps) {
        for ([right, down], weight) in taps.iter().zip(weights) {
            filter[down * SIDE + right] += weight;
        }
    }
    Tensor::f_from_slice(&filter)?.f_to_device(device)?.f_view([DIRECTIONS as i64, 1, SIDE as i64, SIDE as i64])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line through the middle of 32 x 32 pixels, `angle` from rightwards to downwards, and its direction at a quarter.
    fn line(angle: f32) -> (Tensor, Tensor) {
        let (sin, cos) = angle.sin_cos();
        let pixels = (0..32 * 32).map(|i| ((i % 32) as f32 - 15.5, (i / 32) as f32 - 15.5));
        let line: Vec<f32> = pixels.map(|(x, y)| (-(x * sin - y * cos).powi(2)).exp()).collect();
        let twice = Tensor::from_slice(&[(2.0 * angle).cos(), (2.0 * angle).sin()]).view([1, 2, 1, 1]);
        (Tensor::from_slice(&line).view([1, 1, 32, 32]), twice.repeat([1, 1, 8, 8]))
    }

    #[test]
    fn a_line_stays_and_a_speck_fades() {
        let along = Along::new(Device::Cpu).unwrap();
        for turn in 0..16 {
            let (line, twice) = line(std::f32::consts::PI * turn as f32 / 16.0);
            let directions = along.directions(&twice).unwrap();
            assert_eq!(directions.int64_value(&[0, 0, 3, 3]), turn);
            let middle = |map: &Tensor| map.narrow(2, 14, 4).narrow(3, 14, 4).max().double_value(&[]);
            let kept = middle(&along.mean(&line, &directions, &twice.ones_like().narrow(1, 0, 1)).unwrap());
            assert!(kept > 0.8 * middle(&line), "{turn}: {kept}");
            let speck = line.zeros_like();
            let _ = speck.narrow(2, 16, 1).narrow(3, 16, 1).fill_(1.0);
            let faded =
                along.mean(&speck, &directions, &twice.ones_like().narrow(1, 0, 1)).unwrap().max().double_value(&[]);
            assert!(faded < 0.35, "{turn}: {faded}");
        }
    }

    #[test]
    fn both_ways_are_the_same() {
        tch::manual_seed(2);
        let along = Along::new(Device::Cpu).unwrap();
        let map = Tensor::rand([1, 1, 24, 40], (Kind::Float, Device::Cpu));
        for cell in [4_i64, 2] {
            let directions = Tensor::randint(16, [1, 1, 24 / cell, 40 / cell], (Kind::Int64, Device::Cpu));
            let shares = Tensor::rand([1, 1, 24 / cell, 40 / cell], (Kind::Float, Device::Cpu));
            let device = along.mean(&map, &directions, &shares).unwrap();
            let [numbers, map, shares] =
                [&directions.to_kind(Kind::Float), &map, &shares].map(|x| Vec::<f32>::try_from(x.view([-1])).unwrap());
            let numbers: Vec<i64> = numbers.into_iter().map(|number| number as i64).collect();
            let host = match cell {
                4 => along.mean_of_host::<4>(&map, 40, &numbers, &shares),
                _ => along.mean_of_host::<2>(&map, 40, &numbers, &shares),
            };
            let apart = (Tensor::from_slice(&host).view_as(&device) - device).abs().max().double_value(&[]);
            assert!(apart < 1e-5, "{cell}: {apart}");
        }
    }
}
