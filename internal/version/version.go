// Package version knows which ShopFlow this is.
package version

// Version is the version of ShopFlow, the same as that of its chart.
const Version = "0.1.0"
