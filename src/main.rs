//! The `repoman` program; everything is in the library.

fn main() -> std::process::ExitCode {
    repoman::cli::main()
}
