//! The metadata documents, as the engine asks for them: from each web server itself.

use std::time::Duration;

use crate::app::farm::metadata::Documents;
use crate::cert::Thumbprint;
use crate::farm::description::{Node, Organization};
use crate::protocol::Hex;
use crate::rotation::world::Metadata;

/// How long one document may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl Metadata for Documents<'_> {
    fn certificates(&self, node: &Node, organization: &Organization) -> Result<Vec<Hex<20>>, String> {
        let document = self.ask_for(node, organization.name.as_str(), PATIENCE)?;
        Ok(document.keys.iter().map(|der| Hex::from(*Thumbprint::of(der).as_bytes())).collect())
    }
}
