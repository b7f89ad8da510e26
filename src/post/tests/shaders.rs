//! What can be said of the shaders without a GPU.

use super::super::boil::BoilUniform;
use super::super::halftone::HalftoneUniform;
use super::super::history::HistoryUniform;
use super::super::outline::OutlineUniform;
use super::super::paint::PaintUniform;
use super::super::paper::PaperUniform;
use super::super::plan::{fragments, shader};
use super::super::run::RunConstants;
use super::super::speed::SpeedUniform;
use super::super::tone::ToneUniform;
use super::super::upsample::UpsampleUniform;
use super::super::wash::WashUniform;
use crate::config::{PRESETS, Settings, load};
use crate::frame::{ColorInfo, Packing, PixelFormat, Size};
use crate::gpu::Layout;
use std::mem::{offset_of, size_of};

/// The module of a style, validated.
fn module(settings: &Settings, input: PixelFormat, output: PixelFormat) -> naga::Module {
    let [photo, out] = [input, output].map(|format| Layout::new(Size::new(33, 17), format));
    let run = RunConstants::new((&photo, ColorInfo::BT709), (&out, ColorInfo::BT709), Size::new(16, 8));
    let text = shader(settings, &fragments(settings, 0.5), &run, &photo, &out, (0, 255.0, 1.0)).source;
    let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&text)));
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::default());
    validator.validate(&module).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&text)));
    module
}

#[test]
fn every_style_is_valid_wgsl() {
    let p010 = PixelFormat::Yuv { shift_x: 1, shift_y: 1, bits: 10, packing: Packing::SemiPlanar };
    for preset in PRESETS {
        for strength in [0.0, 0.5, 1.0] {
            let mut settings = load(preset.name, &[]).unwrap();
            settings.generator.strength = strength;
            module(&settings, PixelFormat::I420, p010);
            settings.motion.calm = 0.0;
            module(&settings, PixelFormat::I420, p010);
            settings.paint = None;
            module(&settings, PixelFormat::I420, p010);
        }
    }
    module(&Settings::default(), PixelFormat::Gray { bits: 8 }, PixelFormat::Rgba8);
}

#[test]
fn uniforms_lie_where_the_shaders_look() {
    let every = Settings {
        paint: Some(Default::default()),
        tone: Some(Default::default()),
        wash: Some(Default::default()),
        outline: Some(Default::default()),
        halftone: Some(Default::default()),
        speed: Some(Default::default()),
        paper: Some(Default::default()),
        motion: crate::config::Motion { boil: 0.5, ..Default::default() },
        ..Default::default()
    };
    let plain = module(&Settings::default(), PixelFormat::I420, PixelFormat::I420);
    let every = module(&every, PixelFormat::I420, PixelFormat::I420);
    // Names and offsets as WGSL has them; the span must not reach past the Rust struct.
    let check = |name: &str, fields: &[(&str, usize)], size: usize| {
        // Strokes take the place of the upsampling.
        let mut types = every.types.iter().chain(plain.types.iter());
        let (_, ty) = types.find(|(_, t)| t.name.as_deref() == Some(name)).unwrap();
        let naga::TypeInner::Struct { members, span } = &ty.inner else { panic!("{name} is no struct") };
        let wgsl: Vec<_> = members.iter().map(|m| (m.name.as_deref().unwrap(), m.offset as usize)).collect();
        assert_eq!(wgsl, fields, "{name}");
        assert!(*span as usize <= size, "{name} has {span} bytes in WGSL, {size} in Rust");
    };
    macro_rules! check {
        ($name:literal, $type:ty, $($field:ident),* $(,)?) => {
            check($name, &[$((stringify!($field), offset_of!($type, $field))),*], size_of::<$type>());
        };
    }
    check!("ToneUniform", ToneUniform, intervals, softness, saturation, contrast, brightness, keep_color, form, black);
    check!("HalftoneUniform", HalftoneUniform, color, axis, period, highlight, clean, pattern, tint);
    check!("BoilUniform", BoilUniform, reach, frequency, seed);
    check!("HistoryUniform", HistoryUniform, fill, light_fill, still, moving);
    check!("PaintUniform", PaintUniform, stride, pull);
    check!("WashUniform", WashUniform, pool, tooth, rim, flow, grain);
    check!("PaperUniform", PaperUniform, color, frequency, grain);
    check!("SpeedUniform", SpeedUniform, color, low, high, smear, frequency);
    check!("UpsampleUniform", UpsampleUniform, epsilon, radius);
    check!(
        "OutlineUniform",
        OutlineUniform,
        color,
        across,
        along,
        spacing,
        stride,
        threshold,
        softness,
        gate_low,
        gate_high,
        reverse,
    );
}
