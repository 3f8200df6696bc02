//! The way of SQLite's files to a [`disk`]: a VFS over the system's, which passes everything on and asks
//! the disk of the file's folder first, if there is one. All unsafe code of these tests is here.

#![expect(unsafe_code, reason = "a VFS is functions that C calls: see SAFETY at each")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

use rusqlite::ffi;

use crate::disk::{self, OnDisk};

/// The system's VFS, which outlives the process's use of SQLite.
static SYSTEM: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

/// A file as SQLite has it: in memory of SQLite's own, of the size that the VFS asks for.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    inner: *mut Inner,
}

struct Inner {
    /// The system's file: as many bytes as its VFS asks for, aligned to 8 as SQLite does it.
    system: Vec<u64>,
    /// None for files of folders that have no disk.
    on_disk: Option<OnDisk>,
}

impl Inner {
    fn system(&mut self) -> *mut ffi::sqlite3_file {
        self.system.as_mut_ptr().cast()
    }
}

/// Makes the VFS the process's default, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    // SAFETY: the VFS that is found is the system's and lives as long as the process, and so does the
    // leaked copy; what the copy has of the system's own functions does not look at which VFS it is.
    ONCE.call_once(|| unsafe {
        let system = ffi::sqlite3_vfs_find(ptr::null());
        assert!(!system.is_null(), "the system has a VFS");
        SYSTEM.store(system, Ordering::Release);
        let size = c_int::try_from(size_of::<File>()).expect("it is a few bytes");
        let ours = ffi::sqlite3_vfs {
            szOsFile: size,
            pNext: ptr::null_mut(),
            zName: c"bugle-disk".as_ptr(),
            xOpen: Some(open),
            xDelete: Some(delete),
            ..*system
        };
        let code = ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1);
        assert_eq!(code, ffi::SQLITE_OK, "the VFS is taken");
    });
}

/// # Safety
///
/// The name is null, or a C string that outlives the use of the path.
unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the caller.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

/// # Safety
///
/// The file is one that [`open`] made and [`close`] did not get yet, and nobody else uses it meanwhile:
/// SQLite calls the methods of a file one at a time.
unsafe fn inner<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Inner {
    // SAFETY: by the caller.
    unsafe { &mut *(*file.cast::<File>()).inner }
}

/// Calls a method of the system's file, unsafe as the method is.
macro_rules! system {
    ($file:expr, $method:ident $(, $arg:expr)*) => {{
        let file: *mut ffi::sqlite3_file = $file;
        ((*(*file).pMethods).$method.expect("the system's files have it"))(file $(, $arg)*)
    }};
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a name that lives as long as the file, and room for a `File`; the system's
    // VFS gets its own arguments, and room of the size it asks for.
    unsafe {
        // Without methods it is not closed.
        (*file).pMethods = ptr::null();
        let opening = path(name).and_then(|path| disk::open(path, flags));
        if let Some(Err(code)) = opening {
            return code;
        }
        let system = SYSTEM.load(Ordering::Acquire);
        let size = usize::try_from((*system).szOsFile).unwrap_or_default();
        let room = vec![0; size.div_ceil(size_of::<u64>())];
        let mut inner = Box::new(Inner { system: room, on_disk: None });
        let open = (*system).xOpen.expect("a VFS opens files");
        let code = open(system, name, inner.system(), flags, out_flags);
        if code != ffi::SQLITE_OK {
            return code;
        }
        inner.on_disk = opening.and_then(Result::ok).map(disk::Opening::done);
        let file = file.cast::<File>();
        (*file).inner = Box::into_raw(inner);
        (*file).base.pMethods = &raw const METHODS;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: SQLite gives a name; the system's VFS gets its own arguments.
    unsafe {
        let system = SYSTEM.load(Ordering::Acquire);
        let delete = (*system).xDelete.expect("a VFS deletes files");
        match path(name).and_then(disk::of) {
            // The file goes by a call that the disk sees.
            Some((disk, _)) => disk.delete(sync_folder != 0, || delete(system, name, 0)),
            None => delete(system, name, sync_folder),
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file that `open` made, once, and does not use it afterwards.
    unsafe {
        let mut inner = Box::from_raw((*file.cast::<File>()).inner);
        system!(inner.system(), xClose)
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    to: *mut c_void,
    len: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file that `open` made, and room for `len` bytes.
    unsafe {
        let inner = inner(file);
        let system = inner.system();
        let real = || system!(system, xRead, to, len, at);
        match &inner.on_disk {
            Some(on_disk) => on_disk.read(real),
            None => real(),
        }
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    len: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file that `open` made, and `len` bytes; what is written of them is no more.
    unsafe {
        let inner = inner(file);
        let system = inner.system();
        let Some(on_disk) = &inner.on_disk else { return system!(system, xWrite, from, len, at) };
        let len = usize::try_from(len).unwrap_or_default();
        let bytes = slice::from_raw_parts(from.cast::<u8>(), len);
        on_disk.write(at.cast_unsigned(), bytes, |part| {
            let len = c_int::try_from(part.len()).unwrap_or_default();
            system!(system, xWrite, part.as_ptr().cast(), len, at)
        })
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a file that `open` made.
    unsafe {
        let inner = inner(file);
        let system = inner.system();
        let real = || system!(system, xTruncate, len);
        match &inner.on_disk {
            Some(on_disk) => on_disk.truncate(len.cast_unsigned(), real),
            None => real(),
        }
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite gives a file that `open` made.
    unsafe {
        let inner = inner(file);
        let system = inner.system();
        let Some(on_disk) = &inner.on_disk else { return system!(system, xSync, flags) };
        on_disk.sync(|content| {
            let len = c_int::try_from(content.len()).unwrap_or_default();
            system!(system, xWrite, content.as_ptr().cast(), len, 0)
        })
    }
}

/// Methods that no disk is asked about.
macro_rules! passed_on {
    ($($name:ident as $method:ident($($arg:ident: $type:ty),*) -> $out:ty;)+) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($arg: $type),*) -> $out {
            // SAFETY: SQLite gives a file that `open` made, and what the method asks for.
            unsafe { system!(inner(file).system(), $method $(, $arg)*) }
        }
    )+};
}

passed_on! {
    file_size as xFileSize(size: *mut ffi::sqlite3_int64) -> c_int;
    lock as xLock(level: c_int) -> c_int;
    unlock as xUnlock(level: c_int) -> c_int;
    is_reserved as xCheckReservedLock(out: *mut c_int) -> c_int;
    control as xFileControl(op: c_int, arg: *mut c_void) -> c_int;
    sector_size as xSectorSize() -> c_int;
    characteristics as xDeviceCharacteristics() -> c_int;
    shm_map as xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    shm_lock as xShmLock(offset: c_int, n: c_int, flags: c_int) -> c_int;
    shm_barrier as xShmBarrier() -> ();
    shm_unmap as xShmUnmap(delete: c_int) -> c_int;
}

/// Version 2: with shared memory, and no files in memory, past which writes would go.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
