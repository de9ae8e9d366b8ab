//! The policies that come with the program.

/// A policy that is part of the program.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// All of them, each after those that it extends.
pub(crate) const SHIPPED: [Shipped; 3] = [
    Shipped { name: "baseline", text: include_str!("../../policies/baseline.toml") },
    Shipped { name: "evaluation", text: include_str!("../../policies/evaluation.toml") },
    Shipped { name: "production", text: include_str!("../../policies/production.toml") },
];

/// Returns the shipped policy with this name.
pub(crate) fn find(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|policy| policy.name == name)
}

impl Shipped {
    /// Returns the name under which errors speak of it.
    pub(crate) fn source_name(&self) -> String {
        format!("{} (shipped)", self.name)
    }
}
