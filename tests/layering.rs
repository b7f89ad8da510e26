//! The shape of the source: imports point down, files stay small, an effect has one name everywhere.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the top down; those on one line are siblings and do not import each other, except on the last.
const LAYERS: [&[&str]; 8] = [
    &["main", "launch"],
    &["app"],
    &["window"],
    &["cli", "live", "train", "eval"],
    &["pipeline"],
    &["source", "stylize", "motion", "post", "sink"],
    &["gpu", "av", "v4l2"],
    &["stage", "frame", "config", "error"],
];

/// No file of `src` is longer.
const MOST_LINES: usize = 550;

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Why `from` may not import `to`; `None` where it may.
fn fault(from: &str, to: &str) -> Option<&'static str> {
    let (above, below) = (layer(from)?, layer(to)?);
    if from == to || above < below || (above == below && (above == 0 || above + 1 == LAYERS.len())) {
        None
    } else if above == below {
        Some("is its sibling")
    } else {
        Some("is above it")
    }
}

/// What a file imports from the crate's top level: the names after `crate::`, also those of `crate::{…}`, and after as
/// many `super::` as lead out of its module. Comments and modules of tests do not count.
fn imports(module: &[String], text: &str) -> BTreeSet<String> {
    let mut lines = text.lines().map(|line| line.split("//").next().unwrap_or("").trim_end()).peekable();
    let mut code = String::new();
    while let Some(line) = lines.next() {
        let module = |next: &&str| next.split_whitespace().any(|word| word == "mod") && next.ends_with('{');
        if line == "#[cfg(test)]" && lines.peek().is_some_and(module) {
            lines.by_ref().find(|line| *line == "}");
        } else {
            code += line;
            code.push('\n');
        }
    }
    let root = ["crate::".to_owned(), "super::".repeat(module.len())];
    let mut found = BTreeSet::new();
    for prefix in root {
        for (at, _) in code.match_indices(&prefix) {
            // `super::super::x` also holds `super::x`: count only the whole chain.
            let inner = code[..at].ends_with("super::");
            let longer = code[at + prefix.len()..].starts_with("super::");
            if !inner && !longer {
                found.extend(names(&code[at + prefix.len()..]));
            }
        }
    }
    found
}

/// The first path segment of `rest`, or of each entry where it begins with a group.
fn names(rest: &str) -> Vec<String> {
    let identifier =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(group) = rest.strip_prefix('{') else { return vec![identifier(rest)] };
    let (mut entries, mut depth) = (vec![String::new()], 0);
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => entries.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                entries.last_mut().unwrap().push(c);
            }
        }
    }
    entries.iter().map(|entry| identifier(entry)).filter(|name| !name.is_empty()).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder` with that extension, sorted.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("cannot list {}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// `src/post/outline.rs` is `post::outline`, `src/post/mod.rs` is `post`.
fn module_path(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut path: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

#[test]
fn imports_point_down() {
    let mut faults = Vec::new();
    for file in files(&root().join("src"), "rs") {
        let module = module_path(&file);
        let top = module[0].as_str();
        if top == "lib" {
            continue;
        }
        assert!(layer(top).is_some(), "{top} has no place in the order of imports: add it to LAYERS");
        for import in imports(&module, &fs::read_to_string(&file).unwrap()) {
            if let Some(why) = fault(top, &import) {
                faults.push(format!("{} imports {import}, which {why}", module.join("::")));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn an_upward_import_is_found() {
    let module = ["post".to_owned(), "outline".to_owned()];
    let text = "use crate::{frame::{Frame, Size}, pipeline::Link};\nuse super::super::sink;\nuse super::Pass;\n\
                // crate::app is fine here\n#[cfg(test)]\nmod fakes;\nfn f() { crate::gpu::g() }\n\
                #[cfg(test)]\npub(crate) mod tests {\nuse crate::app;\n}\nuse crate::motion;\n\
                #[cfg(test)]\nmod more;\nuse crate::eval;\n#[cfg(test)]\nmod last {\nuse crate::app;\n}";
    let found = imports(&module, text);
    let wanted = ["eval", "frame", "gpu", "motion", "pipeline", "sink"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    assert_eq!(fault("post", "pipeline"), Some("is above it"));
    assert_eq!(fault("post", "sink"), Some("is its sibling"));
    assert_eq!(fault("post", "gpu"), None);
    assert_eq!(fault("stage", "frame"), None);
    assert_eq!(fault("error", "gpu"), Some("is above it"));
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = files(&root().join("src"), "rs")
        .into_iter()
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, file)| format!("{} has {lines} lines, more than {MOST_LINES}", file.display()))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

/// The tables of a style that shaders draw: all but those of the generator and of what surrounds it.
fn effects() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("src/config/settings.rs")).unwrap();
    let body = text.split("pub struct Settings {").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap();
    let fields = body.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "));
    let tables = fields.filter(|(_, kind)| kind.trim_end_matches(',') != "String");
    tables.map(|(name, _)| name.to_owned()).filter(|name| name != "generator" && name != "motion").collect()
}

#[test]
fn an_effect_has_one_name() {
    let effects = effects();
    assert!(effects.contains("outline"), "the struct Settings is not understood: {effects:?}");
    for effect in &effects {
        let pass = root().join(format!("src/post/{effect}.rs"));
        let code =
            fs::read_to_string(&pass).unwrap_or_else(|_| panic!("the setting [{effect}] has no {}", pass.display()));
        let shader = format!("shaders/{effect}.wgsl");
        assert!(code.contains(&format!("{shader}\")")), "{} does not include {shader}", pass.display());
    }
    // Shaders that are no effect (conversion, composition) are included by whoever runs them.
    let code: String = files(&root().join("src"), "rs").iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for shader in files(&root().join("shaders"), "wgsl") {
        let inside = shader.strip_prefix(root()).unwrap().display().to_string();
        assert!(code.contains(&format!("{inside}\")")), "nothing includes {inside}");
    }
}
