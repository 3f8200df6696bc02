//! Calls to the system that SQLite's VFS has no word for, taken on their way: names of files that change,
//! and syncs of files and folders. A function of the program goes before one of the C library of the same
//! name, for the standard library and for SQLite.

#![expect(unsafe_code, reason = "functions that stand for those of C: see SAFETY at each")]

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::disk;

/// The current folder, for the calls that take one.
const AT_FDCWD: c_int = -100;

/// What a device that fails is reported as.
const EIO: c_int = 5;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
    fn fdatasync(file: c_int) -> c_int;
    fn renameat(from_in: c_int, from: *const c_char, to_in: c_int, to: *const c_char) -> c_int;
    fn unlinkat(folder: c_int, path: *const c_char, flags: c_int) -> c_int;
}

/// # Safety
///
/// It is a C string that outlives the use of the path.
unsafe fn path<'a>(text: *const c_char) -> &'a Path {
    // SAFETY: by the caller.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes()))
}

/// # Safety
///
/// As of `rename` in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: both are C strings, by the caller, and the call is the one that was to be made.
    unsafe { disk::rename(path(from), path(to), || renameat(AT_FDCWD, from, AT_FDCWD, to)) }
}

/// # Safety
///
/// As of `unlink` in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(name: *const c_char) -> c_int {
    // SAFETY: it is a C string, by the caller, and the call is the one that was to be made.
    unsafe { disk::unlink(path(name), || unlinkat(AT_FDCWD, name, 0)) }
}

/// # Safety
///
/// As of `fsync` in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(file: c_int) -> c_int {
    // SAFETY: the file is the caller's, who keeps it open meanwhile, and it is not closed here.
    let borrowed = ManuallyDrop::new(unsafe { File::from_raw_fd(file) });
    let known = borrowed.metadata().ok().and_then(|metadata| disk::fsync(&metadata));
    match known {
        // SAFETY: the file is the caller's. Of what no test looks at, the data are all that counts.
        None => unsafe { fdatasync(file) },
        Some(true) => 0,
        Some(false) => {
            // SAFETY: it is the place of this thread's last error.
            unsafe { *__errno_location() = EIO };
            -1
        }
    }
}
