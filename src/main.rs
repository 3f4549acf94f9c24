//! The command line: parses, runs, exits.

fn main() {}
