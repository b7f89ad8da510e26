//! What is said to PipeWire about formats and buffers, as SPA pods.

use crate::frame::{Rational, Size};
use pipewire::spa;
use spa::param::ParamType;
use spa::param::format::{FormatProperties, MediaSubtype, MediaType};
use spa::param::video::VideoFormat;
use spa::pod::serialize::PodSerializer;
use spa::pod::{ChoiceValue, Object, Property, PropertyFlags, Value};
use spa::sys;
use spa::utils::{Choice, ChoiceEnum, ChoiceFlags, Fraction, Id, Rectangle, SpaTypes};

/// Layouts on offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Y U Y V bytes.
    Yuy2,
    /// Luma, then pairs of chroma.
    Nv12,
    /// Luma, Cb, Cr.
    I420,
}

impl Layout {
    /// In the order of preference.
    pub const ALL: [Self; 3] = [Self::Yuy2, Self::Nv12, Self::I420];

    const fn format(self) -> VideoFormat {
        match self {
            Self::Yuy2 => VideoFormat::YUY2,
            Self::Nv12 => VideoFormat::NV12,
            Self::I420 => VideoFormat::I420,
        }
    }

    /// What a reader has chosen.
    pub fn of(format: VideoFormat) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.format() == format)
    }

    /// Bytes from row to row of the first plane.
    pub const fn stride(self, size: Size) -> usize {
        match self {
            Self::Yuy2 => size.width as usize * 2,
            Self::Nv12 | Self::I420 => size.width as usize,
        }
    }

    /// Bytes of a picture of even size.
    pub const fn bytes(self, size: Size) -> usize {
        match self {
            Self::Yuy2 => size.pixels() * 2,
            Self::Nv12 | Self::I420 => size.pixels() * 3 / 2,
        }
    }
}

fn bytes(object: Object) -> Option<Vec<u8>> {
    let written = PodSerializer::serialize(std::io::Cursor::new(Vec::new()), &Value::Object(object));
    written.ok().map(|(cursor, _)| cursor.into_inner())
}

/// A format on offer: one a layout, and every value fixed, since OBS passes over formats with choices in them.
pub(super) fn offer(layout: Layout, size: Size, rate: Rational) -> Option<Vec<u8>> {
    let property = |key: FormatProperties, value| Property::new(key.as_raw(), value);
    let number = |v: i32| u32::try_from(v).unwrap_or(1);
    let rate = Fraction { num: number(rate.num), denom: number(rate.den) };
    bytes(Object {
        type_: SpaTypes::ObjectParamFormat.as_raw(),
        id: ParamType::EnumFormat.as_raw(),
        properties: vec![
            property(FormatProperties::MediaType, Value::Id(Id(MediaType::Video.as_raw()))),
            property(FormatProperties::MediaSubtype, Value::Id(Id(MediaSubtype::Raw.as_raw()))),
            property(FormatProperties::VideoFormat, Value::Id(Id(layout.format().as_raw()))),
            property(
                FormatProperties::VideoSize,
                Value::Rectangle(Rectangle { width: size.width, height: size.height }),
            ),
            property(FormatProperties::VideoFramerate, Value::Fraction(rate)),
        ],
    })
}

/// The buffers that pictures of `size` want.
pub(super) fn buffers(layout: Layout, size: Size) -> Option<Vec<u8>> {
    let property = |key, value| Property { key, flags: PropertyFlags::empty(), value };
    let choice = |choice| Value::Choice(ChoiceValue::Int(Choice(ChoiceFlags::empty(), choice)));
    let number = |v: usize| i32::try_from(v).ok().map(Value::Int);
    let memory = 1 << sys::SPA_DATA_MemFd | 1 << sys::SPA_DATA_MemPtr;
    bytes(Object {
        type_: SpaTypes::ObjectParamBuffers.as_raw(),
        id: ParamType::Buffers.as_raw(),
        properties: vec![
            property(sys::SPA_PARAM_BUFFERS_buffers, choice(ChoiceEnum::Range { default: 4, min: 2, max: 8 })),
            property(sys::SPA_PARAM_BUFFERS_blocks, Value::Int(1)),
            property(sys::SPA_PARAM_BUFFERS_size, number(layout.bytes(size))?),
            property(sys::SPA_PARAM_BUFFERS_stride, number(layout.stride(size))?),
            property(sys::SPA_PARAM_BUFFERS_dataType, choice(ChoiceEnum::Flags { default: memory, flags: Vec::new() })),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use spa::param::video::VideoInfoRaw;
    use spa::pod::Pod;

    #[test]
    fn what_is_offered_can_be_read_back() {
        for layout in Layout::ALL {
            let bytes = offer(layout, Size::new(642, 362), Rational::new(30000, 1001)).unwrap();
            let mut info = VideoInfoRaw::default();
            info.parse(Pod::from_bytes(&bytes).unwrap()).unwrap();
            assert_eq!(Layout::of(info.format()), Some(layout));
            assert_eq!((info.size().width, info.size().height), (642, 362));
            assert_eq!((info.framerate().num, info.framerate().denom), (30000, 1001));
            assert!(Pod::from_bytes(&buffers(layout, Size::new(642, 362)).unwrap()).is_some());
        }
        assert_eq!(Layout::of(VideoFormat::BGRx), None);
    }
}
