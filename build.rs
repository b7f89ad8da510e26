//! Writes into every linked file (launcher, library, tests, benches, examples) where its shared libraries are, so that
//! nothing needs `LD_LIBRARY_PATH`: beside itself, in `torch/lib` beside itself (installs), in the build's libtorch.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    println!("cargo::rerun-if-env-changed=LIBTORCH_LIB");
    // FFmpeg 8 keeps what goes with a stream as a whole (its rotation, say) elsewhere.
    println!("cargo::rustc-check-cfg=cfg(ffmpeg_side_data_in_parameters)");
    if env::var_os("DEP_FFMPEG_FFMPEG_8_0").is_some_and(|set| set == "true") {
        println!("cargo::rustc-cfg=ffmpeg_side_data_in_parameters");
    }
    let torch = env::var_os("CARGO_FEATURE_TORCH").is_some().then(libtorch).flatten();
    if let Some(lib) = torch.as_deref().filter(|lib| !lib.is_dir()) {
        println!("cargo::error=there is no libtorch in {}", lib.display());
        println!("cargo::error=run ./setup.sh, or set LIBTORCH, or build with --no-default-features");
        return;
    }
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => {
            // DT_RPATH, not DT_RUNPATH: only the former also serves the libraries that our libraries need.
            println!("cargo::rustc-link-arg=-Wl,--disable-new-dtags");
            rpath(Path::new("$ORIGIN"), torch.as_deref());
        }
        Ok("macos") => rpath(Path::new("@loader_path"), torch.as_deref()),
        _ => {}
    }
}

/// The build's libtorch libraries, where torch-sys takes them from; `None` is a system-wide one.
fn libtorch() -> Option<PathBuf> {
    let folder = env::var_os("LIBTORCH_LIB").or_else(|| env::var_os("LIBTORCH"))?;
    Some(Path::new(&folder).join("lib"))
}

fn rpath(beside: &Path, torch: Option<&Path>) {
    for folder in [Some(beside), Some(&beside.join("torch/lib")), torch].into_iter().flatten() {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
}
