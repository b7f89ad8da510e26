//! Finds and loads `libcomicvid`, and explains what is missing where that fails.
//!
//! Part of the launcher, not of the library: depends on nothing but the standard library and `dlopen`.

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LAZY, RTLD_LOCAL, RTLD_NOW};
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The PyTorch release whose binary interface tch 0.24 is made for.
const TORCH_VERSION: &str = "2.11.0";
/// Names a libtorch to use: the `torch` folder of the Python package, or any folder with `lib/libtorch_cpu.so`.
const TORCH_VARIABLE: &str = "COMICVID_LIBTORCH";
/// The library's one entry point: runs the program on the process's arguments, answers with its exit code.
type EntryPoint = unsafe extern "C" fn() -> i32;

/// Tells libraries that read the environment once, as they are loaded, how to behave; what the user says there counts.
pub fn settle() {
    for (names, value) in [
        // libgomp's idle workers sleep. By default they spin between two layers of the network and take the cores that
        // decoding, shading and encoding need.
        (&["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"][..], "PASSIVE"),
        // Mesa's device-selection layer asks no display server which GPU is whose: the program chooses by itself, and where
        // there is no display the layer complains on stderr.
        (&["NODEVICE_SELECT", "MESA_VK_DEVICE_SELECT"], "1"),
        // SVT-AV1 speaks of errors alone; it would tell how it is set up, on stderr.
        (&["SVT_LOG"], "1"),
    ] {
        if names.iter().all(|name| env::var_os(name).is_none()) {
            // SAFETY: the process has one thread so far, so nobody reads the environment meanwhile.
            unsafe { env::set_var(names[0], value) };
        }
    }
}

/// Loads the library and runs the program.
///
/// # Errors
/// The library, or one that it needs, cannot be loaded.
pub fn run() -> Result<i32, Missing> {
    let library = load()?;
    // SAFETY: `comicvid_main` has the type `EntryPoint` in every build of the library.
    let entry = unsafe { library.get::<EntryPoint>(b"comicvid_main\0") }.map_err(|e| Missing::new(&e))?;
    // SAFETY: it may be called once from any thread, which this is; it lets no panic out.
    let code = unsafe { entry() };
    // Unloading would run the destructors of libraries that have threads running.
    std::mem::forget(library);
    Ok(code)
}

fn load() -> Result<Library, Missing> {
    let path = library_path();
    load_fallbacks(&path.with_file_name("fallback"));
    if let Some(folder) = env::var_os(TORCH_VARIABLE).filter(|value| !value.is_empty()) {
        preload_torch(Path::new(&folder))?;
        return open(&path);
    }
    match open(&path) {
        Err(missing) if missing.is_torch() => {
            let Some(folder) = python_torch() else { return Err(missing) };
            preload_torch(&folder)?;
            open(&path)
        }
        result => result,
    }
}

/// Where cargo puts it (`deps`: of `cargo build`, `run` and `test`, only the first copies it beside the executable),
/// beside the executable, or where an install or an unpacked archive has it.
fn library_path() -> PathBuf {
    let name = libloading::library_filename("comicvid");
    let executable = env::current_exe().unwrap_or_default();
    let folder = executable.parent().unwrap_or(Path::new("."));
    let nearer = [folder.join("deps").join(&name), folder.join(&name)];
    nearer.into_iter().find(|path| path.exists()).unwrap_or_else(|| folder.join("../lib/comicvid").join(name))
}

/// Loads the libraries of `folder` that the system lacks. An archive for other distributions brings libraries there
/// that graphics drivers link too: where the system has its own, its drivers must meet those, not older ones of ours.
fn load_fallbacks(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let open = |path: &Path| {
        // SAFETY: these are ordinary system libraries, whose initialisers ask nothing of the process.
        unsafe { Library::open(Some(path), RTLD_LAZY | RTLD_LOCAL) }.map(std::mem::forget)
    };
    // All of the system's first: ours pull in what they need from `folder`, even where the system has it.
    let lacking: Vec<PathBuf> = entries
        .map(|e| e.path())
        .filter(|path| path.file_name().is_some_and(|n| open(Path::new(n)).is_err()))
        .collect();
    for path in lacking {
        // What fails here is named again, with its reason, by what needs it.
        let _ = open(&path);
    }
}

fn open(path: &Path) -> Result<Library, Missing> {
    // Every symbol now, so that libraries of another version are reported here and not in the middle of a film.
    // SAFETY: the initialisers of libcomicvid and of what it links expect nothing but a running process.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(|e| Missing::new(&e))
}

