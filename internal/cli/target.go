package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

// target is the platform that a command talks to.
type target struct {
	server, token string
}

// addTo gives the command, and those that it holds, the flags that say where the platform is.
func (t *target) addTo(command *cobra.Command) {
	flags := command.PersistentFlags()
	flags.StringVar(&t.server, "server", "", "address of the platform, such as https://shops.example.com (env SHOPFLOW_SERVER)")
	flags.StringVar(&t.token, "token", "", "API token; other users of this machine can see it here, so better set SHOPFLOW_TOKEN")
}

// platform returns a client of the platform.
func (t *target) platform() (*apiclient.Platform, error) {
	config, err := t.config()
	if err != nil {
		return nil, err
	}
	return connect(config)
}

// config says where the platform is and how to sign in. A token that was kept is sent only to the server that it was kept for, and one
// from the environment only to a server that is named: what lies in a folder must not get it.
func (t *target) config() (apiclient.Config, error) {
	server := cmp.Or(t.server, os.Getenv("SHOPFLOW_SERVER"))
	token := cmp.Or(t.token, os.Getenv("SHOPFLOW_TOKEN"))
	switch {
	case server != "" && token != "":
		return apiclient.Config{Server: server, Token: token}, nil
	case token != t.token:
		return apiclient.Config{}, invalidUsage("SHOPFLOW_TOKEN is set without a server: set SHOPFLOW_SERVER or use --server")
	}
	config, err := nearestConfig()
	switch {
	case err != nil:
		return apiclient.Config{}, err
	case server != "" && !apiclient.SameServer(server, config.Server):
		login, err := apiclient.FindLogin()
		if err != nil || !apiclient.SameServer(login.Server, server) {
			return apiclient.Config{}, fmt.Errorf("there is no token for %s: .shopflow/client.yaml is for %s; set SHOPFLOW_TOKEN or run \"shopflow login\"", server, config.Server)
		}
		config = login
	}
	return apiclient.Config{Server: config.Server, Token: cmp.Or(token, config.Token)}, nil
}

func connect(config apiclient.Config) (*apiclient.Platform, error) {
	platform, err := apiclient.New(config)
	if err != nil {
		return nil, &usageError{err}
	}
	return platform, nil
}

// nearestConfig returns what .shopflow/client.yaml here or above says. A login to the same platform takes its place; without
// such a file, the platform of the last login is used.
func nearestConfig() (apiclient.Config, error) {
	folder, err := os.Getwd()
	if err != nil {
		return apiclient.Config{}, fmt.Errorf("find the working directory: %w", err)
	}
	config, err := apiclient.FindConfig(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return apiclient.Config{}, err
	}
	here := err == nil
	login, err := apiclient.FindLogin()
	switch {
	case here && (err != nil || !apiclient.SameServer(login.Server, config.Server)):
		return config, nil //nolint:nilerr // who is not signed in anywhere uses what is here
	case errors.Is(err, fs.ErrNotExist):
		return apiclient.Config{}, errors.New("there is no .shopflow/client.yaml here or above; run \"make up\" or \"shopflow login\" first, or use --server and --token")
	default:
		return login, err
	}
}
