//! Flat paint: the paint of a place is a mean of that around it, as far as nothing holds the two apart.
//!
//! An edge-avoiding à-trous filter (Dammertz et al. 2010) at a quarter of the picture's size: three passes of 3 x 3 taps, 1, 2
//! and 4 places apart, which reach 28 pixels. How far a neighbour counts falls with its distance in colour, times how much the
//! network holds on to differences of colour there (little in bricks and fur, much at the border of a face), and with
//! its distance in *ground*, channels by which the network tells apart what does not belong together. So texture goes
//! and edges stay where the network wants it (compare the kernels that Bako et al. 2017 predict), and no paint is lighter,
//! darker or of another colour than all that is around it.

use tch::{Device, Kind, TchError, Tensor};

/// Channels of ground.
pub(super) const GROUND: i64 = 3;
/// Distances between taps, in turn.
const DILATIONS: [usize; 3] = [1, 2, 4];
/// The neighbours of a place, by rows and columns from the first of the 3 x 3, and their weights (1, 2, 1 either way) over
/// that of the place itself.
const NEIGHBOURS: [([usize; 2], f32); 8] = [
    ([0, 0], 0.25),
    ([0, 1], 0.5),
    ([0, 2], 0.25),
    ([1, 0], 0.5),
    ([1, 2], 0.5),
    ([2, 0], 0.25),
    ([2, 1], 0.5),
    ([2, 2], 0.25),
];
/// Squared distance of colours (R'G'B' in 0..=1) at which a neighbour counts 1/e, where they are held apart by 1.
const APART: f64 = 0.01;

/// `paint` (N x 3 x h x w) evened out; `hold` is N x 1 x h x w, 0 or more, `ground` N x [`GROUND`] x h x w, all in f32. On
/// the CPU it is plain Rust, in a fraction of the time that tensors take, where no gradient is asked for.
///
/// # Errors
/// libtorch's.
pub(super) fn flattened(paint: &Tensor, hold: &Tensor, ground: &Tensor) -> Result<Tensor, TchError> {
    let hold = hold / APART;
    let plain = paint.device() == Device::Cpu && paint.size()[0] == 1;
    if plain && ![paint, &hold, ground].iter().any(|tensor| tensor.requires_grad()) {
        return of_host(paint, &hold, ground);
    }
    of_device(paint, &hold, ground)
}

/// [`flattened`] in tensors, wherever they are, with `hold` over [`APART`].
fn of_device(paint: &Tensor, hold: &Tensor, ground: &Tensor) -> Result<Tensor, TchError> {
    let (_, _, height, width) = paint.size4()?;
    let shares = Tensor::f_from_slice(&NEIGHBOURS.map(|(_, share)| share))?;
    let shares = shares.f_to_device(paint.device())?.f_view([1, NEIGHBOURS.len() as i64, 1, 1])?;
    let mut paint = paint.shallow_clone();
    for dilation in DILATIONS.map(|dilation| dilation as i64) {
        let all = Tensor::f_cat(&[&paint, ground], 1)?;
        let padded = all.f_replication_pad2d([dilation; 4])?;
        let neighbours = NEIGHBOURS.map(|(at, _)| {
            let [down, right] = at.map(|taps| dilation * taps as i64);
            padded.f_narrow(2, down, height)?.f_narrow(3, right, width)
        });
        let neighbours = neighbours.into_iter().collect::<Result<Vec<_>, _>>()?;
        let differences = Tensor::f_stack(&neighbours, 1)? - all.f_unsqueeze(1)?;
        let squares = differences.f_square()?;
        let sum = |from: i64, count: i64| {
            squares.f_narrow(2, from, count)?.f_sum_dim_intlist([2_i64].as_slice(), false, Kind::Float)
        };
        let distance = sum(0, 3)?.f_mul(hold)? + sum(3, GROUND)?;
        let weights = distance.f_neg()?.f_exp()?.f_mul(&shares)?;
        let total = weights.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)? + 1.0;
        let moved = differences.f_narrow(2, 0, 3)?.f_mul(&weights.f_unsqueeze(2)?)?;
        let moved = moved.f_sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)?.f_div(&total)?;
        // A new tensor: the old one is the caller's.
        paint = paint.f_add(&moved)?;
    }
    Ok(paint)
}

/// Colour and ground of the places of a row.
type Places<'a> = [&'a [f32]; 3 + GROUND as usize];

/// What the neighbours of the places of a row add up to.
struct Sums {
    weights: Vec<f32>,
    /// Of the distances in R', G' and B', times their weights.
    moved: [Vec<f32>; 3],
}

impl Sums {
    /// Counts a neighbour of each place, which are held apart by `hold`.
    fn meet(&mut self, here: Places, there: Places, hold: &[f32], share: f32) {
        let count = hold.len();
        // As long as each other, so that the loop needs no checks and is made of vectors.
        let [r, g, b, ground @ ..] = here.map(|row| &row[..count]);
        let [to_r, to_g, to_b, to_ground @ ..] = there.map(|row| &row[..count]);
        let weights = &mut self.weights[..count];
        let [moved_r, moved_g, moved_b] = self.moved.each_mut().map(|moved| &mut moved[..count]);
        for x in 0..count {
            let (dr, dg, db) = (to_r[x] - r[x], to_g[x] - g[x], to_b[x] - b[x]);
            let mut distance = (dr * dr + dg * dg + db * db) * hold[x];
            for (to, from) in to_ground.iter().zip(&ground) {
                let apart = to[x] - from[x];
                distance += apart * apart;
            }
            let weight = falling(distance) * share;
            weights[x] += weight;
            moved_r[x] += dr * weight;
            moved_g[x] += dg * weight;
            moved_b[x] += db * weight;
        }
    }
}