/// Loads libtorch from `folder`, so that the library's need for it is met by what is in memory already.
fn preload_torch(folder: &Path) -> Result<(), Missing> {
    let nested = folder.join("lib");
    let folder = if nested.is_dir() { &nested } else { folder };
    for name in ["c10", "torch_cpu"] {
        let path = folder.join(libloading::library_filename(name));
        // SAFETY: as in `open`.
        let library = unsafe { Library::open(Some(&path), RTLD_LAZY | RTLD_GLOBAL) }.map_err(|e| Missing::new(&e))?;
        std::mem::forget(library);
    }
    Ok(())
}

/// The `torch` package of the Python on the path, where it is of the right version. Does not import it: that takes
/// seconds.
fn python_torch() -> Option<PathBuf> {
    const FIND: &str = "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])";
    let output = Command::new("python3").args(["-c", FIND]).output().ok().filter(|o| o.status.success())?;
    let folder = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end());
    let version = std::fs::read_to_string(folder.join("version.py")).ok()?;
    version.contains(&format!("__version__ = '{TORCH_VERSION}")).then_some(folder)
}

/// A library that could not be loaded, in the dynamic linker's words.
#[derive(Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is not there, where the dynamic linker named it: `libavcodec.so.59`.
    library: Option<String>,
    /// The dynamic linker's message.
    message: String,
}

impl Missing {
    fn new(error: &libloading::Error) -> Self {
        let text = match error {
            libloading::Error::DlOpen { source } | libloading::Error::DlSym { source } => source.to_string(),
            other => other.to_string(),
        };
        Self::from_message(&text)
    }

    /// Takes apart `libx.so.1: cannot open shared object file: No such file or directory`.
    fn from_message(message: &str) -> Self {
        let library = message.split_once(": cannot open shared object file").map(|(path, _)| {
            let name = Path::new(path).file_name();
            name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
        });
        Self { library, message: message.to_owned() }
    }

    fn is_torch(&self) -> bool {
        self.library.as_deref().is_some_and(|l| l.starts_with("libtorch") || l.starts_with("libc10"))
    }

    /// What to do about it on this machine.
    pub fn hint(&self) -> String {
        let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        self.hint_for(&Distribution::from_os_release(&system))
    }

    fn hint_for(&self, distribution: &Distribution) -> String {
        match self.library.as_deref() {
            Some(_) if self.is_torch() => format!(
                "libtorch {TORCH_VERSION} is part of the Python package of that version: `pip install \
                 torch=={TORCH_VERSION}`, then set {TORCH_VARIABLE} to its `torch` folder; in the source folder, \
                 ./setup.sh gets it"
            ),
            Some(library) if library.starts_with("libcomicvid") => {
                "`make install` and `cargo build` put it where the program looks, `cargo install` does not; keep bin and lib \
                 of an archive together"
                    .to_owned()
            }
            Some(library) if is_cuda(library) => {
                "it comes with the Python package torch; in the source folder, ./setup.sh gets it".to_owned()
            }
            Some(library) => match distribution.install(library) {
                Some(command) => format!("`{command}` installs it; if there is no such package, build comicvid again"),
                None => "install the package of your distribution that has it, or build comicvid again".to_owned(),
            },
            None => format!(
                "a library is of another version than the one comicvid was built with (libtorch must be \
                 {TORCH_VERSION}); build it again in the source folder with `cargo build --release`"
            ),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.library {
            Some(library) => write!(f, "cannot start: the shared library {library} is missing"),
            None => write!(f, "cannot start: {}", self.message),
        }
    }
}

fn is_cuda(library: &str) -> bool {
    ["libcu", "libnv", "libnccl"].iter().any(|prefix| library.starts_with(prefix))
}

/// Families of distributions that name packages differently.
#[derive(Debug, PartialEq, Eq)]
enum Distribution {
    /// Debian, Ubuntu and theirs: the package is called like the library with its version.
    Debian,
    /// Fedora, RHEL and theirs: dnf takes the library's name.
    Fedora,
    /// openSUSE: zypper takes the library's name.
    Suse,
    /// Arch and theirs: one package of many libraries.
    Arch,
    /// Anything else.
    Other,
}

impl Distribution {
    /// From the text of `/etc/os-release`.
    fn from_os_release(text: &str) -> Self {
        let values = text.lines().filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")));
        let ids: Vec<&str> = values.flat_map(|v| v.trim_matches(['"', '\'']).split_whitespace()).collect();
        let any = |names: &[&str]| ids.iter().any(|id| names.contains(id));
        match () {
            () if any(&["debian", "ubuntu"]) => Self::Debian,
            () if any(&["fedora", "rhel", "centos"]) => Self::Fedora,
            () if any(&["suse", "opensuse"]) => Self::Suse,
            () if any(&["arch"]) => Self::Arch,
            () => Self::Other,
        }
    }

