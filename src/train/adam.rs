//! Adam (Kingma and Ba 2015) over a list of tensors. Written out, so that its whole state can be saved and training
//! resumes exactly.

use tch::{Kind, TchError, Tensor};

/// Parameters with their moments.
pub struct Adam {
    /// What is trained. Leaves that require gradients.
    pub parameters: Vec<Tensor>,
    /// Mean of the gradient.
    pub first: Vec<Tensor>,
    /// Mean of its square.
    pub second: Vec<Tensor>,
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
        let zeros = || parameters.iter().map(|p| p.detach().f_zeros_like()).collect::<Result<Vec<_>, _>>();
        Ok(Self { first: zeros()?, second: zeros()?, parameters, step: 0, betas })
    }

    /// Moves the parameters down the gradient of `loss`, whose norm is limited to `limit`.
    ///
    /// # Errors
    /// libtorch's; a loss that is not finite is one.
    pub fn descend(&mut self, loss: &Tensor, rate: f64, limit: f64) -> Result<(), TchError> {
        let gradients = Tensor::f_run_backward(&[loss], &self.parameters, false, false)?;
        let _guard = tch::no_grad_guard();
        let mut square = 0.0_f64;
        for g in &gradients {
            square += g.f_square()?.f_sum(Kind::Float)?.f_double_value(&[])?;
        }
        let norm = square.sqrt();
        if !norm.is_finite() {
            return Err(TchError::Kind("the gradient is not finite".into()));
        }
        let shrink = (limit / norm).min(1.0);
        self.step += 1;
        let (b1, b2) = self.betas;
        let rate = rate * (1.0 - b2.powi(self.step)).sqrt() / (1.0 - b1.powi(self.step));
        for (((p, g), m), v) in self.parameters.iter_mut().zip(&gradients).zip(&mut self.first).zip(&mut self.second) {
            let g = g * shrink;
            *m = &*m * b1 + &g * (1.0 - b1);
            *v = &*v * b2 + g.f_square()? * (1.0 - b2);
            let change = &*m / (v.f_sqrt()? + 1e-8) * rate;
            let _ = p.f_sub_(&change)?;
        }
        Ok(())
    }
}
