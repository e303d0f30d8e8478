// Package gateway is the Ingress controller of class shopflow, on Caddy: it looks a request's host and path up in a table
// in memory and proxies to the pods behind it.
//
// Caddy gets one configuration for its whole life. What changes is the table, which the informers feed: a change of one
// store writes that store's entries and nothing else, so the other stores' requests never notice.
//
// An Ingress is served by its rules alone. A rule without host and a default backend are not: in a cluster of many owners
// they would take requests that belong to nobody. A host belongs, with all its paths, to the oldest Ingress that names it.
package gateway
