//! `upload` against a server of ours that misbehaves on command. Time passes only on a clock of the tests.

mod archive;
mod binary;
mod bodies;
mod chaos;
mod faults;
mod repeat;
mod server;
mod session;
