// Package all lists the engines that this program has. An engine is added by its package and a line here.
package all

import (
	"shopflow.dev/shopflow/internal/engine"
	"shopflow.dev/shopflow/internal/engine/medusa"
	"shopflow.dev/shopflow/internal/engine/woocommerce"
)

// Engines returns the engines by name.
func Engines() []engine.Engine {
	return []engine.Engine{medusa.Engine(), woocommerce.Engine()}
}
