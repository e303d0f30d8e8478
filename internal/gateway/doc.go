// Package gateway is the Ingress controller of class shopflow: it looks the host and path of a request up in a table in
// memory and proxies the request to a pod behind it.
//
// One HTTP server runs for the whole life of the process. What changes is the table, which informers feed: a change of one
// store writes that store's entries and nothing else, so the requests of other stores never notice.
//
// A host belongs, with all its paths, to the oldest Ingress that names it. A default backend takes the paths of its own
// Ingress's hosts that no rule matches. Without rules it takes the hosts that no Ingress names, and so does a rule without
// a host; the oldest such Ingress wins. A store's namespace gets neither those nor wildcard hosts, only the hosts that it
// names exactly.
package gateway
