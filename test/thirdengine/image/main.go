// Command image serves a poster shop.
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"shopflow.dev/shopflow/test/thirdengine/image/shop"
)

func main() {
	server := &http.Server{
		Addr: ":8080", ReadHeaderTimeout: 10 * time.Second,
		Handler: shop.New(shop.Settings{
			Title: os.Getenv("STORE_NAME"), URL: os.Getenv("STORE_URL"), Email: os.Getenv("ADMIN_EMAIL"), Password: os.Getenv("ADMIN_PASSWORD"),
		}),
	}
	log.Fatal(server.ListenAndServe())
}
