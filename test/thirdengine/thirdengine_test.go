package thirdengine_test

import (
	"net/http"
	"testing"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/engine/enginetest"
	"shopflow.dev/shopflow/test/thirdengine"
	"shopflow.dev/shopflow/test/thirdengine/image/shop"
)

func TestEngine(t *testing.T) { enginetest.Run(t, thirdengine.Engine(), newShop) }

func newShop(credentials map[string]string) http.Handler {
	return shop.New(shop.Settings{
		Title: "Fern & Flint", URL: "http://" + enginetest.Host,
		Email: credentials[v1alpha1.KeyAdminEmail], Password: credentials[v1alpha1.KeyAdminPassword],
	})
}
