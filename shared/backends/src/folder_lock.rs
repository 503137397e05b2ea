//! One process at a time in a data directory.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// The right to a folder, until it is dropped or the process ends, however it ends.
pub struct FolderLock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Why it cannot be told whether a folder is free.
#[derive(Debug, thiserror::Error)]
#[error("cannot lock {path}")]
pub struct FolderLockError {
    path: String,
    source: io::Error,
}

impl FolderLock {
    /// Takes the lock of `folder`, which is made if it is not there; `None` when another process has it.
    ///
    /// # Errors
    /// When the folder or the file in it cannot be made, or files cannot be locked there.
    pub fn take(folder: &Path) -> Result<Option<Self>, FolderLockError> {
        let path = folder.join("lock");
        let failed = |source| FolderLockError { path: path.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
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
