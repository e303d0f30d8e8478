package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"shopflow.dev/shopflow/internal/apiclient"
)

type loginOptions struct {
	server, email string
	withToken     bool
	wait          time.Duration
}

func newLoginCommand(s Streams) *cobra.Command {
	opts := &loginOptions{}
	command := &cobra.Command{
		Use:   "login",
		Short: "Sign in to a platform",
		Long: `Sign in to a platform. Your browser opens the dashboard, which asks you to sign in and to authorize this machine. It uses $BROWSER
or the system's default browser; the address is also printed, and works on this machine only.

Without a browser, --email asks for a password, which is read from the terminal or from standard input and never stored, and
--with-token reads an API token that you created in the dashboard. What is stored, in your configuration folder, is an API token
that "shopflow logout" revokes.

Commands use it for that platform; --token and SHOPFLOW_TOKEN take precedence.`,
		Example: `  shopflow login
  shopflow login --server https://shops.example.com
  shopflow login --email me@example.com
  shopflow login --server https://shops.example.com --with-token <token.txt`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			if opts.email != "" && opts.withToken {
				return invalidUsage("use --email or --with-token, not both")
			}
			if opts.wait <= 0 {
				return invalidUsage("--wait must be greater than 0, such as 5m")
			}
			return opts.run(command.Context(), s)
		},
	}
	flags := command.Flags()
	flags.StringVar(&opts.server, "server", "", "address of the platform (env SHOPFLOW_SERVER; default the one in .shopflow/client.yaml)")
	flags.StringVar(&opts.email, "email", "", "email address of the account, to sign in with its password")
	flags.BoolVar(&opts.withToken, "with-token", false, "read an API token from standard input")
	flags.DurationVar(&opts.wait, "wait", 5*time.Minute, "how long to wait for the browser")
	return command
}

func (o *loginOptions) run(ctx context.Context, s Streams) error {
	server := cmp.Or(o.server, os.Getenv("SHOPFLOW_SERVER"))
	if server == "" {
		config, err := nearestConfig()
		if err != nil {
			return err
		}
		server = config.Server
	}
	config, session, err := o.signIn(ctx, s, strings.TrimSuffix(server, "/"))
	if err != nil {
		return err
	}
	old, _ := apiclient.FindLogin() // A missing or unreadable login has no token to revoke.
	path, err := apiclient.SaveLogin(config)
	if err != nil {
		return err
	}
	endOld(ctx, s, old, config)
	fmt.Fprintf(s.Err, "Signed in to %s as %s (%s). The token is in %s.\n", config.Server, printable(session.User.Email), session.User.Role, path)
	return nil
}

// signIn returns what to keep of having signed in.
func (o *loginOptions) signIn(ctx context.Context, s Streams, server string) (apiclient.Config, apiclient.Session, error) {
	config := apiclient.Config{Server: server}
	if o.withToken {
		token, err := readLine(s.In)
		if err != nil {
			return apiclient.Config{}, apiclient.Session{}, err
		}
		config.Token = token
		platform, err := connect(config)
		if err != nil {
			return apiclient.Config{}, apiclient.Session{}, err
		}
		session, err := platform.Session(ctx)
		return config, session, err
	}
	platform, err := connect(config)
	if err != nil {
		return apiclient.Config{}, apiclient.Session{}, err
	}
	if o.email == "" {
		made, err := signInByBrowser(ctx, s, platform, server, o.wait)
		if err != nil {
			return apiclient.Config{}, apiclient.Session{}, err
		}
		config.Token, config.TokenID = made.Secret, made.Token.ID
		if platform, err = connect(config); err != nil {
			return apiclient.Config{}, apiclient.Session{}, err
		}
		session, err := platform.Session(ctx)
		return config, session, err
	}
	password, err := readPassword(s, "Password: ")
	if err != nil {
		return apiclient.Config{}, apiclient.Session{}, err
	}
	made, session, err := platform.SignIn(ctx, o.email, password, tokenName())
	if left, ok := errors.AsType[*apiclient.SignOutError](err); ok {
		fmt.Fprintf(s.Err, "Warning: %v; it expires automatically.\n", left)
	} else if err != nil {
		return apiclient.Config{}, apiclient.Session{}, err
	}
	config.Token, config.TokenID = made.Secret, made.Token.ID
	return config, session, nil
}

// tokenName tells the tokens of several machines apart.
func tokenName() string { return "shopflow login on " + deviceName() }

func newLogoutCommand(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "logout",
		Short:   "Sign out: revoke the token that login created, and delete it from this machine",
		Example: "  shopflow logout",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := apiclient.FindLogin()
			if errors.Is(err, fs.ErrNotExist) {
				fmt.Fprintln(s.Err, "You are not signed in.")
				return nil
			}
			if err != nil {
				return err
			}
			if err := endToken(command.Context(), config); err != nil {
				return err
			}
			if err := apiclient.RemoveLogin(); err != nil {
				return err
			}
			fmt.Fprintf(s.Err, "Signed out of %s.\n", config.Server)
			return nil
		},
	}
}

func newWhoamiCommand(s Streams) *cobra.Command {
	target, format := &target{}, outputTable
	command := &cobra.Command{
		Use:   "whoami",
		Short: "Show the signed-in account and its permissions",
		Long: `Show the signed-in account and its permissions.

Where the platform is and how to sign in is found as for "shopflow store".`,
		Example: "  shopflow whoami\n  shopflow whoami -o json | jq -r .user.email",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			session, err := platform.Session(command.Context())
			if err != nil {
				return err
			}
			return printResult(s.Out, format, session, func() string { return describeSession(session) })
		},
	}
	target.addTo(command)
	format.addTo(command)
	return command
}

func describeSession(session apiclient.Session) string {
	return columns(func(line func(cells ...string)) {
		line("User", cmp.Or(session.User.Email, session.User.Name))
		line("Role", string(session.User.Role))
		line("Scopes", joinScopes(session.Scopes))
		line("By", string(session.Via))
		if session.ExpiresAt != nil {
			line("Until", session.ExpiresAt.Local().Format("2006-01-02 15:04"))
		}
	})
}

// readPassword asks for a password on a terminal without showing it, or takes the first line of what is not a terminal.
func readPassword(s Streams, prompt string) (string, error) {
	file, ok := s.In.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return readLine(s.In)
	}
	fmt.Fprint(s.Err, prompt)
	password, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(s.Err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(password), nil
}

// readLine returns the first line, which must not be empty.
func readLine(in io.Reader) (string, error) {
	if in == nil {
		return "", errors.New("the standard input is empty")
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the standard input: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("the standard input is empty")
	}
	return line, nil
}
