//! What an effect gives to the last pass: its shader, a call, and its numbers.

/// A pointwise effect, or the pointwise part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fragment {
    /// WGSL: a uniform struct and the function of `call`.
    pub source: &'static str,
    /// A WGSL expression of `color` (R'G'B', 0..=1) and `pixel` (of the photo) that gives the new colour.
    pub call: &'static str,
    /// Binding of the uniform.
    pub binding: u32,
    /// The uniform's bytes.
    pub uniform: Vec<u8>,
}

/// The function `picture(pixel)` that runs `fragments` one after the other, starting from the expression `start`.
pub(super) fn picture(start: &str, fragments: &[Fragment]) -> String {
    use std::fmt::Write;
    let mut text = format!("fn picture(pixel: vec2<i32>) -> vec3<f32> {{\n    var color = {start};\n");
    for fragment in fragments {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    color = {};", fragment.call);
    }
    text.push_str("    return color;\n}\n");
    text
}