    /// The command that installs `library`.
    fn install(&self, library: &str) -> Option<String> {
        match self {
            Self::Debian => Some(format!("sudo apt install {}", debian_package(library)?)),
            Self::Fedora => Some(format!("sudo dnf install '{library}()(64bit)'")),
            Self::Suse => Some(format!("sudo zypper install '{library}()(64bit)'")),
            Self::Arch if is_ffmpeg(library) => Some("sudo pacman -S ffmpeg".to_owned()),
            Self::Arch | Self::Other => None,
        }
    }
}

fn is_ffmpeg(library: &str) -> bool {
    ["libav", "libsw"].iter().any(|prefix| library.starts_with(prefix))
}

/// Debian's rule for naming the package of a shared library: `libavcodec.so.59` is in `libavcodec59`, a name that ends
/// in a digit gets a dash.
fn debian_package(library: &str) -> Option<String> {
    let (name, version) = library.split_once(".so.")?;
    let major = version.split('.').next()?;
    let dash = if name.ends_with(|c: char| c.is_ascii_digit()) { "-" } else { "" };
    Some(format!("{name}{dash}{major}").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: &str = "libavcodec.so.59: cannot open shared object file: No such file or directory";

    #[test]
    fn the_dynamic_linkers_message_gives_the_library() {
        assert_eq!(Missing::from_message(ABSENT).library.as_deref(), Some("libavcodec.so.59"));
        let path = "/opt/x/libtorch_cpu.so: cannot open shared object file: No such file or directory";
        let missing = Missing::from_message(path);
        assert_eq!(missing.library.as_deref(), Some("libtorch_cpu.so"));
        assert!(missing.is_torch());
        let other = "/opt/x/libcomicvid.so: undefined symbol: _ZN2at4_ops3add4callERKNS_6TensorES3_";
        let missing = Missing::from_message(other);
        assert_eq!(missing.library, None);
        assert!(missing.to_string().contains("undefined symbol"));
    }

    #[test]
    fn the_message_of_this_systems_linker_is_understood() {
        let missing = open(Path::new("/nonexistent/libnothing.so.7")).unwrap_err();
        assert_eq!(missing.library.as_deref(), Some("libnothing.so.7"));
    }

    #[test]
    fn hints_name_the_distributions_command() {
        let missing = Missing::from_message(ABSENT);
        let hint = |os: &str| missing.hint_for(&Distribution::from_os_release(os));
        assert!(hint("ID=debian\n").contains("`sudo apt install libavcodec59`"));
        assert!(hint("NAME=x\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n").contains("apt install libavcodec59"));
        assert!(hint("ID=fedora\n").contains("dnf install 'libavcodec.so.59()(64bit)'"));
        assert!(hint("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n").contains("zypper"));
        assert!(hint("ID=arch\n").contains("pacman -S ffmpeg"));
        assert!(hint("").contains("your distribution"));
    }

    #[test]
    fn hints_for_libtorch_name_the_variable_and_the_version() {
        let missing = Missing::from_message("libc10.so: cannot open shared object file: No such file or directory");
        let hint = missing.hint_for(&Distribution::Debian);
        assert!(hint.contains(TORCH_VARIABLE) && hint.contains(TORCH_VERSION), "{hint}");
    }

    #[test]
    fn set_up_gets_the_version_that_is_asked_for_here() {
        assert!(include_str!("../scripts/libtorch.py").contains(&format!("\"torch=={TORCH_VERSION}\"")));
    }

    #[test]
    fn debian_package_names_follow_the_naming_rule() {
        assert_eq!(debian_package("libx264.so.164").as_deref(), Some("libx264-164"));
        assert_eq!(debian_package("libvpx.so.7").as_deref(), Some("libvpx7"));
        assert_eq!(debian_package("libSDL2-2.0.so.0").as_deref(), Some("libsdl2-2.0-0"));
        assert_eq!(debian_package("libfoo.so"), None);
    }
}
