//! Where skin is, by its colour alone: people mind on faces what they like on walls.

use tch::{TchError, Tensor};

/// Chroma of skin, of 1, as full-range BT.601 has it (Chai and Ngan 1999): Cb and Cr, from and to.
const CHROMA: [[f64; 2]; 2] = [[77.0 / 255.0, 127.0 / 255.0], [133.0 / 255.0, 173.0 / 255.0]];
/// Over how much chroma it comes to be skin.
const SOFT: f64 = 3.0 / 255.0;
/// Side of the square over which it is averaged: whiskers and lips are skin, too.
const SIDE: i64 = 5;

/// How much the places of a picture (N x 3 x h x w, R'G'B', at a quarter of its size) are like skin, of 1, N x 1 x h x w. Wood
/// and sand are, too.
///
/// # Errors
/// libtorch's.
pub fn skin(picture: &Tensor) -> Result<Tensor, TchError> {
    let channel = |index: i64| picture.f_narrow(1, index, 1);
    let (red, green, blue) = (channel(0)?, channel(1)?, channel(2)?);
    let luma = &red * 0.299 + green * 0.587 + &blue * 0.114;
    let chroma = [(blue - &luma) / 1.772 + 0.5, (red - &luma) / 1.402 + 0.5];
    let mut like = luma.f_ones_like()?;
    for (chroma, [from, to]) in chroma.iter().zip(CHROMA) {
        let within = ((chroma - from) / SOFT).f_sigmoid()?.f_mul(&((-chroma + to) / SOFT).f_sigmoid()?)?;
        like = like.f_mul(&within)?;
    }
    let padded = like.f_replication_pad2d([SIDE / 2; 4])?;
    padded.f_avg_pool2d([SIDE; 2], [1, 1], [0, 0], false, true, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    #[test]
    fn faces_are_found_and_walls_are_not() {
        let like = |color: [f32; 3]| {
            let flat = Tensor::from_slice(&color).view([1, 3, 1, 1]).expand([1, 3, 6, 8], false);
            let found = skin(&flat).unwrap();
            assert_eq!(found.size(), [1, 1, 6, 8]);
            found.mean(Kind::Float).double_value(&[])
        };
        for color in [[0.85, 0.62, 0.52], [0.45, 0.3, 0.24], [0.96, 0.8, 0.72]] {
            assert!(like(color) > 0.6, "{color:?}: {}", like(color));
        }
        for color in [[0.5, 0.5, 0.5], [0.9, 0.9, 0.85], [0.5, 0.7, 0.95], [0.2, 0.5, 0.2], [0.8, 0.1, 0.1]] {
            assert!(like(color) < 0.2, "{color:?}: {}", like(color));
        }
    }
}
