//! Builds the management pages of `web/` and writes down which files there are, for `src/pages.rs`.
//!
//! It needs Node.js and npm. Without them, or with `POSTRIDER_WITHOUT_PAGES` set, the program is built
//! without the pages. Pages that do not build fail a release and a build in CI; any other build says so
//! and goes on, so that nobody who works on something else is held up.
//!
//! `web/` itself is left as it is: npm works on a copy, beside whatever else cargo makes.
#![expect(clippy::disallowed_methods, reason = "a build script is configured by variables alone")]

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Set, whatever to, it keeps the pages out.
const WITHOUT: &str = "POSTRIDER_WITHOUT_PAGES";
/// The oldest Node.js that builds them.
const NODE: u32 = 20;
/// What of `web/` the pages are built from.
const USED: [&str; 8] = [
    ".npmrc",
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "tsconfig.json",
    "vite.config.ts",
];
/// The types of the pages' client are made of it.
const DOCUMENT: &str = "docs/openapi.json";

fn main() -> Result<()> {
    let root = PathBuf::from("..").canonicalize()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    println!("cargo::rerun-if-env-changed={WITHOUT}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=compress.mjs");
    println!("cargo::rerun-if-changed={}", root.join(DOCUMENT).display());
    for path in used(&root.join("web")) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let files = match why_not(&root) {
        Some(reason) => {
            println!("cargo::warning=built without the management pages: {reason}");
            Vec::new()
        }
        None => match build(&root, &out) {
            Err(error) if env::var("PROFILE")? == "release" || env::var_os("CI").is_some() => {
                return Err(format!("{error}; {WITHOUT}=1 builds without the pages").into());
            }
            Err(error) => {
                println!("cargo::warning=built without the management pages: {error}");
                Vec::new()
            }
            Ok(files) => files,
        },
    };
    fs::write(out.join("pages.rs"), table(&files)?)?;
    Ok(())
}

/// Why the pages cannot be built, or are not to be.
fn why_not(root: &Path) -> Option<String> {
    if env::var_os(WITHOUT).is_some() {
        return Some(format!("{WITHOUT} is set"));
    }
    if !root.join("web/index.html").is_file() {
        return Some("there is no `web/index.html`".to_owned());
    }
    let Ok(version) = Command::new("node").arg("--version").output() else {
        return Some(format!("it takes Node.js {NODE} or newer"));
    };
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let major: Option<u32> =
        version.trim_start_matches('v').split('.').next().and_then(|text| text.parse().ok());
    match major {
        Some(major) if major >= NODE => None,
        _ => Some(format!("it takes Node.js {NODE} or newer, and this is {version}")),
    }
}

/// What of it there is in `web/`.
fn used(web: &Path) -> impl Iterator<Item = PathBuf> {
    USED.iter().map(|name| web.join(name)).filter(|path| path.exists())
}

/// Builds the pages in a copy of `web/`; the files, by their paths below the folder they are in.
fn build(root: &Path, out: &Path) -> Result<Vec<(String, PathBuf)>> {
    let copy = out.join("web");
    fs::create_dir_all(&copy)?;
    for path in used(&copy) {
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    for path in used(&root.join("web")) {
        copy_all(&path, &copy.join(path.file_name().unwrap_or_default()))?;
    }
    fs::create_dir_all(out.join("docs"))?;
    fs::copy(root.join(DOCUMENT), out.join(DOCUMENT))?;
    install(&copy)?;
    run(&copy, "npm", &["run", "build", "--silent"])?;
    let dist = copy.join("dist");
    run(&copy, "node", &[Path::new("compress.mjs").canonicalize()?.as_os_str(), dist.as_os_str()])?;
    let mut files = Vec::new();
    list(&dist, "", &mut files)?;
    files.sort();
    Ok(files)
}

/// Installs the libraries, unless those of this lock file are there.
fn install(web: &Path) -> Result<()> {
    let lock = fs::read(web.join("package-lock.json"))?;
    let installed = web.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run(web, "npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    Ok(fs::write(installed, lock)?)
}

fn run(folder: &Path, program: &str, arguments: &[impl AsRef<OsStr>]) -> Result<()> {
    let done = Command::new(program).args(arguments).current_dir(folder).output();
    let done = done.map_err(|error| format!("`{program}` could not be run: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = [done.stdout, done.stderr].concat();
    // A warning of cargo has one line.
    let said =
        String::from_utf8_lossy(&said).lines().map(str::trim).collect::<Vec<_>>().join(" | ");
    let arguments: Vec<_> =
        arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
    Err(format!("`{program} {}` failed: {said}", arguments.join(" ")).into())
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Every file in a folder and those below it, but what is for who develops them: maps of sources, and
/// what is hidden.
fn list(folder: &Path, below: &str, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{below}{name}");
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else if extension(&name) != "map" {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}

fn extension(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// The files as a Rust constant, with their compressed forms.
fn table(files: &[(String, PathBuf)]) -> Result<String> {
    let bytes = |path: &Path| format!("include_bytes!({:?})", path.display().to_string());
    let mut table = "const BUILT: &[PageFile] = &[\n".to_owned();
    for (name, path) in files {
        if matches!(extension(name), "gz" | "br") {
            continue;
        }
        let compressed = |suffix: &str| {
            let name = format!("{name}.{suffix}");
            let found = files.iter().find(|(other, _)| *other == name);
            found.map_or_else(|| "None".to_owned(), |(_, path)| format!("Some({})", bytes(path)))
        };
        writeln!(
            table,
            "    PageFile {{ path: {name:?}, plain: {}, gzip: {}, brotli: {} }},",
            bytes(path),
            compressed("gz"),
            compressed("br"),
        )?;
    }
    table.push_str("];\n");
    Ok(table)
}
