// Package helmrelease runs a store's chart as an ordinary Helm release. It is the only importer of the Helm SDK.
//
// The work is split in three: Observe asks Helm's own storage what there is, Decide (pure) says what to do about it,
// and the Client's methods do it. No method waits for pods: readiness is the caller's business.
package helmrelease
