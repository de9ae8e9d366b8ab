//! Why a roll does not begin or go on, with the next command.

use std::path::Path;

use crate::error::{Error, Kind};
use crate::rotation::admission::Refused;
use crate::rotation::engine::Stop;
use crate::rotation::observe::Unseen;
use crate::rotation::plan::ReadError;

/// Says why a plan may not be applied.
pub(in crate::app) fn plan(refused: &Refused, file: &Path) -> Error {
    let anew = "plan anew, and read what it says: s2scert rotate plan";
    let kind = match refused {
        Refused::Unread(ReadError::Other(_) | ReadError::TooLarge) => Kind::Unreadable,
        _ => Kind::Refused,
    };
    let error = Error::new(kind, "this plan may not be applied").at(file.display()).because(refused.clone());
    match refused {
        Refused::Unread(ReadError::Newer(_)) => error.hint("use the s2scert that made it, or plan anew with this one"),
        Refused::OtherFarm { .. } => error.hint("name the farm of the plan: --farm FILE"),
        Refused::Moved(_) => {
            error.hint("if a roll of this very plan was cut off, take it up: s2scert rotate resume").hint(anew)
        }
        Refused::NotValid => error.hint("issue another certificate, and plan anew"),
        Refused::Unread(_) | Refused::Edited | Refused::Unsound(_) => error.hint(anew),
    }
}

/// Says what of the farm was not seen, so that there is nothing to plan or to compare with.
pub(super) fn unseen(unseen: &[Unseen]) -> Error {
    let error = Error::new(Kind::Unreadable, "not everything that a roll rests on could be seen");
    let error = unseen.iter().fold(error, |error, one| error.hint(one.to_string()));
    error.hint("find out why: s2scert doctor, then s2scert farm status")
}

/// Says why a run did not go on.
pub(super) fn stop(stop: &Stop) -> Error {
    let error = |what: &str| Error::new(Kind::Refused, what).because(stop.clone());
    match stop {
        Stop::Held(_) => error("somebody else holds the farm, and nothing was done")
            .hint("see who, since when, and whether it goes on: s2scert rotate status")
            .hint("when its holder is dead, take over the very fence that is told above, with --take-over"),
        Stop::Fenced(_) => error("another controller has taken the roll over, and this one stops")
            .hint("see how it goes on: s2scert rotate status"),
        Stop::Stands(_) => error("another roll has begun and not ended, and nothing was done")
            .hint("see it: s2scert rotate status")
            .hint("end it where it was begun, forward: s2scert rotate resume")
            .hint("or back: s2scert rotate rollback")
            .hint("or give it up: s2scert rotate abort"),
        Stop::Journal(_) => Error::new(Kind::Internal, "the journal cannot be written, and the run stops")
            .because(stop.clone())
            .hint("nothing is done that is not written down first; when the disk has room: s2scert rotate resume"),
        Stop::Order(_) => error("this is not the time for that").hint("see how the rolls stand: s2scert rotate status"),
    }
}
