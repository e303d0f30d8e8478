package server_test

import (
	"regexp"
	"strings"
	"testing"

	"shopflow.dev/shopflow/api"
)

func TestTheReferenceShowsTheWholeContract(t *testing.T) {
	page := string(request{
		reason: "open to everybody", path: "/docs/api", header: map[string]string{"Authorization": ""}, status: 200,
		headers: map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"},
	}.check(t))
	operations := regexp.MustCompile(`operationId: (\w+)`).FindAllStringSubmatch(string(api.OpenAPI()), -1)
	for _, operation := range operations {
		if !strings.Contains(page, `<h3 id="`+operation[1]+`">`) {
			t.Errorf("operation %s is not on the page", operation[1])
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("the link to #%s leads nowhere", link[1])
		}
	}
	for _, foreign := range []string{"http://", "https://", "<script", "ZgotmplZ"} {
		rest := strings.ReplaceAll(page, "http://shopflow.localhost:8080", "")
		if strings.Contains(rest, `href="`+foreign) || strings.Contains(rest, `src="`) || foreign == "<script" && strings.Contains(rest, foreign) || foreign == "ZgotmplZ" && strings.Contains(rest, foreign) {
			t.Errorf("the page has %s", foreign)
		}
	}
}
