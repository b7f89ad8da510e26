//! A disk of FUSE with one file on it, of which any part can become unreadable, as on a disk that dies.

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEntry, ReplyOpen, Request,
};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

const FILE: INodeNo = INodeNo(2);

/// The disk, mounted as long as it lives.
pub struct Disk {
    /// From here on nothing can be read.
    broken_from: Arc<AtomicU64>,
    _session: BackgroundSession,
}

struct Files {
    name: String,
    bytes: Vec<u8>,
    broken_from: Arc<AtomicU64>,
}

impl Disk {
    /// Mounts a disk with the file `name` on `folder`.
    pub fn mount(folder: &Path, name: &str, bytes: Vec<u8>) -> Self {
        let broken_from = Arc::new(AtomicU64::new(u64::MAX));
        let files = Files { name: name.to_owned(), bytes, broken_from: Arc::clone(&broken_from) };
        let session = fuser::spawn_mount(files, folder, &Config::default())
            .unwrap_or_else(|e| panic!("cannot mount with FUSE ({e}): this needs root, or fusermount3, and /dev/fuse"));
        Self { broken_from, _session: session }
    }

    /// Nothing from byte `at` on can be read any more; all can with `None`.
    pub fn breaks(&self, at: Option<u64>) {
        self.broken_from.store(at.unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

impl Files {
    fn attributes(&self, ino: INodeNo) -> FileAttr {
        let folder = ino == INodeNo::ROOT;
        FileAttr {
            ino,
            size: self.bytes.len() as u64,
            blocks: 0,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if folder { FileType::Directory } else { FileType::RegularFile },
            perm: if folder { 0o755 } else { 0o444 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            flags: 0,
            blksize: 4096,
        }
    }
}

impl Filesystem for Files {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if name == OsStr::new(&self.name) {
            reply.entry(&Duration::ZERO, &self.attributes(FILE), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&Duration::ZERO, &self.attributes(ino));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        // Past the kernel's cache: what is broken is broken at once.
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        if offset + u64::from(size) > self.broken_from.load(Ordering::SeqCst) {
            return reply.error(Errno::EIO);
        }
        let length = self.bytes.len();
        let start = (offset as usize).min(length);
        reply.data(&self.bytes[start..(start + size as usize).min(length)]);
    }
}
