package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newUserCommand(s Streams) *cobra.Command {
	target := &target{}
	group := &cobra.Command{
		Use:   "user",
		Short: "Create, list, change and delete users (administrators only)",
		Long: `Create, list, change and delete users. Requires the administrator role.

Where the platform is and how to sign in is found as for "shopflow store".`,
		Example: "  shopflow user create ann@example.com --name Ann\n  shopflow user list",
	}
	target.addTo(group)
	group.AddCommand(newUserCreateCommand(s, target), newUserListCommand(s, target), newUserResetCommand(s, target),
		newUserRoleCommand(s, target), newUserSuspendCommand(s, target), newUserResumeCommand(s, target), newUserDeleteCommand(s, target))
	asGroup(group)
	return group
}

func newUserCreateCommand(s Streams, target *target) *cobra.Command {
	request, role, format := apiclient.CreateUser{}, "merchant", outputTable
	ask := false
	command := &cobra.Command{
		Use:   "create EMAIL",
		Short: "Create a user",
		Long:  "Create a user. A password is generated and printed, unless --password-stdin provides one of 10 to 200 characters.",
		Example: `  shopflow user create ann@example.com --name Ann
  shopflow user create boss@example.com --role admin --password-stdin <password.txt`,
		Args: arguments("EMAIL"),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			password, shown, err := newPassword(s, ask)
			if err != nil {
				return err
			}
			request.Email, request.Role, request.Password = args[0], apiclient.Role(role), password
			user, err := platform.CreateUser(command.Context(), request)
			if err != nil {
				return err
			}
			return printUser(s, format, user, shown)
		},
	}
	command.Flags().StringVar(&request.Name, "name", "", "full name (default the address)")
	command.Flags().StringVar(&role, "role", role, "role: merchant (own stores) or admin (everything)")
	command.Flags().BoolVar(&ask, "password-stdin", false, "read the password from the terminal, without echo, or from standard input")
	format.addTo(command)
	complete(command, "role", "merchant", "admin")
	return command
}

// newPassword reads a password or makes one. Only one that was made here is to be shown.
func newPassword(s Streams, ask bool) (password, shown string, err error) {
	if ask {
		password, err = readPassword(s, "New password: ")
		return password, "", err
	}
	password = rand.Text()
	return password, password, nil
}

// userWithPassword is a user and the password, if it was made here.
type userWithPassword struct {
	apiclient.User
	Password string `json:"password,omitempty"`
}

// printUser shows a user, with the password unless it is empty.
func printUser(s Streams, format output, user apiclient.User, password string) error {
	return printResult(s.Out, format, userWithPassword{User: user, Password: password}, func() string {
		return columns(func(line func(cells ...string)) {
			line("User", user.Email)
			line("Role", string(user.Role))
			if password != "" {
				line("Password", password)
			}
		})
	})
}

func newUserListCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the users",
		Example: "  shopflow user list",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			list, err := platform.Users(command.Context())
			if err != nil {
				return err
			}
			return printResult(s.Out, format, list, func() string { return userTable(list.Items) })
		},
	}
	format.addTo(command)
	return command
}

func userTable(users []apiclient.User) string {
	return columns(func(line func(cells ...string)) {
		line("EMAIL", "NAME", "ROLE", "STATE", "LAST SIGN-IN")
		for _, user := range users {
			state, last := "active", "never"
			if user.Disabled {
				state = "suspended"
			}
			if user.LastSignInAt != nil {
				last = user.LastSignInAt.Local().Format("2006-01-02 15:04")
			}
			line(user.Email, user.Name, string(user.Role), state, last)
		}
	})
}

func newUserResetCommand(s Streams, target *target) *cobra.Command {
	ask, format := false, outputTable
	command := &cobra.Command{
		Use:   "reset-password EMAIL",
		Short: "Reset a user's password",
		Long: `Reset a user's password. A password is generated and printed, unless --password-stdin provides one. The user's sessions end, and so
does a lockout after too many wrong passwords; API tokens keep working.`,
		Example: `  shopflow user reset-password ann@example.com
  shopflow user reset-password ann@example.com --password-stdin <password.txt`,
		Args: arguments("EMAIL"),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			user, err := findUser(command.Context(), platform, args[0])
			if err != nil {
				return err
			}
			password, shown, err := newPassword(s, ask)
			if err != nil {
				return err
			}
			if user, err = platform.UpdateUser(command.Context(), user.ID, apiclient.UpdateUser{Password: &password}); err != nil {
				return err
			}
			return printUser(s, format, user, shown)
		},
	}
	command.Flags().BoolVar(&ask, "password-stdin", false, "read the password from the terminal, without echo, or from standard input")
	format.addTo(command)
	return command
}

func findUser(ctx context.Context, platform *apiclient.Platform, email string) (apiclient.User, error) {
	list, err := platform.Users(ctx)
	if err != nil {
		return apiclient.User{}, err
	}
	for _, user := range list.Items {
		if strings.EqualFold(user.Email, email) {
			return user, nil
		}
	}
	return apiclient.User{}, fmt.Errorf("user %s not found", email)
}
