//! Small pictures of the built-in styles, drawn by the program itself from one frame of its sample.

use egui::{ColorImage, Context, Id, TextureHandle, TextureId, TextureOptions};

macro_rules! thumbnails {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("thumbnails/", $name, ".jpg")))),*]
    };
}

/// JPEG files by name of the style.
const THUMBNAILS: &[(&str, &[u8])] =
    thumbnails!["comic", "ink", "pop", "noir", "manga", "watercolor", "pencil", "action"];

/// The picture of the style called `name`, on the GPU from the first time on.
pub(super) fn of(context: &Context, name: &str) -> Option<TextureId> {
    let (_, bytes) = THUMBNAILS.iter().find(|(known, _)| *known == name)?;
    let id = Id::unique(("thumbnail", name));
    let known = context.data(|data| data.get_temp::<TextureHandle>(id));
    let handle = match known {
        Some(handle) => handle,
        None => {
            let handle = context.load_texture(name, decode(bytes)?, TextureOptions::LINEAR);
            context.data_mut(|data| data.insert_temp(id, handle.clone()));
            handle
        }
    };
    Some(handle.id())
}

fn decode(bytes: &[u8]) -> Option<ColorImage> {
    let image = image::load_from_memory(bytes).ok()?.to_rgb8();
    let (width, height) = image.dimensions();
    Some(ColorImage::from_rgb([width as usize, height as usize], image.as_raw()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PRESETS;

    #[test]
    fn every_built_in_style_has_a_picture() {
        for preset in PRESETS {
            let (_, bytes) = THUMBNAILS.iter().find(|(name, _)| *name == preset.name).unwrap();
            let image = decode(bytes).unwrap();
            assert!(image.size[0] >= 160 && image.size[0] * 3 == image.size[1] * 4, "{:?}", image.size);
        }
    }
}
