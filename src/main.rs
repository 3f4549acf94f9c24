//! The program: the library's command line.

use std::process::ExitCode;

/// Faster than the allocator of glibc; that of musl takes a lock for each request.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dcm2fhir::main()
}
