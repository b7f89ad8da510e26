//! Files other than films, damaged at random: the targets of `fuzz/`, on mutations of good ones.

use super::chance::Chance;
use super::{clips, count, seed};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[path = "../../fuzz/src/targets.rs"]
mod targets;

/// Packets as a run keeps them: three, of a codec that does not look at them.
fn packets() -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..3i64 {
        let mut record = Vec::new();
        [number, number, 1].iter().for_each(|time| record.extend(time.to_le_bytes()));
        record.extend(1i32.to_le_bytes());
        // A piece of side data: a palette would be one.
        record.extend(1u32.to_le_bytes());
        record.extend(0i32.to_le_bytes());
        record.extend(4u32.to_le_bytes());
        record.extend([1, 2, 3, 4]);
        record.extend([7; 40]);
        bytes.extend((record.len() as u32).to_le_bytes());
        bytes.extend(record);
    }
    bytes
}

const STYLE: &str = include_str!("../../src/config/presets/action.toml");
const OTHER: &str = include_str!("../../src/config/presets/manga.toml");
const CHANGES: &str =
    "comic:0.7,ink:0.3\noutline.width=3\npaper=off\ntone.steps=5\noutline.color=#102030\nhalftone.pattern=lines";
const PLAN: &str = "{\"layout\":4,\"facts\":{},\"arguments\":[\"a\",\"b\"],\"folder\":\"/\",\"damage\":null,\
    \"segments\":[{\"first\":0,\"frames\":3,\"pts\":0,\"begin\":{\"index\":0,\"pts\":0,\"crc\":7}}]}\0{\"frames\":3,\"pts\":0,\"bytes\":4}";
const JOURNAL: &str =
    "{\"layout\":3,\"facts\":{},\"segments\":[{\"frames\":3,\"pts\":-2,\"bytes\":0}],\"warm_up\":2,\"complete\":false}";

type Target = (&'static str, fn(&[u8]), Vec<u8>);

fn targets() -> Vec<Target> {
    vec![
        ("style", targets::style, STYLE.into()),
        ("style", targets::style, OTHER.into()),
        ("changes", targets::changes, CHANGES.into()),
        ("plan", targets::plan, PLAN.into()),
        ("journal", targets::journal, JOURNAL.into()),
        ("packets", targets::packets, packets()),
        #[cfg(feature = "torch")]
        ("weights", targets::weights, {
            // The head is what is parsed; the rest is numbers.
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/comic.safetensors");
            std::fs::read(path).unwrap()[..20_000].to_vec()
        }),
    ]
}

#[test]
fn damaged_files_are_taken_or_refused() {
    let (cases, seed) = (count("COMICVID_MUTATIONS", 300), seed());
    let targets = targets();
    // As they are, they do no harm either.
    targets.iter().for_each(|(_, target, good)| target(good));
    assert!(targets::join(&packets()), "good packets make a film");
    let mut faults = Vec::new();
    for case in seed..seed + cases {
        let mut chance = Chance::new(case);
        let (name, target, good) = &targets[chance.below(targets.len())];
        let mut bytes = good.clone();
        clips::mutate(&mut bytes, &targets[chance.below(targets.len())].2, &mut chance);
        if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
            faults.push(format!("{name}, seed {case}"));
        }
    }
    assert!(faults.is_empty(), "{} of {cases} panicked (COMICVID_SEED): {}", faults.len(), faults.join("; "));
}
