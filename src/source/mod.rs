pub mod name;
pub use name::Name;
