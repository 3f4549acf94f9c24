//! The program: the library's command line.

use std::process::ExitCode;

/// The allocator of musl takes a lock for each request.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dcm2fhir::main()
}
