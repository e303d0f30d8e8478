package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newTokenCommand(s Streams) *cobra.Command {
	target := &target{}
	group := &cobra.Command{
		Use:   "token",
		Short: "Create, list and revoke API tokens",
		Long: `Create, list and revoke your API tokens. A token lets a program act as you, limited to its scopes.

Where the platform is and how to sign in is found as for "shopflow store".`,
		Example: "  shopflow token create ci --scope stores:read\n  shopflow token list",
	}
	target.addTo(group)
	group.AddCommand(newTokenCreateCommand(s, target), newTokenListCommand(s, target), newTokenRevokeCommand(s, target))
	asGroup(group)
	return group
}

func newTokenCreateCommand(s Streams, target *target) *cobra.Command {
	var scopes []string
	life, format := 90*24*time.Hour, outputTable
	command := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a token and print its secret, which is shown only once",
		Example: `  shopflow token create ci --scope stores:read,stores:write --ttl 720h
  export SHOPFLOW_SERVER=https://shops.example.com SHOPFLOW_TOKEN=$(shopflow token create ci --scope stores:read)`,
		Args: arguments("NAME"),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			expires := time.Now().Add(life)
			request := apiclient.CreateToken{Name: args[0], ExpiresAt: &expires}
			for _, scope := range scopes {
				request.Scopes = append(request.Scopes, apiclient.Scope(scope))
			}
			made, err := platform.CreateToken(command.Context(), request)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.Err, "Token %s expires %s. Its secret is shown only once.\n", printable(made.Token.Name), made.Token.ExpiresAt.Local().Format("2006-01-02 15:04"))
			return printResult(s.Out, format, made, func() string { return made.Secret + "\n" })
		},
	}
	command.Flags().StringSliceVar(&scopes, "scope", []string{string(apiclient.ScopeStoresRead)}, "scopes, separated by commas: stores:read, stores:write, account (change your account and tokens), admin")
	command.Flags().DurationVar(&life, "ttl", life, "time to live, in hours; at most 8784h, which is 366 days")
	format.addTo(command)
	complete(command, "scope", "stores:read", "stores:write", "account", "admin")
	return command
}

func newTokenListCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List your tokens",
		Example: "  shopflow token list",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			list, err := platform.Tokens(command.Context())
			if err != nil {
				return err
			}
			return printResult(s.Out, format, list, func() string { return tokenTable(list.Items) })
		},
	}
	format.addTo(command)
	return command
}

func tokenTable(tokens []apiclient.Token) string {
	return columns(func(line func(cells ...string)) {
		line("ID", "NAME", "SCOPES", "EXPIRES", "LAST USED")
		for _, token := range tokens {
			used := "never"
			if token.LastUsedAt != nil {
				used = age(time.Since(*token.LastUsedAt)) + " ago"
			}
			line(token.ID, token.Name, joinScopes(token.Scopes), token.ExpiresAt.Local().Format("2006-01-02"), used)
		}
	})
}

func newTokenRevokeCommand(s Streams, target *target) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke ID",
		Short:   "Revoke a token",
		Long:    "Revoke a token: it stops working immediately. \"shopflow token list\" shows the IDs.",
		Example: "  shopflow token revoke 0198c2f4-7d1e-7a39-9c55-3d0f6a1b2c3d",
		Args:    arguments("ID"),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			if err := platform.RevokeToken(command.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintln(s.Err, "Token revoked.")
			return nil
		},
	}
}

func joinScopes(scopes []apiclient.Scope) string {
	words := make([]string, 0, len(scopes))
	for _, scope := range scopes {
		words = append(words, string(scope))
	}
	return strings.Join(words, ", ")
}
