//! Which way edges run, at a quarter of the picture's size: the smaller eigenvector of the structure tensor of luma (Förstner
//! and Gülch 1987). Brush [strokes](super::strokes) and ink [lines](super::lines) follow it.

use tch::{Device, Kind, TchError, Tensor};

/// Places around whose slopes are a place's direction: deviation of a Gaussian, and where it ends.
const SMOOTH: f32 = 1.5;
const WITHIN: i64 = 4;

/// The filters, on one device.
#[derive(Debug)]
pub(super) struct Finder {
    /// Sobel's filters, rightwards and downwards.
    slopes: Tensor,
    /// A Gaussian of deviation [`SMOOTH`], three times.
    smooth: Tensor,
}

/// What is known of edges.
pub(super) struct Edges {
    /// Twice the angle of the edge (from rightwards to downwards) as a vector of length 1, so that either way along it is the
    /// same: N x 2 x h x w.
    pub twice: Tensor,
    /// How much the slopes around agree on it: 1 along an edge, next to 0 in texture and at corners. N x 1 x h x w.
    pub agreement: Tensor,
    /// Mean square of the slope of luma (of 1, by Sobel's filters) within a place: N x 1 x h x w.
    pub steepness: Tensor,
}

impl Finder {
    /// On `device`.
    ///
    /// # Errors
    /// libtorch's, as below.
    pub fn new(device: Device) -> Result<Self, TchError> {
        let filter = |taps: &[f32], shape: [i64; 4]| Tensor::f_from_slice(taps)?.f_to_device(device)?.f_view(shape);
        let slopes = [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0, -1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0];
        let gauss = |i: i64| (-0.5 * (i as f32 / SMOOTH).powi(2)).exp();
        let sum: f32 = (-WITHIN..=WITHIN).map(gauss).sum();
        let rows = (-WITHIN..=WITHIN).flat_map(|y| (-WITHIN..=WITHIN).map(move |x| (x, y)));
        let smooth: Vec<f32> = rows.map(|(x, y)| gauss(x) * gauss(y) / (sum * sum)).collect();
        let side = 2 * WITHIN + 1;
        Ok(Self { slopes: filter(&slopes, [2, 1, 3, 3])?, smooth: filter(&smooth.repeat(3), [3, 1, side, side])? })
    }

    /// Of luma (N x 1 x h x w, at a quarter of the picture's size).
    ///
    /// # Errors
    /// libtorch's.
    pub fn edges(&self, luma: &Tensor) -> Result<Edges, TchError> {
        let filtered = |map: &Tensor, filter: &Tensor, reach: i64, groups: i64| {
            let padded = map.f_replication_pad2d([reach; 4])?;
            padded.f_conv2d(filter, None::<Tensor>, [1, 1], [0, 0], [1, 1], groups)
        };
        let sum = |x: &Tensor| x.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float);
        let slopes = filtered(luma, &self.slopes, 1, 1)?;
        let (right, down) = (slopes.f_narrow(1, 0, 1)?, slopes.f_narrow(1, 1, 1)?);
        // The negative of twice the slope's angle is that across it.
        let twice = Tensor::f_cat(&[down.f_square()? - right.f_square()?, &right * &down * -2.0], 1)?;
        let maps = Tensor::f_cat(&[&twice, &sum(&slopes.f_square()?)?], 1)?;
        let maps = filtered(&maps, &self.smooth, WITHIN, 3)?;
        let twice = maps.f_narrow(1, 0, 2)?;
        // A root has no slope at 0.
        let length = (sum(&twice.f_square()?)? + 1e-12).f_sqrt()?;
        // Not from as far away: a wall is as even beside an edge as elsewhere.
        let near =
            slopes.f_square()?.f_replication_pad2d([1; 4])?.f_avg_pool2d([3; 2], [1, 1], [0, 0], false, true, None)?;
        let agreement = length.f_div(&(maps.f_narrow(1, 2, 1)? + 1e-6))?;
        Ok(Edges { twice: twice.f_div(&length)?, agreement, steepness: sum(&near)? })
    }
}

/// Directions (N x 2 x h x w, as [`Edges::twice`]) over each of `compass`: cosines of twice the angle between, N x count x h x w.
///
/// # Errors
/// libtorch's.
pub(super) fn towards(twice: &Tensor, compass: &Tensor) -> Result<Tensor, TchError> {
    let (count, _, height, width) = twice.size4()?;
    compass.f_matmul(&twice.f_flatten(2, 3)?)?.f_view([count, -1, height, width])
}

/// `count` directions that are evenly spread, from rightwards on, for [`towards`]: count x 2, on `device`.
///
/// # Errors
/// libtorch's.
pub(super) fn compass(count: usize, device: Device) -> Result<Tensor, TchError> {
    let angles = (0..count).map(|i| i as f32 * std::f32::consts::TAU / count as f32);
    let taps: Vec<f32> = angles.flat_map(|angle| [angle.cos(), angle.sin()]).collect();
    Tensor::f_from_slice(&taps)?.f_to_device(device)?.f_view([-1, 2])
}
