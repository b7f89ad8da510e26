//! Cards: what outputs show where there is no picture from the camera. Text on a dotted ground, drawn on the processor.

use super::shared::CameraState;
use crate::frame::{ColorInfo, CpuImage, PixelFormat, Size};
use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

/// Luma codes.
const GROUND: u8 = 58;
const DOT: u8 = 74;
const PANEL: u8 = 232;
const INK: u8 = 22;

/// What a card says: a headline and a few lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    pub headline: &'static str,
    pub lines: Vec<String>,
}

impl Card {
    /// For a camera in this state, before anything was drawn.
    pub fn for_state(state: &CameraState) -> Self {
        let (headline, lines) = match state {
            CameraState::Starting => ("One moment", vec!["The camera is being opened.".to_owned()]),
            CameraState::Running { name, mode } => {
                ("One moment", vec![format!("{name}, {mode}"), "Getting ready to draw.".to_owned()])
            }
            CameraState::Lost { reason } => (
                "No camera",
                vec![sentence(reason), "The picture comes back by itself when the camera does.".to_owned()],
            ),
            CameraState::Resting => ("Paused", vec!["The camera is off, since nobody watches.".to_owned()]),
        };
        Self { headline, lines }
    }

    /// The card as a picture: 4:2:0, BT.709.
    pub fn draw(&self, size: Size) -> CpuImage {
        let mut luma = ground(size);
        if let Ok(font) = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT) {
            self.write(&mut luma, size, &font);
        }
        let (columns, rows, _) = PixelFormat::I420.plane_layout(1, size);
        let chroma = vec![128; columns as usize * rows as usize];
        CpuImage::from_planes(size, PixelFormat::I420, ColorInfo::BT709, vec![luma, chroma.clone(), chroma])
    }

    /// Puts panel and text onto `luma`, as large as both sides allow.
    fn write(&self, luma: &mut [u8], size: Size, font: &FontRef<'_>) {
        let width = size.width as f32 * 0.84;
        let headline = PxScale::from((size.height as f32 * 0.11).min(width * 0.1).max(8.0));
        let body = PxScale::from((headline.x * 0.46).max(8.0));
        let mut rows = vec![(headline, self.headline.to_owned())];
        for line in &self.lines {
            rows.extend(wrapped(line, width * 0.9, font, body).into_iter().map(|text| (body, text)));
        }
        let height: f32 = rows.iter().map(|(scale, _)| scale.y * 1.35).sum::<f32>() + body.y * 1.6;
        let (left, top) = ((size.width as f32 - width) / 2.0, (size.height as f32 - height).max(0.0) / 2.0);
        let border = (headline.x * 0.06).max(1.0);
        fill(luma, size, (left - border, top - border), (width + 2.0 * border, height + 2.0 * border), INK);
        fill(luma, size, (left, top), (width, height), PANEL);
        let mut y = top + body.y * 0.8;
        for (scale, text) in rows {
            let x = (size.width as f32 - text_width(&text, font, scale)) / 2.0;
            print(luma, size, font, scale, (x, y + font.as_scaled(scale).ascent() + scale.y * 0.1), &text);
            y += scale.y * 1.35;
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}{}", letters.as_str(), if text.ends_with('.') { "" } else { "." })
}

/// Dots on grey, like the shadows of a comic.
fn ground(size: Size) -> Vec<u8> {
    let step = (size.height as f32 / 36.0).max(4.0);
    let mut luma = Vec::with_capacity(size.pixels());
    for y in 0..size.height {
        for x in 0..size.width {
            let (row, fx) = ((y as f32 / step).floor(), x as f32 / step);
            let shifted = fx + if row as i64 % 2 == 0 { 0.0 } else { 0.5 };
            let (dx, dy) = (shifted.fract() - 0.5, (y as f32 / step).fract() - 0.5);
            luma.push(if dx.hypot(dy) < 0.3 { DOT } else { GROUND });
        }
    }
    luma
}

fn fill(luma: &mut [u8], size: Size, (left, top): (f32, f32), (width, height): (f32, f32), value: u8) {
    let clamp = |v: f32, most: u32| (v.round().max(0.0) as usize).min(most as usize);
    let (from, to) = (clamp(left, size.width), clamp(left + width, size.width));
    let rows = clamp(top, size.height)..clamp(top + height, size.height);
    for row in luma.chunks_exact_mut(size.width as usize).take(rows.end).skip(rows.start) {
        row[from..to].fill(value);
    }
}

fn text_width(text: &str, font: &FontRef<'_>, scale: PxScale) -> f32 {
    let font = font.as_scaled(scale);
    text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum()
}

/// Breaks a line between words so that it is at most `width` wide.
fn wrapped(text: &str, width: f32, font: &FontRef<'_>, scale: PxScale) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || text_width(&longer, font, scale) <= width {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Sets a line of text with its base line beginning at a point.
fn print(luma: &mut [u8], size: Size, font: &FontRef<'_>, scale: PxScale, (x, y): (f32, f32), text: &str) {
    let scaled = font.as_scaled(scale);
    let mut at = x;
    for c in text.chars() {
        let id = font.glyph_id(c);
        let glyph = Glyph { id, scale, position: point(at, y) };
        at += scaled.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|dx, dy, coverage| {
            let (px, py) = (bounds.min.x as i64 + i64::from(dx), bounds.min.y as i64 + i64::from(dy));
            if (0..i64::from(size.width)).contains(&px) && (0..i64::from(size.height)).contains(&py) {
                let sample = &mut luma[py as usize * size.width as usize + px as usize];
                let (below, ink) = (f32::from(*sample), f32::from(INK));
                // A light face reads better a little bolder.
                *sample = (below + (ink - below) * (coverage * 1.3).min(1.0)).round() as u8;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_text_on_it_at_every_size() {
        let lost = CameraState::Lost { reason: "the camera \"HD Webcam\" was unplugged".into() };
        for size in [Size::new(1280, 720), Size::new(320, 180), Size::new(360, 640), Size::new(2, 2)] {
            let card = Card::for_state(&lost).draw(size);
            assert_eq!(card.size, size);
            let luma: Vec<u8> = (0..size.height).flat_map(|y| card.row(0, y).to_vec()).collect();
            assert!(luma.iter().all(|v| (16..=235).contains(v)));
            if size.width > 2 {
                let share =
                    |wanted: fn(u8) -> bool| luma.iter().filter(|v| wanted(**v)).count() as f64 / luma.len() as f64;
                assert!(share(|v| v == PANEL) > 0.1, "{size}: no panel");
                assert!(share(|v| v < GROUND) > 0.01, "{size}: no ink");
            }
        }
    }

    #[test]
    fn every_state_says_something_else_and_long_lines_are_broken() {
        let states = [
            CameraState::Starting,
            CameraState::Running { name: "a".into(), mode: "b".into() },
            CameraState::Lost { reason: "gone".into() },
            CameraState::Resting,
        ];
        let cards: Vec<Card> = states.iter().map(Card::for_state).collect();
        assert!((0..4).all(|i| (0..i).all(|j| cards[i] != cards[j])));
        assert_eq!(cards[2].lines[0], "Gone.");
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).unwrap();
        let scale = PxScale::from(20.0);
        let lines = wrapped("a camera with quite a long name that goes on and on", 150.0, &font, scale);
        assert!(lines.len() > 2 && lines.iter().all(|l| text_width(l, &font, scale) <= 150.0), "{lines:?}");
        assert_eq!(lines.join(" "), "a camera with quite a long name that goes on and on");
    }
}
