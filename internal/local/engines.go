package local

import (
	"maps"
	"slices"

	"shopflow.dev/shopflow/internal/build"
)

// shop says which images an engine runs, by their roles in the catalogue.
type shop struct {
	version string
	images  map[string]string
	// install is the role and install image the name of what the baseline arm of make bench installs a shop with.
	install, installImage string
}

// shops returns the engines.
func shops() map[string]shop {
	return map[string]shop{
		"medusa": {
			version: medusaVersion, install: "medusaBuild", installImage: "medusa-build",
			images: map[string]string{"medusa": "medusa", "database": "medusa-database", "cache": "valkey"},
		},
		"woocommerce": {
			version: wooCommerceVersion, install: "build", installImage: "woocommerce-build",
			images: map[string]string{"web": "woocommerce", "database": "woocommerce-database"},
		},
	}
}

// unavailableEngines returns the engines that lack an image, and why.
func unavailableEngines(images map[string]build.Image) map[string]string {
	reasons := map[string]string{}
	for name, shop := range shops() {
		for _, role := range slices.Sorted(maps.Keys(shop.images)) {
			if missing := images[shop.images[role]].Missing; missing != "" {
				reasons[name] = missing
				break
			}
		}
	}
	return reasons
}

// engineValues are the platform chart's values of the engines: version and images, or why one is not available.
func engineValues(images map[string]build.Image, baseline bool) map[string]any {
	values, unavailable := map[string]any{}, unavailableEngines(images)
	for name, shop := range shops() {
		if reason, ok := unavailable[name]; ok {
			values[name] = map[string]any{"unavailable": reason}
			continue
		}
		references := map[string]any{}
		for role, image := range shop.images {
			references[role] = images[image].Reference
		}
		if baseline {
			references[shop.install] = images[shop.installImage].Reference
		}
		values[name] = map[string]any{"version": shop.version, "images": references}
	}
	return values
}
