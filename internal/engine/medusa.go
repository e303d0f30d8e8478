package engine

import "shopflow.dev/shopflow/api/v1alpha1"

// medusa completes a recipe for charts/medusa.
func (e Engines) medusa(store *v1alpha1.Store, recipe Recipe) (Recipe, error) {
	software, err := e.Catalog.pick(store.Spec, "medusa", "database", "cache")
	if err != nil {
		return recipe, err
	}
	size := recipe.Size
	recipe.Version = software.Version
	recipe.AdminURL = recipe.URL + "/app"
	recipe.SellsWith = []string{"cache", "database", "server"}
	recipe.Values = map[string]any{
		"images": map[string]any{
			"medusa":   software.Images["medusa"],
			"database": software.Images["database"],
			"cache":    software.Images["cache"],
		},
		"imagePullPolicy": "IfNotPresent",
		"store": map[string]any{
			"name":        store.Name,
			"displayName": displayName(store),
			"host":        recipe.Host,
			"url":         recipe.URL,
			"adminEmail":  recipe.AdminEmail,
		},
		"credentialsSecret": v1alpha1.CredentialsSecret,
		"ingress": map[string]any{
			"className": e.Settings.IngressClass,
			"tls":       map[string]any{"enabled": false, "secretName": ""},
		},
		"server": map[string]any{"replicas": 1, "resources": size.Server.values()},
		"worker": map[string]any{"replicas": 1, "resources": size.Worker.values()},
		"database": map[string]any{
			"resources": size.Database.values(),
			"storage":   map[string]any{"size": size.DatabaseStorage, "className": e.Settings.StorageClass},
		},
		"cache": map[string]any{"resources": size.Cache.values()},
		"uploads": map[string]any{
			"size":        size.UploadsStorage,
			"className":   e.Settings.StorageClass,
			"accessModes": []any{"ReadWriteOnce"},
		},
	}
	return recipe, nil
}
