//! 256 colours for GIF: a palette that follows the film (median cut, Heckbert 1982) and ordered dithering (Bayer 1973).
//!
//! The palette stays as long as it serves: one that changed with every frame would make flat areas flicker and every
//! frame a whole picture. Works on sRGB code values, as GIF does.

/// Colours of a palette; one more is left for "transparent", with which GIF says "as before".
const COLORS: usize = 255;
/// Bits of a channel that the search works with.
const BITS: u32 = 5;
const BINS: usize = 1 << (3 * BITS);
/// A palette is replaced when a frame fits so many times worse than the one it was made from, and by this much.
const WORSE: f64 = 1.6;
const WORSE_BY: f64 = 6.0;

/// Index of the transparent entry.
pub const TRANSPARENT: u8 = 255;

/// Reduces pictures to a palette.
pub struct Quantizer {
    colors: Vec<[u8; 3]>,
    /// Nearest colour of every bin.
    nearest: Vec<u8>,
    /// Mean squared error of the frame that the palette was made from.
    fit: f64,
}

impl Default for Quantizer {
    fn default() -> Self {
        Self { colors: Vec::new(), nearest: vec![0; BINS], fit: f64::INFINITY }
    }
}

impl Quantizer {
    /// The palette as opaque sRGB colours, at most 255.
    #[must_use]
    pub fn colors(&self) -> &[[u8; 3]] {
        &self.colors
    }

    /// Makes the palette fit for pictures like `rows` (packed RGBA rows), keeping it where it is.
    pub fn prepare<'a>(&mut self, rows: impl Iterator<Item = &'a [u8]>) {
        let mut histogram = vec![0u32; BINS];
        for pixel in rows.flat_map(|row| row.chunks_exact(4)).filter(|p| p[3] >= 128) {
            histogram[bin([pixel[0], pixel[1], pixel[2]])] += 1;
        }
        let error = self.error(&histogram);
        if self.colors.is_empty() || error > self.fit * WORSE + WORSE_BY {
            self.colors = median_cut(&histogram);
            for (index, nearest) in self.nearest.iter_mut().enumerate() {
                *nearest = closest(&self.colors, center(index));
            }
            self.fit = self.error(&histogram);
        }
    }

    /// Palette indices of row `y`, packed RGBA pixels, into `out`.
    pub fn row(&self, y: usize, pixels: &[u8], out: &mut [u8]) {
        /// Thresholds of 8 x 8 pixels, in 1/64.
        const BAYER: [[u8; 8]; 8] = [
            [0, 32, 8, 40, 2, 34, 10, 42],
            [48, 16, 56, 24, 50, 18, 58, 26],
            [12, 44, 4, 36, 14, 46, 6, 38],
            [60, 28, 52, 20, 62, 30, 54, 22],
            [3, 35, 11, 43, 1, 33, 9, 41],
            [51, 19, 59, 27, 49, 17, 57, 25],
            [15, 47, 7, 39, 13, 45, 5, 37],
            [63, 31, 55, 23, 61, 29, 53, 21],
        ];
        for (x, (pixel, out)) in pixels.chunks_exact(4).zip(out).enumerate() {
            // One bin up and down at most: enough to dissolve steps, too little to see as a pattern.
            let offset = i16::from(BAYER[y % 8][x % 8]) / 8 - 4;
            let moved = [pixel[0], pixel[1], pixel[2]].map(|c| (i16::from(c) + offset).clamp(0, 255) as u8);
            *out = if pixel[3] < 128 { TRANSPARENT } else { self.nearest[bin(moved)] };
        }
    }

    /// Mean squared error per channel of a picture with this histogram.
    fn error(&self, histogram: &[u32]) -> f64 {
        if self.colors.is_empty() {
            return f64::INFINITY;
        }
        let mut sum = 0.0;
        let mut count = 0u64;
        for (index, pixels) in histogram.iter().enumerate().filter(|(_, n)| **n > 0) {
            let color = self.colors[usize::from(self.nearest[index])];
            sum += f64::from(distance(center(index), color)) * f64::from(*pixels);
            count += u64::from(*pixels);
        }
        sum / (3.0 * count.max(1) as f64)
    }
}

fn bin([r, g, b]: [u8; 3]) -> usize {
    let top = |c: u8| usize::from(c >> (8 - BITS));
    (top(r) << (2 * BITS)) | (top(g) << BITS) | top(b)
}

