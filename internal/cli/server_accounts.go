package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"k8s.io/utils/clock"

	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/database"
	"shopflow.dev/shopflow/internal/server"
)

// accountOptions say where accounts are stored and who can have one.
type accountOptions struct {
	dsnFile        string
	sessionKeyFile string
	publicURL      string
	signUp         bool
	signInLimit    int
	proxies        []string
	oidcFile       string
	firstAdminDir  string
}

func (o *accountOptions) addTo(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&o.dsnFile, "database-dsn-file", envOr("SHOPFLOW_DATABASE_DSN_FILE", "/etc/shopflow/database/dsn"),
		"file with the connection string of the PostgreSQL for accounts (env SHOPFLOW_DATABASE_DSN_FILE)")
	flags.StringVar(&o.sessionKeyFile, "session-key-file", envOr("SHOPFLOW_SESSION_KEY_FILE", "/etc/shopflow/session/key"),
		"file with the secret that cookies are encrypted with, at least 32 characters (env SHOPFLOW_SESSION_KEY_FILE)")
	flags.StringVar(&o.publicURL, "public-url", envOr("SHOPFLOW_PUBLIC_URL", "http://shopflow.localhost:8080"),
		"address at which people reach the server (env SHOPFLOW_PUBLIC_URL)")
	flags.StringVar(&o.oidcFile, "oidc-file", envOr("SHOPFLOW_OIDC_FILE", ""),
		"file with the identity providers to sign in with, in the format of docs/sign-in.md (env SHOPFLOW_OIDC_FILE)")
	flags.StringVar(&o.firstAdminDir, "first-admin-dir", envOr("SHOPFLOW_FIRST_ADMIN_DIR", ""),
		"folder with the files email and password: the administrator to create when there is none (env SHOPFLOW_FIRST_ADMIN_DIR)")
	signUp, _ := strconv.ParseBool(os.Getenv("SHOPFLOW_SIGN_UP")) // An invalid value counts as false.
	flags.IntVar(&o.signInLimit, "sign-in-limit", server.DefaultSignIns,
		"sign-ins a minute of each client address; limits of other public endpoints scale with it; 0 for none")
	flags.StringSliceVar(&o.proxies, "trusted-proxies", nil,
		"address ranges of proxies in front of the gateway, whose X-Forwarded-For is trusted")
	flags.BoolVar(&o.signUp, "sign-up", signUp, "let anyone create an account (env SHOPFLOW_SIGN_UP)")
}

// accounts are the server's dependencies for accounts, on one database.
type accounts struct {
	service   *auth.Service
	providers *auth.Providers
	log       *audit.Log
	sealer    *auth.Sealer
	public    *url.URL
	limits    server.Limits
	proxies   []netip.Prefix
	pool      *pgxpool.Pool
}

// open connects to the database and migrates it. The caller closes the pool.
func (o *accountOptions) open(ctx context.Context) (*accounts, error) {
	public, err := url.Parse(o.publicURL)
	if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") {
		return nil, fmt.Errorf("--public-url %q is not an address such as https://shops.example.com", o.publicURL)
	}
	proxies, err := readRanges(o.proxies)
	if err != nil {
		return nil, err
	}
	sealer, err := auth.ReadSealer(o.sessionKeyFile)
	if err != nil {
		return nil, err
	}
	configs, err := auth.ReadProviders(o.oidcFile)
	if err != nil {
		return nil, err
	}
	dsn, err := database.ReadDSN(o.dsnFile)
	if err != nil {
		return nil, err
	}
	pool, err := database.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	service := auth.New(auth.NewPostgres(pool), clock.RealClock{}, auth.Options{SignUp: o.signUp})
	if err := o.createFirstAdmin(ctx, service); err != nil {
		pool.Close()
		return nil, err
	}
	providers, err := auth.NewProviders(service, sealer, public.JoinPath(server.CallbackPath).String(), configs)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &accounts{
		service: service, providers: providers, log: audit.New(pool), sealer: sealer, public: public, pool: pool,
		limits: server.LimitsFor(o.signInLimit), proxies: proxies,
	}, nil
}

// createFirstAdmin creates the administrator that the folder names, if there is none and the folder has one.
func (o *accountOptions) createFirstAdmin(ctx context.Context, service *auth.Service) error {
	if o.firstAdminDir == "" {
		return nil
	}
	email, err := os.ReadFile(filepath.Join(o.firstAdminDir, "email"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the first administrator: %w", err)
	}
	password, err := os.ReadFile(filepath.Join(o.firstAdminDir, "password"))
	if err != nil {
		return fmt.Errorf("read the first administrator: %w", err)
	}
	return service.CreateFirstAdmin(ctx, string(email), string(password))
}

// readRanges parses address ranges such as 10.0.0.0/8.
func readRanges(texts []string) ([]netip.Prefix, error) {
	ranges := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		one, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxies: %q is not an address range such as 10.0.0.0/8", text)
		}
		ranges = append(ranges, one.Masked())
	}
	return ranges, nil
}

// addTo sets the server's dependencies.
func (a *accounts) addTo(deps *server.Deps) {
	deps.Accounts, deps.Providers, deps.Audit, deps.Sealer = a.service, a.providers, a.log, a.sealer
	deps.Limits, deps.Proxies = a.limits, a.proxies
	deps.Secure = a.public.Scheme == "https"
}
