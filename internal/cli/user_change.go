package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

// userChange is a command that changes the user with an email address.
type userChange struct {
	use, short, long, example string
	// words name the arguments after EMAIL.
	words []string
	run   func(ctx context.Context, platform *apiclient.Platform, user apiclient.User, words []string) (done string, err error)
}

func (c userChange) command(s Streams, target *target) *cobra.Command {
	return &cobra.Command{
		Use: c.use, Short: c.short, Long: c.long, Example: c.example,
		Args: arguments(append([]string{"EMAIL"}, c.words...)...),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			user, err := findUser(command.Context(), platform, args[0])
			if err != nil {
				return err
			}
			done, err := c.run(command.Context(), platform, user, args[1:])
			if err != nil {
				return err
			}
			fmt.Fprintln(s.Out, done)
			return nil
		},
	}
}

// disable returns a command's work that suspends or resumes a user.
func disable(disabled bool, done string) func(context.Context, *apiclient.Platform, apiclient.User, []string) (string, error) {
	return func(ctx context.Context, platform *apiclient.Platform, user apiclient.User, _ []string) (string, error) {
		_, err := platform.UpdateUser(ctx, user.ID, apiclient.UpdateUser{Disabled: &disabled})
		return fmt.Sprintf(done, user.Email), err
	}
}

func newUserSuspendCommand(s Streams, target *target) *cobra.Command {
	return userChange{
		use: "suspend EMAIL", short: "Lock a user out",
		long:    "Lock a user out: sessions end, and API tokens stop working. The user's stores keep selling. \"shopflow user resume\" undoes it.",
		example: "  shopflow user suspend ann@example.com",
		run:     disable(true, "User %s is suspended"),
	}.command(s, target)
}

func newUserResumeCommand(s Streams, target *target) *cobra.Command {
	return userChange{
		use: "resume EMAIL", short: "Let a suspended user in again", long: "Let a suspended user in again. API tokens work again, too.",
		example: "  shopflow user resume ann@example.com",
		run:     disable(false, "User %s may sign in again"),
	}.command(s, target)
}

func newUserRoleCommand(s Streams, target *target) *cobra.Command {
	command := userChange{
		use: "role EMAIL ROLE", short: "Change a user's role", words: []string{"ROLE"},
		long:    "Change a user's role: merchant (own stores) or admin (everything). The user's sessions end.",
		example: "  shopflow user role ann@example.com admin",
		run: func(ctx context.Context, platform *apiclient.Platform, user apiclient.User, words []string) (string, error) {
			role := apiclient.Role(words[0])
			user, err := platform.UpdateUser(ctx, user.ID, apiclient.UpdateUser{Role: &role})
			return fmt.Sprintf("User %s has role %s", user.Email, user.Role), err
		},
	}.command(s, target)
	command.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return []string{"merchant", "admin"}, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return command
}

func newUserDeleteCommand(s Streams, target *target) *cobra.Command {
	yes := false
	command := userChange{
		use: "delete EMAIL", short: "Delete a user who owns no store",
		long:    "Delete a user who owns no store, with all sessions and API tokens. On a terminal, the command asks for the email address; without\none, it needs --yes.",
		example: "  shopflow user delete ann@example.com",
		run: func(ctx context.Context, platform *apiclient.Platform, user apiclient.User, _ []string) (string, error) {
			if !yes {
				if err := confirm(s, user.Email, "the account of "+user.Email); err != nil {
					return "", err
				}
			}
			return fmt.Sprintf("User %s is deleted", user.Email), platform.DeleteUser(ctx, user.ID)
		},
	}.command(s, target)
	command.Aliases = []string{"rm"}
	command.Flags().BoolVarP(&yes, "yes", "y", false, "delete without asking")
	return command
}
