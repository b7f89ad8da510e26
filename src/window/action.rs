//! What one can do, and with which keys: one table that both the keyboard and the help card read.

use winit::event::KeyEvent;
use winit::keyboard::{Key, KeyCode, NamedKey, PhysicalKey};

/// Something that a key or a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    NextStyle,
    PreviousStyle,
    Bypass,
    Compare,
    Freeze,
    Mirror,
    Snapshot,
    Record,
    Panel,
    Readout,
    Fullscreen,
    Help,
    /// Closes the help card, else leaves full screen, else quits.
    Back,
    Quit,
}

/// A key as it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// A key without a letter.
    Named(NamedKey),
    /// What it types, and where it lies for those whose keyboard types no Latin letters.
    Letter(char, KeyCode),
    /// What it types.
    Sign(char),
}

/// A line of the table.
pub(super) struct Binding {
    pub keys: &'static [Press],
    /// The keys for people.
    pub name: &'static str,
    pub action: Action,
    pub help: &'static str,
}

const fn bind(keys: &'static [Press], name: &'static str, action: Action, help: &'static str) -> Binding {
    Binding { keys, name, action, help }
}

use Press::{Letter, Named, Sign};

/// Every key.
pub(super) const KEYS: &[Binding] = &[
    bind(&[Named(NamedKey::ArrowRight), Sign(']')], "Right or ]", Action::NextStyle, "next style"),
    bind(&[Named(NamedKey::ArrowLeft), Sign('[')], "Left or [", Action::PreviousStyle, "previous style"),
    bind(&[Named(NamedKey::Tab)], "Tab", Action::Panel, "panel: styles and sliders"),
    bind(&[Letter('c', KeyCode::KeyC)], "C", Action::Compare, "before and after; drag the line"),
    bind(&[Letter('b', KeyCode::KeyB)], "B", Action::Bypass, "bypass: the camera as it is"),
    bind(&[Named(NamedKey::Space)], "Space", Action::Freeze, "freeze the picture"),
    bind(&[Letter('m', KeyCode::KeyM)], "M", Action::Mirror, "mirror"),
    bind(&[Letter('s', KeyCode::KeyS)], "S", Action::Snapshot, "save a picture"),
    bind(&[Letter('r', KeyCode::KeyR)], "R", Action::Record, "start or stop recording"),
    bind(&[Letter('i', KeyCode::KeyI)], "I", Action::Readout, "frame rate, latency, device"),
    bind(&[Letter('f', KeyCode::KeyF), Named(NamedKey::F11)], "F or F11", Action::Fullscreen, "full screen"),
    bind(&[Letter('h', KeyCode::KeyH), Sign('?'), Named(NamedKey::F1)], "H or ?", Action::Help, "this card"),
    bind(&[Letter('q', KeyCode::KeyQ)], "Q", Action::Quit, "quit"),
    bind(&[Named(NamedKey::Escape)], "Esc", Action::Back, "close, leave full screen, quit"),
];

/// What a key that went down does.
pub(super) fn action(event: &KeyEvent) -> Option<Action> {
    lookup(&event.logical_key, event.physical_key)
}

fn lookup(logical: &Key, physical: PhysicalKey) -> Option<Action> {
    let typed = match logical {
        Key::Character(text) => text.chars().next().filter(|_| text.chars().count() == 1),
        _ => None,
    };
    let latin = typed.is_some_and(|c| c.is_ascii());
    let fits = |press: &Press| match *press {
        Named(NamedKey::Space) => matches!(logical, Key::Named(NamedKey::Space)) || typed == Some(' '),
        Named(key) => *logical == Key::Named(key),
        Sign(sign) => typed == Some(sign),
        Letter(letter, _) if latin => typed.is_some_and(|c| c.eq_ignore_ascii_case(&letter)),
        Letter(_, place) => typed.is_some() && physical == PhysicalKey::Code(place),
    };
    KEYS.iter().find(|binding| binding.keys.iter().any(fits)).map(|binding| binding.action)
}

/// The key of an action, for people.
pub(super) fn key_of(action: Action) -> &'static str {
    KEYS.iter().find(|binding| binding.action == action).map_or("", |binding| binding.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, place: KeyCode) -> Option<Action> {
        lookup(&Key::Character(text.into()), PhysicalKey::Code(place))
    }

    #[test]
    fn no_key_does_two_things_and_every_line_has_words() {
        let mut seen: Vec<Press> = Vec::new();
        for binding in KEYS {
            assert!(!binding.help.is_empty() && !binding.name.is_empty());
            for press in binding.keys {
                assert!(!seen.contains(press), "{press:?} is bound twice");
                seen.push(*press);
            }
        }
        for (i, a) in KEYS.iter().enumerate() {
            assert!(KEYS[i + 1..].iter().all(|b| a.action != b.action), "{:?} has two lines", a.action);
        }
    }

    #[test]
    fn letters_work_in_either_case_and_wherever_they_lie() {
        assert_eq!(typed("b", KeyCode::KeyB), Some(Action::Bypass));
        assert_eq!(typed("B", KeyCode::KeyB), Some(Action::Bypass));
        // AZERTY types Q where QWERTY has A; the letter counts, not the place.
        assert_eq!(typed("q", KeyCode::KeyA), Some(Action::Quit));
        assert_eq!(typed("a", KeyCode::KeyQ), None);
        // A Russian layout types и where QWERTY has B.
        assert_eq!(typed("и", KeyCode::KeyB), Some(Action::Bypass));
    }

    #[test]
    fn signs_and_named_keys() {
        let named = |key| lookup(&Key::Named(key), PhysicalKey::Code(KeyCode::KeyB));
        assert_eq!(named(NamedKey::Tab), Some(Action::Panel));
        assert_eq!(named(NamedKey::F11), Some(Action::Fullscreen));
        assert_eq!(named(NamedKey::Escape), Some(Action::Back));
        assert_eq!(named(NamedKey::F5), None);
        assert_eq!(typed("?", KeyCode::Slash), Some(Action::Help));
        assert_eq!(typed(" ", KeyCode::Space), Some(Action::Freeze));
        assert_eq!(key_of(Action::Help), "H or ?");
    }
}
