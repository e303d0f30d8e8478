// Package helmrelease runs a chart as an ordinary Helm release: a store's or the platform's. It is the only importer of the Helm SDK.
//
// The work has three parts: Observe reads Helm's own storage, Decide (pure) says what to do, and the Client's methods do it.
// Converge repeats them until there is nothing to do. No method waits for pods other than those of hooks.
package helmrelease