/// e^-x, to 0.002, without a call.
fn falling(x: f32) -> f32 {
    let mut power = (1.0 - x / 256.0).max(0.0);
    for _ in 0..8 {
        power *= power;
    }
    power
}

/// Columns that are repeated at either end of a row.
const MARGIN: usize = DILATIONS[DILATIONS.len() - 1];

/// [`of_device`] of one picture, in plain Rust.
fn of_host(paint: &Tensor, hold: &Tensor, ground: &Tensor) -> Result<Tensor, TchError> {
    let (_, _, height, width) = paint.size4()?;
    let [rows, columns] = [height as usize, width as usize];
    let values = |tensor: &Tensor| Vec::<f32>::try_from(tensor.f_reshape([-1])?);
    let (mut paint, hold, ground) = (values(paint)?, values(hold)?, values(ground)?);
    let mut padded: Vec<f32> = Vec::new();
    let mut sums = Sums { weights: vec![0.0; columns], moved: std::array::from_fn(|_| vec![0.0; columns]) };
    for dilation in DILATIONS {
        padded.clear();
        paint.chunks_exact(columns).chain(ground.chunks_exact(columns)).for_each(|row| pad(row, &mut padded));
        let places = |y: usize, x: usize| -> Places {
            std::array::from_fn(|channel| &padded[(channel * rows + y) * (columns + 2 * MARGIN) + x..][..columns])
        };
        for y in 0..rows {
            sums.weights.fill(1.0);
            sums.moved.iter_mut().for_each(|moved| moved.fill(0.0));
            for ([down, right], share) in NEIGHBOURS {
                let beside = (y + down * dilation).saturating_sub(dilation).min(rows - 1);
                let there = places(beside, MARGIN + right * dilation - dilation);
                sums.meet(places(y, MARGIN), there, &hold[y * columns..][..columns], share);
            }
            for (channel, moved) in sums.moved.iter().enumerate() {
                let row = &mut paint[(channel * rows + y) * columns..][..columns];
                row.iter_mut().zip(moved).zip(&sums.weights).for_each(|((paint, moved), sum)| *paint += moved / sum);
            }
        }
    }
    Tensor::f_from_slice(&paint)?.f_view([1, 3, height, width])
}

/// A row with its ends repeated.
fn pad(row: &[f32], padded: &mut Vec<f32>) {
    let [first, last] = [row[0], row[row.len() - 1]];
    padded.extend([first; MARGIN]);
    padded.extend(row);
    padded.extend([last; MARGIN]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(value: f64, channels: i64) -> Tensor {
        Tensor::full([1, channels, 12, 20], value, (Kind::Float, Device::Cpu))
    }

    /// Dark to the left and light to the right, with noise of that deviation.
    fn two_sides(noise: f64) -> Tensor {
        tch::manual_seed(4);
        let paint = full(0.3, 3);
        let _ = paint.narrow(3, 10, 10).fill_(0.8);
        paint + Tensor::randn([1, 3, 12, 20], (Kind::Float, Device::Cpu)) * noise
    }

    fn deviation(paint: &Tensor) -> f64 {
        paint.std(true).double_value(&[])
    }

    #[test]
    fn both_ways_draw_the_same() {
        tch::manual_seed(3);
        let noise = |channels| Tensor::rand([1, channels, 9, 22], (Kind::Float, Device::Cpu));
        let (paint, hold, ground) = (noise(3), noise(1) * 3.0, noise(GROUND));
        let (host, device) = (of_host(&paint, &hold, &ground).unwrap(), of_device(&paint, &hold, &ground).unwrap());
        assert!((&device - &paint).abs().max().double_value(&[]) > 0.1);
        let apart = (host - device).abs().max().double_value(&[]);
        assert!(apart < 0.005, "{apart}");
    }

    #[test]
    fn texture_goes_and_what_is_held_stays() {
        let paint = two_sides(0.05);
        let flat = flattened(&paint, &full(1.0, 1), &full(0.0, GROUND)).unwrap();
        let (before, after) = (deviation(&paint.narrow(3, 10, 10)), deviation(&flat.narrow(3, 10, 10)));
        assert!(after < 0.4 * before, "{before} {after}");
        let [dark, light] = [9, 10].map(|x| flat.narrow(3, x, 1).mean(Kind::Float).double_value(&[]));
        assert!(light - dark > 0.45, "{dark} {light}");
        let kept = flattened(&paint, &full(1e4, 1), &full(0.0, GROUND)).unwrap();
        assert!((kept - paint).abs().max().double_value(&[]) < 0.01);
    }

    #[test]
    fn other_ground_is_not_mixed_in() {
        let (paint, ground) = (two_sides(0.0), two_sides(0.0) * 8.0);
        let [mixed, apart] = [full(0.0, GROUND), ground].map(|ground| {
            let flat = flattened(&paint, &full(0.0, 1), &ground).unwrap();
            flat.narrow(3, 9, 1).mean(Kind::Float).double_value(&[]) - 0.3
        });
        assert!(mixed > 0.1 && apart < 0.001, "{mixed} {apart}");
    }

    #[test]
    fn flat_paint_stays_as_it_is() {
        let paint = full(0.37, 3);
        let flat = flattened(&paint, &full(1.0, 1), &full(0.5, GROUND)).unwrap();
        assert!((flat - paint).abs().max().double_value(&[]) < 1e-6);
    }
}
