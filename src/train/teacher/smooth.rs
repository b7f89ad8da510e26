//! Filters that flatten texture and keep outlines.

use super::Plane;
use super::flow::Flow;
use super::plane::gauss;

/// Weight of the colour planes in the distance between two pixels.
const COLOUR: f32 = 2.0;

/// Orientation-aligned bilateral filter (Kyprianidis and Döllner 2008), `rounds` times: first across the edges, then
/// along them. `sigma` in pixels, `range` in Oklab L.
pub fn bilateral(lab: &[Plane; 3], flow: &Flow, rounds: usize, sigma: f32, range: f32) -> [Plane; 3] {
    let mut current = lab.clone();
    for _ in 0..rounds {
        for across in [true, false] {
            current = bilateral_pass(&current, flow, across, sigma, range);
        }
    }
    current
}

fn bilateral_pass(lab: &[Plane; 3], flow: &Flow, across: bool, sigma: f32, range: f32) -> [Plane; 3] {
    let (width, height) = (lab[0].width, lab[0].height);
    let mut out = lab.clone();
    let radius = (2.0 * sigma).ceil() as usize;
    let spatial: Vec<f32> = (1..=radius).map(|i| gauss(i as f32, sigma)).collect();
    let scale = 1.0 / (2.0 * range * range);
    for y in 0..height {
        for x in 0..width {
            let i = y * width + x;
            let centre = [lab[0].data[i], lab[1].data[i], lab[2].data[i]];
            let mut sum = centre;
            let mut total = 1.0;
            let tangent = (flow.x.data[i], flow.y.data[i]);
            let start = if across { (-tangent.1, tangent.0) } else { tangent };
            for sign in [1.0, -1.0] {
                let mut step = (start.0 * sign, start.1 * sign);
                let (mut px, mut py) = (x as f32, y as f32);
                for weight in &spatial {
                    if !across {
                        step = flow.along(px, py, step);
                    }
                    px += step.0;
                    py += step.1;
                    if px < 0.0 || py < 0.0 || px > (width - 1) as f32 || py > (height - 1) as f32 {
                        break;
                    }
                    let sample = [lab[0].sample(px, py), lab[1].sample(px, py), lab[2].sample(px, py)];
                    let (dl, da, db) = (sample[0] - centre[0], sample[1] - centre[1], sample[2] - centre[2]);
                    let distance = dl * dl + COLOUR * COLOUR * (da * da + db * db);
                    let weight = weight * (-distance * scale).exp();
                    sum.iter_mut().zip(sample).for_each(|(sum, sample)| *sum += weight * sample);
                    total += weight;
                }
            }
            out.iter_mut().zip(sum).for_each(|(plane, sum)| plane.data[i] = sum / total);
        }
    }
    out
}

/// Sectors of the Kuwahara filter.
const SECTORS: usize = 8;

/// Anisotropic Kuwahara filter (Kyprianidis, Kang and Döllner 2009) with an ellipse of `radius` pixels: each of eight
/// sectors votes by how uniform it is.
pub fn kuwahara(lab: &[Plane; 3], flow: &Flow, radius: f32) -> [Plane; 3] {
    let (width, height) = (lab[0].width, lab[0].height);
    let mut out = lab.clone();
    for y in 0..height {
        for x in 0..width {
            let i = y * width + x;
            let (tx, ty) = (flow.x.data[i], flow.y.data[i]);
            let stretch = 1.0 + flow.anisotropy.data[i];
            let (major, minor) = (radius * stretch, radius / stretch);
            let reach = major.ceil() as isize;
            let mut mean = [[0.0f32; 3]; SECTORS];
            let mut square = [[0.0f32; 3]; SECTORS];
            let mut total = [0.0f32; SECTORS];
            for dy in -reach..=reach {
                for dx in -reach..=reach {
                    let (u, v) = (dx as f32 * tx + dy as f32 * ty, dy as f32 * tx - dx as f32 * ty);
                    let (u, v) = (u / major, v / minor);
                    let distance = u * u + v * v;
                    if distance > 1.0 {
                        continue;
                    }
                    let falloff = (-3.1 * distance).exp();
                    let turn = v.atan2(u) * (SECTORS as f32 / std::f32::consts::TAU) + SECTORS as f32;
                    let sample = [0, 1, 2].map(|c: usize| lab[c].at(x as isize + dx, y as isize + dy));
                    // Each sample belongs to its two nearest sectors, so that the filter is continuous.
                    let base = turn.floor();
                    let share = turn - base;
                    let near = base as usize % SECTORS;
                    let shares = if distance == 0.0 {
                        [(near, 1.0); 2]
                    } else {
                        [(near, 1.0 - share), ((near + 1) % SECTORS, share)]
                    };
                    for (sector, share) in shares {
                        let weight = falloff * share;
                        total[sector] += weight;
                        for c in 0..3 {
                            mean[sector][c] += weight * sample[c];
                            square[sector][c] += weight * sample[c] * sample[c];
                        }
                    }
                }
            }
            let mut sum = [0.0f32; 3];
            let mut votes = 0.0f32;
            for sector in 0..SECTORS {
                if total[sector] < 1e-3 {
                    continue;
                }
                let mut variance = 0.0;
                for c in 0..3 {
                    mean[sector][c] /= total[sector];
                    let weight = if c == 0 { 1.0 } else { COLOUR };
                    variance += weight * (square[sector][c] / total[sector] - mean[sector][c].powi(2)).max(0.0);
                }
                let vote = 1.0 / (1.0 + (variance.sqrt() / 0.006).powi(8));
                let vote = vote.max(1e-12);
                votes += vote;
                sum.iter_mut().zip(mean[sector]).for_each(|(sum, mean)| *sum += vote * mean);
            }
            out.iter_mut().zip(sum).for_each(|(plane, sum)| plane.data[i] = sum / votes);
        }
    }
    out
}