/// The colour in the middle of a bin; black and white are exact.
fn center(bin: usize) -> [u8; 3] {
    [2 * BITS, BITS, 0].map(|shift| {
        let level = (bin >> shift) & ((1 << BITS) - 1);
        (level * 255 / ((1 << BITS) - 1)) as u8
    })
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

fn closest(colors: &[[u8; 3]], color: [u8; 3]) -> u8 {
    let nearest = colors.iter().enumerate().min_by_key(|(_, c)| distance(**c, color));
    nearest.map_or(0, |(index, _)| index as u8)
}

/// Splits the colours of a histogram into boxes of equal weight and answers with their means.
fn median_cut(histogram: &[u32]) -> Vec<[u8; 3]> {
    let used: Vec<_> = (0..BINS).filter(|i| histogram[*i] > 0).collect();
    if used.is_empty() {
        return vec![[0; 3]];
    }
    let mut boxes = vec![Box3::new(used, histogram)];
    while boxes.len() < COLORS {
        // The box with the largest squared error gains most by being split.
        let worst = boxes.iter().enumerate().filter(|(_, b)| b.bins.len() > 1);
        let Some((index, _)) = worst.max_by(|a, b| a.1.error.total_cmp(&b.1.error)) else { break };
        let (low, high) = boxes.swap_remove(index).split(histogram);
        boxes.extend([low, high]);
    }
    boxes.iter().map(|b| b.mean.map(|c| c.round() as u8)).collect()
}

struct Box3 {
    bins: Vec<usize>,
    mean: [f64; 3],
    axis: usize,
    /// Summed squared distance to the mean along `axis`, the widest one.
    error: f64,
}

impl Box3 {
    fn new(bins: Vec<usize>, histogram: &[u32]) -> Self {
        let (mut weight, mut sum, mut square) = (0.0, [0.0; 3], [0.0; 3]);
        for bin in &bins {
            let n = f64::from(histogram[*bin]);
            weight += n;
            for (axis, value) in center(*bin).map(f64::from).into_iter().enumerate() {
                sum[axis] += n * value;
                square[axis] += n * value * value;
            }
        }
        let mean = sum.map(|s| s / weight);
        let errors: [f64; 3] = std::array::from_fn(|axis| square[axis] - sum[axis] * mean[axis]);
        let axis = (0..3).max_by(|a, b| errors[*a].total_cmp(&errors[*b])).unwrap_or(0);
        Self { bins, mean, axis, error: errors[axis] }
    }

    /// Cuts at the mean of the widest axis, which leaves colours on both sides.
    fn split(self, histogram: &[u32]) -> (Self, Self) {
        let (axis, at) = (self.axis, self.mean[self.axis]);
        let (mut low, mut high): (Vec<_>, Vec<_>) =
            self.bins.into_iter().partition(|bin| f64::from(center(*bin)[axis]) <= at);
        // Rounding of the mean must not leave one side empty.
        for (from, to) in [(0, 1), (1, 0)] {
            let sides = [&mut low, &mut high];
            if sides[to].is_empty() && sides[from].len() > 1 {
                let moved = if from == 0 { low.pop() } else { high.pop() };
                if to == 0 { low.extend(moved) } else { high.extend(moved) }
            }
        }
        (Self::new(low, histogram), Self::new(high, histogram))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantized(quantizer: &mut Quantizer, pixels: &[[u8; 4]]) -> Vec<[u8; 3]> {
        let bytes = pixels.as_flattened();
        quantizer.prepare(std::iter::once(bytes));
        let mut out = vec![0; pixels.len()];
        quantizer.row(0, bytes, &mut out);
        out.into_iter().map(|i| quantizer.colors().get(usize::from(i)).copied().unwrap_or([1, 2, 3])).collect()
    }

    #[test]
    fn few_colours_stay_what_they_are() {
        let pixels = [[255, 255, 255, 255], [0, 0, 0, 255], [255, 0, 0, 255], [0, 0, 255, 255]].repeat(50);
        let got = quantized(&mut Quantizer::default(), &pixels);
        for (pixel, got) in pixels.iter().zip(got) {
            assert!(distance([pixel[0], pixel[1], pixel[2]], got) <= 3 * 64, "{pixel:?} became {got:?}");
        }
    }

    #[test]
    fn a_gradient_keeps_its_mean_and_a_palette_that_serves_stays() {
        let gradient: Vec<_> = (0..4096u32).map(|i| [(i / 16) as u8, (i / 32) as u8, 200, 255]).collect();
        let mut quantizer = Quantizer::default();
        let got = quantized(&mut quantizer, &gradient);
        let mean = |it: &mut dyn Iterator<Item = u8>| it.map(f64::from).sum::<f64>() / 4096.0;
        let (before, after) = (mean(&mut gradient.iter().map(|p| p[0])), mean(&mut got.iter().map(|p| p[0])));
        assert!((before - after).abs() < 3.0, "{before} became {after}");
        let first = quantizer.colors().to_vec();
        quantized(&mut quantizer, &gradient[..4000]);
        assert_eq!(quantizer.colors(), first, "the same scene keeps its palette");
        let other: Vec<_> = (0..4096u32).map(|i| [10, 200, (i / 16) as u8, 255]).collect();
        quantized(&mut quantizer, &other);
        assert_ne!(quantizer.colors(), first, "another scene gets its own");
    }

    #[test]
    fn what_is_transparent_stays_so() {
        let mut quantizer = Quantizer::default();
        let pixels = [[9, 9, 9, 255], [200, 100, 0, 0]];
        quantizer.prepare(std::iter::once(pixels.as_flattened()));
        let mut out = [0; 2];
        quantizer.row(0, pixels.as_flattened(), &mut out);
        assert_eq!(out[1], TRANSPARENT);
        assert_ne!(out[0], TRANSPARENT);
    }
}
