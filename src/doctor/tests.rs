//! Each check over what it may see.
