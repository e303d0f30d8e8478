package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

// explain says what went wrong with a command and, where that is known, what to do about it.
func explain(command *cobra.Command, err error) string {
	unreachable, isUnreachable := errors.AsType[*apiclient.UnreachableError](err)
	switch {
	case isUnreachable && onThisMachine(unreachable.Server):
		return fmt.Sprintf("%v\nIs it running? \"make up\" starts it.", err)
	case isUnreachable:
		return fmt.Sprintf("%v\nIs the address right, and can this machine reach it?", err)
	case apiclient.IsCode(err, apiclient.ProblemCodeUnauthorized):
		return strings.TrimSpace(fmt.Sprintf("the platform does not accept the token (%v)\n%s", err, renewal(command)))
	case errors.Is(err, context.Canceled):
		return "interrupted"
	default:
		return err.Error()
	}
}

// renewal says how to get another token. That depends on where the command had its token from.
func renewal(command *cobra.Command) string {
	server, token := command.Flag("server"), command.Flag("token")
	if server == nil || token == nil {
		return "" // The command has just been given the token.
	}
	target := &target{server: server.Value.String(), token: token.Value.String()}
	config, err := target.config()
	if err != nil {
		return ""
	}
	login, err := apiclient.FindLogin()
	switch {
	case cmp.Or(target.token, os.Getenv("SHOPFLOW_TOKEN")) != "":
		return "It came from --token or SHOPFLOW_TOKEN. \"shopflow token create\" makes another one."
	case err == nil && login.Token == config.Token, !onThisMachine(config.Server):
		return "Sign in again: shopflow login --server " + config.Server
	default:
		return "\"make up\" writes the right one to .shopflow/client.yaml."
	}
}

// onThisMachine reports whether the server is one that "make up" may have started.
func onThisMachine(server string) bool {
	address, err := url.Parse(server)
	if err != nil {
		return false
	}
	host := strings.ToLower(address.Hostname())
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}
