// A printing screen or pen strokes where it is dark, fixed to the page, with analytic edges.
struct Halftone {
    color: vec3f,
    amount: f32,
    // Rotation.
    cosine: f32,
    sine: f32,
    // Pixels from dot to dot.
    size: f32,
    highlight: f32,
}
// 0 dots, 1 lines, 2 hatching.
override pattern: u32 = 0;
@group(0) @binding(4) var<uniform> halftone_settings: Halftone;

// Share of ink of a stroke of this width at this distance from its middle, both in cells.
fn stroke(distance: f32, width: f32) -> f32 {
    let edge = 0.7 / halftone_settings.size;
    return smoothstep(width + edge, width - edge, distance) * step(1e-3, width);
}

fn halftone(color: vec3f, at: vec2f) -> vec3f {
    let turned = vec2f(
        halftone_settings.cosine * at.x - halftone_settings.sine * at.y,
        halftone_settings.sine * at.x + halftone_settings.cosine * at.y,
    ) / halftone_settings.size;
    let light = luma(color);
    let dark = clamp(1.0 - light / max(halftone_settings.highlight, 1e-3), 0.0, 1.0);
    let cell = abs(fract(turned) - 0.5);
    var ink = 0.0;
    if pattern == 0u {
        // A dot of radius r covers pi r^2 of its cell.
        ink = stroke(length(cell), sqrt(dark / 3.14159265));
    } else if pattern == 1u {
        ink = stroke(cell.y, 0.5 * dark);
    } else {
        let diagonal = vec2f(turned.x + turned.y, turned.x - turned.y) * 0.70710678;
        let slanted = abs(fract(diagonal) - 0.5);
        ink = stroke(cell.y, 0.22 * smoothstep(0.05, 0.35, dark));
        ink = max(ink, stroke(cell.x, 0.22 * smoothstep(0.40, 0.65, dark)));
        ink = max(ink, stroke(slanted.x, 0.26 * smoothstep(0.65, 0.95, dark)));
    }
    return mix(color, halftone_settings.color, ink * halftone_settings.amount);
}
