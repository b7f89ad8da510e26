//! What an effect gives to the last pass: its shader, a call, and its numbers.

/// A pointwise effect, or the pointwise part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fragment {
    /// WGSL: a uniform struct and the function of `call`.
    pub source: &'static str,
    /// A WGSL expression of `color` (R'G'B', 0..=1), `pixel` (of the photo) and `ink.x` (0..=1) that gives the new colour.
    pub call: &'static str,
    /// Whether it belongs to the page, and does not move with what is drawn on it.
    pub page: bool,
    /// Binding of the uniform.
    pub binding: u32,
    /// The uniform's bytes.
    pub uniform: Vec<u8>,
}

/// What ink lines there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    None,
    Lines,
    /// Each drawing's wobble in their own way.
    Boiling,
}

/// The function `picture(pixel)` that runs `fragments` one after the other, starting from the expression `start`. With
/// `keeps`, the picture before is mixed in ahead of whatever is fixed to the page. And `picture_near(at)`, which is called
/// before `picture` once for each few neighbouring pixels around `at`, and with `forms` looks `form_here` up.
pub(super) fn picture(start: &str, fragments: &[Fragment], ink: Ink, keeps: bool, forms: bool) -> String {
    use std::fmt::Write;
    let expression = match ink {
        Ink::None => "vec2<f32>(0.0)",
        Ink::Lines => "outline_ink_at(pixel)",
        Ink::Boiling => "boil_ink_at(pixel)",
    };
    let mut text = format!(
        "fn picture(pixel: vec2<i32>) -> vec3<f32> {{\n    var color = {start};\n    var ink = {expression};\n"
    );
    let (drawing, page): (Vec<_>, Vec<_>) = fragments.iter().partition(|f| !f.page);
    let mut call = |call: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    color = {call};");
    };
    drawing.iter().for_each(|f| call(f.call));
    if keeps {
        text.push_str("    let kept = history_blend(vec4<f32>(color, ink.x), ink.y, pixel);\n");
        text.push_str("    color = kept.rgb;\n");
        // Lines that boil are not to be held.
        if ink == Ink::Lines {
            text.push_str("    ink.x = kept.a;\n");
        }
    }
    let mut call = |call: &str| {
        let _ = writeln!(text, "    color = {call};");
    };
    page.iter().for_each(|f| call(f.call));
    text.push_str("    return color;\n}\n");
    text.push_str("fn picture_near(at: vec2<f32>) {\n");
    for (_, look) in [(keeps, "history_look"), (forms, "form_look")].iter().filter(|(looks, _)| *looks) {
        let _ = writeln!(text, "    {look}(at);");
    }
    text.push_str("}\n");
    text
}
