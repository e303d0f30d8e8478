package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"

	"shopflow.dev/shopflow/internal/apiclient"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// browse stands in for the browser and the person in front of it. It does at the dashboard's address what the page there does:
// the person, whose e-mail address is in PERSON, signs in and decides as DECISION says.
func browse() {
	if err := decide(os.Args[1], os.Getenv("PERSON"), os.Getenv("DECISION")); err != nil {
		_ = os.WriteFile(os.Getenv("BROWSE_ERROR"), []byte(err.Error()), 0o600) // Its own output goes nowhere.
		os.Exit(1)
	}
}

func decide(address, person, decision string) error {
	asked, err := url.Parse(address)
	if err != nil {
		return err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client, query := &http.Client{Jar: jar}, asked.Query()
	if asked.Path != "/login/cli" {
		return fmt.Errorf("there is no page at %s", asked.Path)
	}
	switch decision {
	case "close":
		return nil
	case "forge": // Another page of the browser guesses where the command line waits.
		answer, err := client.Get(query.Get("redirect") + "?code=" + strings.Repeat("A", 26) + "&state=" + strings.Repeat("A", 26))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			return fmt.Errorf("a forged answer was answered with %d", answer.StatusCode)
		}
	}
	asked.Path, asked.RawQuery = "/", ""
	if _, err := post(client, asked.JoinPath("api/v1/session"), apiclient.SignIn{Email: person, Password: servertest.Password}); err != nil {
		return err
	}
	content, err := post(client, asked.JoinPath("api/v1/logins"), apiclient.AllowLogin{
		Allow: decision != "refuse", Device: query.Get("device"), Challenge: query.Get("challenge"), Redirect: query.Get("redirect"), State: query.Get("state"),
	})
	if err != nil {
		return err
	}
	var answer apiclient.LoginAnswer
	if err := json.Unmarshal(content, &answer); err != nil {
		return err
	}
	back, err := client.Get(answer.Redirect)
	if err != nil {
		return err
	}
	defer back.Body.Close()
	page, err := io.ReadAll(back.Body)
	if err == nil && !strings.Contains(string(page), "You can close this page") {
		err = errors.New(string(page))
	}
	return err
}

func post(client *http.Client, address *url.URL, body any) ([]byte, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	answer, err := client.Post(address.String(), "application/json", bytes.NewReader(sent))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = errors.New(string(content))
	}
	return content, err
}
