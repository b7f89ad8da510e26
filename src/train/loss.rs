//! What the generator is asked for. All losses are means, so they mean the same at any crop and batch size.

use tch::{Kind, Reduction, TchError, Tensor};

/// Mean absolute difference of neighbouring-pixel differences: lines and edges must be where `target` has them.
///
/// # Errors
/// libtorch's, as everywhere here.
pub fn gradient(output: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
    let difference = output - target;
    Ok(step(&difference, 3)?.f_abs()?.f_mean(Kind::Float)? + step(&difference, 2)?.f_abs()?.f_mean(Kind::Float)?)
}

/// Steps of `output` where `target` is flat: areas must be flat colour.
///
/// # Errors
/// libtorch's.
pub fn flatness(output: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
    let along = |dim: i64| -> Result<Tensor, TchError> {
        let weight = (step(target, dim)?.f_abs()? * -40.0).f_exp()?;
        (step(output, dim)?.f_abs()? * weight).f_mean(Kind::Float)
    };
    Ok(along(2)? + along(3)?)
}

fn step(x: &Tensor, dim: i64) -> Result<Tensor, TchError> {
    let n = x.size()[dim as usize];
    Ok(x.f_narrow(dim, 1, n - 1)? - x.f_narrow(dim, 0, n - 1)?)
}

/// Mean absolute difference.
///
/// # Errors
/// libtorch's.
pub fn l1(output: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
    (output - target).f_abs()?.f_mean(Kind::Float)
}

/// Difference of colour means over 16 x 16 pixels, and over half a crop. Nearly its size, not its square, the more so over
/// wide areas, where a faint tint is seen as clearly as a strong one.
///
/// # Errors
/// libtorch's.
pub fn colour(output: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
    let far = |side: i64, small: f64| -> Result<Tensor, TchError> {
        let low = |x: &Tensor| x.f_avg_pool2d([side; 2], [side; 2], [0, 0], false, true, None);
        low(output)?.f_smooth_l1_loss(&low(target)?, Reduction::Mean, small)
    };
    Ok(far(16, 0.02)? + far(output.size()[3] / 2, 0.004)?)
}

/// Distance of feature maps relative to their size (Johnson et al. 2016).
///
/// # Errors
/// libtorch's.
pub fn content(output: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
    l1(output, target)?.f_div(&(target.f_abs()?.f_mean(Kind::Float)? + 1e-6))
}

/// What lies outside 0..=1.
///
/// # Errors
/// libtorch's.
pub fn excess(output: &Tensor) -> Result<Tensor, TchError> {
    ((output - 1.0).f_relu()? + (-output).f_relu()?).f_mean(Kind::Float)
}

/// Hinge loss of the discriminator on pictures it should score above 1 (`sign` 1) or below -1 (`sign` -1).
///
/// # Errors
/// libtorch's.
pub fn hinge(scores: &Tensor, sign: f64) -> Result<Tensor, TchError> {
    (scores * -sign + 1.0).f_relu()?.f_mean(Kind::Float)
}

/// Mean absolute difference from the teacher's drawing, more where ink covers it (`cover`, N x 1 x H x W). Lines are few and
/// hard to place: without the weight, a network that is not sure leaves them out.
///
/// # Errors
/// libtorch's.
pub fn paint(output: &Tensor, teacher: &Tensor, cover: &Tensor) -> Result<Tensor, TchError> {
    ((output - teacher).f_abs()? * (cover * 2.5 + 1.0)).f_mean(Kind::Float)
}
