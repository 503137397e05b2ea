//! One Postrider at a time in a data directory.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

/// The right to the folder, until it is dropped or the process ends, however it ends.
pub(crate) struct FolderLock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl FolderLock {
    /// Takes the lock of `folder`; `None` when another process has it.
    pub(crate) fn take(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join("lock");
        let failed = || format!("cannot lock {}", path.display());
        std::fs::create_dir_all(folder).with_context(failed)?;
        let file = File::options().create(true).append(true).open(&path).with_context(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once_until_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        assert!(first.is_some());
        assert!(FolderLock::take(folder.path()).unwrap().is_none());
        drop(first);
        assert!(FolderLock::take(folder.path()).unwrap().is_some());
    }
}
