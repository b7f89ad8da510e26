//! One channel of a picture, with the few operations the filters share. Borders repeat the outermost pixel.

/// Rows of `f32`, packed.
#[derive(Clone, Debug)]
pub struct Plane {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Samples, row by row.
    pub data: Vec<f32>,
}

impl Plane {
    /// All samples `value`.
    #[must_use]
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self { width, height, data: vec![value; width * height] }
    }

    /// A plane whose sample at (x, y) is `f(x, y)`.
    pub fn generate(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> f32) -> Self {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            data.extend((0..width).map(|x| f(x, y)));
        }
        Self { width, height, data }
    }

    /// Sample at (x, y), both clamped to the picture.
    #[must_use]
    pub fn at(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.data[y * self.width + x]
    }

    /// Bilinear sample at (x, y), clamped to the picture.
    #[must_use]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, self.width as f32 - 1.0);
        let y = y.clamp(0.0, self.height as f32 - 1.0);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let (top, bottom) = (y0 * self.width, y1 * self.width);
        let upper = self.data[top + x0] + fx * (self.data[top + x1] - self.data[top + x0]);
        let lower = self.data[bottom + x0] + fx * (self.data[bottom + x1] - self.data[bottom + x0]);
        upper + fy * (lower - upper)
    }

    /// Gaussian blur, `sigma` in pixels.
    #[must_use]
    pub fn blurred(&self, sigma: f32) -> Self {
        let radius = (3.0 * sigma).ceil() as isize;
        let mut kernel: Vec<f32> = (-radius..=radius).map(|i| gauss(i as f32, sigma)).collect();
        let sum: f32 = kernel.iter().sum();
        kernel.iter_mut().for_each(|k| *k /= sum);
        let across = Self::generate(self.width, self.height, |x, y| {
            kernel.iter().zip(-radius..).map(|(k, i)| k * self.at(x as isize + i, y as isize)).sum()
        });
        Self::generate(self.width, self.height, |x, y| {
            kernel.iter().zip(-radius..).map(|(k, i)| k * across.at(x as isize, y as isize + i)).sum()
        })
    }
}

/// Unnormalised Gaussian.
pub fn gauss(x: f32, sigma: f32) -> f32 {
    (-x * x / (2.0 * sigma * sigma)).exp()
}
