//! Parts of the engine that a test can take out, to show that the trace checker finds it. Outside of tests nothing can be.

/// A part of the engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// Looking before acting.
    FirstProbe,
    /// Looking after acting.
    SecondProbe,
    /// The proofs before the switch.
    Gate,
    /// The proofs after it.
    ProofAfterSwitch,
    /// Waiting until nothing of an earlier request acts.
    Settle,
    /// Fencing off a request of which no answer came.
    FenceOff,
    /// Taking the lease.
    Lease,
    /// Renewing it.
    Renewal,
    /// The marker on every node.
    Marker,
    /// The intent in the journal.
    Intent,
    /// The copy of the journal on the node.
    Copy,
    /// Starting processes anew.
    Recycle,
    /// SharePoint's refresh and what proves it.
    Trust,
    /// The wait before the old certificate goes.
    Quarantine,
    /// The point of no return.
    NoReturn,
    /// Taking a staged PFX away in the end.
    Unstage,
    /// Taking the marker away in the end.
    Unmark,
    /// Taking the row back.
    UndoRow,
    /// Taking the certificate back.
    UndoImport,
    /// Taking access back.
    UndoAccess,
    /// Starting processes anew on the way back.
    UndoRecycle,
    /// SharePoint's refresh on the way back.
    UndoTrust,
    /// The commands that are left.
    Instructions,
    /// The days on which nothing may change.
    Freeze,
    /// The maintenance windows.
    Window,
    /// The first of the steps that are left.
    FirstInstruction,
    /// The server whose job may be held, among what is left.
    HeldTold,
    /// Publishing the new certificate beside the old one, and waiting for the trusts.
    Publish,
    /// Publishing the old certificate beside the new one.
    Cross,
    /// Holding SharePoint's job.
    Hold,
    /// Releasing it.
    Release,
    /// Withdrawing the old certificate.
    Withdraw,
    /// Starting SharePoint's web servers anew.
    ResetWeb,
    /// Holding the job on the way back.
    UndoHold,
    /// Publishing both on the way back.
    UndoCross,
    /// Releasing the job on the way back.
    UndoRelease,
    /// Taking the row beside the other away on the way back.
    UndoPublish,
    /// What a step is over with.
    Until,
    /// Taking a server out of the load balancer.
    Drain,
    /// Putting it back.
    Undrain,
    /// The proof right before an old certificate goes.
    LastProof,
}

#[cfg(test)]
thread_local! {
    static OUT: std::cell::Cell<Option<Part>> = const { std::cell::Cell::new(None) };
}

/// Takes a part out on this thread, or puts all back.
#[cfg(test)]
pub(crate) fn take_out(part: Option<Part>) {
    OUT.set(part);
}

/// Returns whether a part is taken out.
#[cfg(test)]
pub(crate) fn is_out(part: Part) -> bool {
    OUT.get() == Some(part)
}

/// Nothing is.
#[cfg(not(test))]
pub(crate) const fn is_out(_: Part) -> bool {
    false
}
