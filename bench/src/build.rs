//! The binaries under test.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::args::{Backend, LabArgs};

/// Where the binaries are.
#[derive(Debug)]
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// Builds what the backend needs, unless told not to.
    pub(crate) async fn prepare(args: &LabArgs, profiled: bool) -> anyhow::Result<Self> {
        let profile = if profiled { "profiling" } else { "release" };
        if !args.no_build {
            build(profile, packages(args.backend)).await?;
        }
        // This program is in the target directory, in the folder of its own profile.
        let own = std::env::current_exe()?;
        let target = own.parent().and_then(Path::parent).context("this program has no folder")?;
        Ok(Self(target.join(profile)))
    }

    /// The binary of this name.
    pub(crate) fn find(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.0.join(name);
        ensure!(path.is_file(), "there is no {}: run without --no-build", path.display());
        Ok(path)
    }
}

fn packages(backend: Backend) -> &'static [&'static str] {
    match backend {
        // The command-line tool sets the database up.
        Backend::Services => {
            &["postrider", "postrider-api", "postrider-dispatcher", "postrider-worker"]
        }
        Backend::Embedded => &["postrider"],
    }
}

async fn build(profile: &str, packages: &[&str]) -> anyhow::Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).kill_on_drop(true);
    cargo.args(["build", "--profile", profile]);
    if profile == "profiling" {
        for setting in [
            "profile.profiling.inherits='release'",
            "profile.profiling.debug='line-tables-only'",
            "profile.profiling.strip='none'",
            "build.rustflags=['-Cforce-frame-pointers=yes']",
        ] {
            cargo.args(["--config", setting]);
        }
    }
    for package in packages {
        cargo.args(["--package", package]);
    }
    let status = cargo.status().await.context("cannot start cargo")?;
    ensure!(status.success(), "the binaries do not build");
    Ok(())
}
