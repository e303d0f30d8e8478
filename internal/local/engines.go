package local

import (
	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/build"
	"shopflow.dev/shopflow/internal/engine/all"
)

// unavailableEngines returns the engines that lack an image, and why.
func unavailableEngines(images map[string]build.Image) map[v1alpha1.Engine]string {
	reasons := map[v1alpha1.Engine]string{}
	for _, one := range all.Engines() {
		for _, needed := range one.Images {
			if missing := images[needed.Name].Missing; missing != "" {
				reasons[one.Name] = missing
				break
			}
		}
	}
	return reasons
}

// engineValues are the platform chart's values of the engines: their versions, or why one is not available.
func engineValues(images map[string]build.Image, baseline bool) map[string]any {
	values, unavailable := map[string]any{}, unavailableEngines(images)
	for _, one := range all.Engines() {
		if reason, ok := unavailable[one.Name]; ok {
			values[string(one.Name)] = map[string]any{"unavailable": reason}
			continue
		}
		references := map[string]any{}
		for _, needed := range one.Images {
			references[needed.Role] = images[needed.Name].Reference
		}
		if baseline && one.Installer.Name != "" {
			references[one.Installer.Role] = images[one.Installer.Name].Reference
		}
		values[string(one.Name)] = map[string]any{
			"default": one.Version, "versions": map[string]any{one.Version: map[string]any{"images": references}},
		}
	}
	return values
}
