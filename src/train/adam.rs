//! Adam (Kingma and Ba 2015) over a list of tensors. Written out, so that its whole state can be saved and training
//! resumes exactly. What it remembers lies in a row: small tensors, each by itself, cost a GPU more than the sums do.

use tch::{TchError, Tensor};

/// Parameters with their moments.
pub struct Adam {
    /// What is trained. Leaves that require gradients.
    pub parameters: Vec<Tensor>,
    /// Mean of the gradient, and of its square, of all parameters in a row.
    pub moments: Vec<Tensor>,
    /// Steps taken.
    pub step: i32,
    betas: (f64, f64),
}

impl Adam {
    /// Starts with empty moments.
    ///
    /// # Errors
    /// libtorch's.
    pub fn new(parameters: Vec<Tensor>, betas: (f64, f64)) -> Result<Self, TchError> {
        let parameters = parameters.into_iter().map(|p| p.f_set_requires_grad(true)).collect::<Result<Vec<_>, _>>()?;
        let zeros = || row(&parameters)?.f_detach()?.f_zeros_like();
        Ok(Self { moments: vec![zeros()?, zeros()?], parameters, step: 0, betas })
    }

    /// Moves the parameters down the gradient of `loss`, whose norm is limited to `limit`.
    ///
    /// # Errors
    /// libtorch's; a loss that is not finite is one.
    pub fn descend(&mut self, loss: &Tensor, rate: f64, limit: f64) -> Result<(), TchError> {
        let gradients = Tensor::f_run_backward(&[loss], &self.parameters, false, false)?;
        let _guard = tch::no_grad_guard();
        let gradient = row(&gradients)?;
        let norm = gradient.f_norm()?.f_double_value(&[])?;
        if !norm.is_finite() {
            return Err(TchError::Kind("the gradient is not finite".into()));
        }
        let gradient = gradient * (limit / norm).min(1.0);
        self.step += 1;
        let (b1, b2) = self.betas;
        let rate = rate * (1.0 - b2.powi(self.step)).sqrt() / (1.0 - b1.powi(self.step));
        let first = &self.moments[0] * b1 + &gradient * (1.0 - b1);
        let second = &self.moments[1] * b2 + gradient.f_square()? * (1.0 - b2);
        let change = &first / (second.f_sqrt()? + 1e-8) * rate;
        self.moments = vec![first, second];
        let mut at = 0;
        for parameter in &mut self.parameters {
            let count = parameter.numel() as i64;
            let _ = parameter.f_sub_(&change.f_narrow(0, at, count)?.f_view_as(parameter)?)?;
            at += count;
        }
        Ok(())
    }
}

fn row(tensors: &[Tensor]) -> Result<Tensor, TchError> {
    let rows = tensors.iter().map(|tensor| tensor.f_reshape([-1])).collect::<Result<Vec<_>, _>>()?;
    Tensor::f_cat(&rows, 0)
}
