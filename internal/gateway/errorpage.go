package gateway

import (
	"fmt"
	"net/http"
	"strconv"
)

// retryAfter is what clients are told to wait when a store is not ready, in seconds. A new pod takes a few.
const retryAfter = "1"

// writePage answers with a small page of the gateway's own. It repeats nothing of the request and names no pod.
func writePage(w http.ResponseWriter, status int) {
	title, text := pageText(status)
	page := fmt.Sprintf(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%[1]s</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:20vh auto 0;padding:0 1.5rem;color:#222;background:#fff}
h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}}</style>
<h1>%[1]s</h1>
<p>%[2]s</p>
</html>
`, title, text)
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(page)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusBadGateway || status == http.StatusServiceUnavailable {
		header.Set("Retry-After", retryAfter)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page)) // A client that has gone needs no page.
}

func pageText(status int) (title, text string) {
	switch status {
	case http.StatusBadRequest:
		return "This request is broken", "Please reload the page and try again."
	case http.StatusRequestTimeout:
		return "This request took too long to arrive", "Please check the connection and try again."
	case http.StatusMethodNotAllowed:
		return "This method is not allowed", "Shops do not take requests of this kind."
	case http.StatusNotFound:
		return "There is no shop here", "Please check the address."
	case http.StatusServiceUnavailable:
		return "This shop is not ready", "It is starting, being updated or very busy. Please try again in a moment."
	case http.StatusGatewayTimeout:
		return "This shop took too long to answer", "Please try again in a moment."
	case http.StatusRequestEntityTooLarge:
		return "This upload is too large", "Please send a smaller file."
	default:
		return "This shop did not answer", "Please try again in a moment."
	}
}
