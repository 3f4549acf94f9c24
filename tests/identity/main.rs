//! Nobody's data is joined with another's: an invariant over any output, and random archives in which people, orders,
//! visits and specimens collide.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod archive;
mod cases;
mod checker;
mod numbers;
mod property;
