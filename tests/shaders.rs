//! Every shader is valid WGSL, as glued, with no GPU at hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders").join(name)).unwrap()
}

#[test]
fn every_shader_is_valid() {
    let alias = |format: &str| format!("alias PhotoOut = texture_storage_2d<{format}, write>;\n");
    let frame = read("common/frame.wgsl");
    let effects = ["upsample", "tone", "halftone", "outline", "paper"].map(|e| read(&format!("{e}.wgsl"))).concat();
    for format in ["rgba8unorm", "rgba16float"] {
        let sources = [
            ("unpack", read("unpack.wgsl")),
            ("guide", read("guide.wgsl")),
            ("upsample", read("upsample.wgsl")),
            ("outline", read("outline.wgsl")),
            ("compose", effects.clone() + &read("compose.wgsl")),
            ("pack", read("pack.wgsl")),
        ];
        for (name, source) in sources {
            let text = alias(format) + &frame + &source;
            let module =
                naga::front::wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&text)));
            let mut validator =
                naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::default());
            validator.validate(&module).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&text)));
        }
    }
}
