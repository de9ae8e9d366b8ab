//! Tables and properties of access lists.

mod forms;
mod posix;
mod windows;
