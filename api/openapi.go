// Package api carries the HTTP contract, so that the server can show it.
package api

import _ "embed"

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the contract as YAML.
func OpenAPI() []byte { return openAPI }
