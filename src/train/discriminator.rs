//! The patch discriminator: says of every patch whether a comic artist drew it. Spectral normalisation (Miyato et al.
//! 2018) keeps it smooth; one power iteration a step.

use tch::{Device, Kind, TchError, Tensor};

/// `(channels in, channels out, kernel, stride)`.
const LAYERS: [(i64, i64, i64, i64); 5] =
    [(3, 32, 4, 2), (32, 48, 4, 2), (48, 64, 3, 1), (64, 64, 3, 1), (64, 1, 3, 1)];

/// Parameter shapes, weight and bias in turn.
fn shapes() -> impl Iterator<Item = Vec<i64>> {
    LAYERS.into_iter().flat_map(|(i, o, k, _)| [vec![o, i, k, k], vec![o]])
}

/// Fresh parameters.
///
/// # Errors
/// libtorch's.
pub fn parameters(device: Device) -> Result<Vec<Tensor>, TchError> {
    shapes()
        .map(|shape| {
            if shape.len() == 1 {
                return Tensor::f_zeros(&shape, (Kind::Float, device));
            }
            let fan = (shape[1] * shape[2] * shape[3]) as f64;
            Ok(Tensor::f_randn(&shape, (Kind::Float, device))? * (2.0 / fan).sqrt())
        })
        .collect()
}

/// Estimates of each weight's first left singular vector.
///
/// # Errors
/// libtorch's.
pub fn vectors(device: Device) -> Result<Vec<Tensor>, TchError> {
    LAYERS.iter().map(|(_, o, ..)| Tensor::f_randn([*o], (Kind::Float, device))).collect()
}

/// One power iteration per weight, then the weights divided by their largest singular value.
///
/// # Errors
/// libtorch's.
pub fn normalised(parameters: &[Tensor], vectors: &mut [Tensor]) -> Result<Vec<Tensor>, TchError> {
    let mut out = Vec::new();
    for (pair, u) in parameters.chunks_exact(2).zip(vectors) {
        let matrix = pair[0].f_flatten(1, -1)?;
        let v = {
            let _guard = tch::no_grad_guard();
            let frozen = matrix.f_detach()?;
            let v = unit(&frozen.f_transpose(0, 1)?.f_mv(u)?)?;
            *u = unit(&frozen.f_mv(&v)?)?;
            v
        };
        let sigma = u.f_dot(&matrix.f_mv(&v)?)?;
        out.push(pair[0].f_div(&sigma)?);
        out.push(pair[1].shallow_clone());
    }
    Ok(out)
}

fn unit(v: &Tensor) -> Result<Tensor, TchError> {
    v.f_div(&(v.f_norm()? + 1e-8))
}

/// Scores of patches, N x 1 x H/4 x W/4; positive is "comic".
///
/// # Errors
/// libtorch's.
pub fn scores(parameters: &[Tensor], picture: &Tensor) -> Result<Tensor, TchError> {
    let mut x = picture * 2.0 - 1.0;
    for (i, (pair, (.., stride))) in parameters.chunks_exact(2).zip(LAYERS).enumerate() {
        x = x.f_conv2d(&pair[0], Some(&pair[1]), [stride; 2], [1, 1], [1, 1], 1)?;
        if i + 1 < LAYERS.len() {
            x = x.f_maximum(&(&x * 0.2))?;
        }
    }
    Ok(x)
}
