//! The `repoman` program; everything is in the library.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h, and what it is unless somebody sets it, in milliseconds.
const PURGE_DELAY: (libmimalloc_sys::mi_option_t, std::ffi::c_long) = (15, 1000);

fn main() -> std::process::ExitCode {
    give_memory_back();
    repoman::cli::main()
}

/// Has what large indices were read into go back to the system at once, not a second later.
#[expect(unsafe_code, reason = "the options of the allocator are those of a library in C")]
fn give_memory_back() {
    let (option, preset) = PURGE_DELAY;
    // SAFETY: options are atomic numbers, and others than there are read as zero and are not set.
    unsafe {
        if libmimalloc_sys::mi_option_get(option) == preset {
            libmimalloc_sys::mi_option_set(option, 0);
        }
    }
}
