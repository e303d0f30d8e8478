// Package dns is the cluster's name server: CoreDNS with the few plugins that a node needs.
package dns

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/plugin/bind"       // listen on the node's address alone
	_ "github.com/coredns/coredns/plugin/cache"      // answer again without asking
	_ "github.com/coredns/coredns/plugin/errors"     // log what fails
	_ "github.com/coredns/coredns/plugin/forward"    // ask the machine's name servers
	_ "github.com/coredns/coredns/plugin/health"     // alive
	_ "github.com/coredns/coredns/plugin/kubernetes" // services and pods
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/loop"  // notice that the machine's name server is this one
	_ "github.com/coredns/coredns/plugin/ready" // has seen the cluster
)

// Run serves names as the Corefile of the flag --conf says, until the context ends. The flags are the arguments behind the program's name.
func Run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("coredns", flag.ContinueOnError)
	path := flags.String("conf", "", "`FILE`: the Corefile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	corefile, err := os.ReadFile(*path)
	if err != nil {
		return fmt.Errorf("read Corefile: %w", err)
	}
	if err := dnsserver.Register(); err != nil {
		return fmt.Errorf("register name server: %w", err)
	}
	caddy.Quiet, dnsserver.Quiet = true, true
	server, err := caddy.Start(caddy.CaddyfileInput{Filepath: *path, Contents: corefile, ServerTypeName: "dns"})
	if err != nil {
		return fmt.Errorf("start name server: %w", err)
	}
	<-ctx.Done()
	return errors.Join(append(server.ShutdownCallbacks(), server.Stop())...)
}
