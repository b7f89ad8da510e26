//! The style codes that go into a weights file: of the panels, and of each named look.

use super::dataset::Dataset;
use super::look::{self, NAMED};
use super::state::State;
use crate::config::{CODE, Code};
use crate::stylize::Network;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::collections::BTreeMap;
use tch::{Device, Kind, TchError, Tensor};

/// Reference crops of a style, of which the code is the mean.
const REFERENCES: usize = 96;
const BATCH: usize = 8;

/// Codes by name. Before the adversary has begun, no network knows the panels: the teacher's look stands for them.
///
/// # Errors
/// libtorch's.
pub fn codes(state: &State, network: &Network, dataset: &Dataset) -> Result<BTreeMap<String, Code>, TchError> {
    let _guard = tch::no_grad_guard();
    // The same crops each time.
    let mut rng = StdRng::seed_from_u64(20);
    let mut codes = BTreeMap::new();
    for (i, (name, look)) in NAMED.iter().enumerate() {
        let look = if i == 0 { state.panels()? } else { *look };
        let mut all = Vec::new();
        for _ in 0..REFERENCES / BATCH {
            let picture = if i == 0 && !state.seen.is_empty() {
                dataset.comics(BATCH, &mut rng)?
            } else {
                let crops = dataset.photos(BATCH, &mut rng)?;
                look::draw(&[look; BATCH], &crops.photo, &crops.paint, &crops.ink)?.picture
            };
            all.push(network.encode(&picture)?);
        }
        let mean = Tensor::f_cat(&all, 0)?.f_mean_dim([0_i64].as_slice(), false, Kind::Float)?;
        let numbers = Vec::<f32>::try_from(mean.f_to_device(Device::Cpu)?)?;
        let code = <[f32; CODE]>::try_from(numbers).map_err(|_| TchError::Shape("a code of another length".into()))?;
        codes.insert((*name).to_owned(), code);
    }
    Ok(codes)
}
