//! The direction along which a picture changes least: the smoothed structure tensor's minor eigenvector.

use super::Plane;

/// Unit tangents and how clear they are, per pixel.
pub struct Flow {
    /// Tangent, x.
    pub x: Plane,
    /// Tangent, y.
    pub y: Plane,
    /// 0 (no direction) to 1 (a clean edge).
    pub anisotropy: Plane,
}

/// Weight of the colour planes beside lightness.
const COLOUR: f32 = 1.5;

impl Flow {
    /// Of an Oklab picture, the tensor blurred by `sigma` pixels.
    pub fn of(lab: &[Plane; 3], sigma: f32) -> Self {
        let (width, height) = (lab[0].width, lab[0].height);
        let mut tensor = [(); 3].map(|()| Plane::filled(width, height, 0.0));
        for (plane, weight) in lab.iter().zip([1.0, COLOUR, COLOUR]) {
            for y in 0..height as isize {
                for x in 0..width as isize {
                    // Scharr-like derivative with rotation-invariant weights.
                    let row = |dy: isize| plane.at(x + 1, y + dy) - plane.at(x - 1, y + dy);
                    let column = |dx: isize| plane.at(x + dx, y + 1) - plane.at(x + dx, y - 1);
                    let gx = weight * (0.183 * (row(-1) + row(1)) + 0.634 * row(0));
                    let gy = weight * (0.183 * (column(-1) + column(1)) + 0.634 * column(0));
                    let i = y as usize * width + x as usize;
                    tensor[0].data[i] += gx * gx;
                    tensor[1].data[i] += gx * gy;
                    tensor[2].data[i] += gy * gy;
                }
            }
        }
        let [e, f, g] = tensor.map(|plane| plane.blurred(sigma));
        let mut flow = Self { x: e.clone(), y: e.clone(), anisotropy: e.clone() };
        for i in 0..e.data.len() {
            let (e, f, g) = (e.data[i], f.data[i], g.data[i]);
            let root = ((e - g) * (e - g) + 4.0 * f * f).sqrt();
            // Major eigenvector (the gradient) turned by a quarter.
            let angle = 0.5 * (2.0 * f).atan2(e - g) + std::f32::consts::FRAC_PI_2;
            (flow.y.data[i], flow.x.data[i]) = angle.sin_cos();
            flow.anisotropy.data[i] = root / (e + g + 1e-6);
        }
        flow
    }

    /// Tangent at the pixel nearest to (x, y), turned so that it does not run against `(dx, dy)`.
    pub fn along(&self, x: f32, y: f32, (dx, dy): (f32, f32)) -> (f32, f32) {
        let column = (x.round().max(0.0) as usize).min(self.x.width - 1);
        let row = (y.round().max(0.0) as usize).min(self.x.height - 1);
        let i = row * self.x.width + column;
        let (tx, ty) = (self.x.data[i], self.y.data[i]);
        if tx * dx + ty * dy < 0.0 { (-tx, -ty) } else { (tx, ty) }
    }
}
