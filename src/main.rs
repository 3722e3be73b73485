//! The `repoman` program; everything is in the library, but how memory is had.

use std::alloc::{GlobalAlloc, Layout, System};

#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

fn main() -> std::process::ExitCode {
    give_memory_back();
    repoman::cli::main()
}

/// The allocator of the system, with large pages for what is large.
///
/// The text of a large index is one piece of memory. On pages of 4 KiB the kernel has to be asked
/// for each, tens of thousands of times, and to copy tables of them whenever gpg is started.
struct LargePages;

/// The size in bytes from which on it is worth it: some large pages, of 2 MiB mostly.
const LARGE: usize = 8 << 20;

// SAFETY: all memory is that of `System`, as `System` gave it and for the same layouts.
#[expect(unsafe_code, reason = "an allocator can't be written without")]
unsafe impl GlobalAlloc for LargePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what holds for the caller's layout holds for this one.
        advised(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        advised(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above, and `memory` is from `System`.
        advised(unsafe { System.realloc(memory, layout, size) }, size)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Returns the memory, after asking for large pages if it is large.
fn advised(memory: *mut u8, size: usize) -> *mut u8 {
    if size >= LARGE && !memory.is_null() {
        advise(memory, size);
    }
    memory
}

#[cold]
#[expect(unsafe_code, reason = "advice takes an address")]
fn advise(memory: *mut u8, size: usize) {
    let page = rustix::param::page_size();
    let before_first = memory.align_offset(page);
    if let Some(size) = size.checked_sub(before_first) {
        let first = memory.wrapping_add(before_first).cast();
        let advice = rustix::mm::Advice::LinuxHugepage;
        // SAFETY: these pages are within the memory, and this changes nothing of what is in them.
        // Kernels without large pages refuse, which is no loss.
        let _ = unsafe { rustix::mm::madvise(first, size - size % page, advice) };
    }
}

/// Has what is large go back to the system as soon as it is freed.
///
/// Unless told otherwise, glibc keeps what was freed for more of the same size, up to 32 MiB; but of
/// indices there is only one of a size.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the options of the allocator are those of a library in C")]
fn give_memory_back() {
    /// In bytes: above what package files are read into, which there is a lot of.
    const MAPPED: libc::c_int = 512 << 10;
    if std::env::var_os("MALLOC_MMAP_THRESHOLD_").is_none() {
        // SAFETY: it is called before there is any other thread.
        unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED) };
    }
}

#[cfg(not(target_env = "gnu"))]
fn give_memory_back() {}
