package cli

import (
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryCommandDescribesItself reads what a newcomer reads.
func TestEveryCommandDescribesItself(t *testing.T) {
	visit(newRootCommand(Streams{}), func(command *cobra.Command) {
		t.Run(command.CommandPath(), func(t *testing.T) {
			if short := command.Short; short == "" || !unicode.IsUpper(rune(short[0])) || strings.HasSuffix(short, ".") {
				t.Errorf("the short text is %q", short)
			}
			if long := command.Long; long != "" && !strings.HasSuffix(long, ".") {
				t.Errorf("the long text ends in the middle: %q", long)
			}
			if !strings.Contains(command.Example, command.CommandPath()) {
				t.Errorf("the example is %q", command.Example)
			}
			for line := range strings.Lines(command.Example) {
				if !strings.HasPrefix(line, "  ") || !strings.Contains(line, "shopflow ") {
					t.Errorf("the line %q of the example calls nothing", line)
				}
			}
			command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
				if flag.Usage == "" || strings.HasSuffix(flag.Usage, ".") {
					t.Errorf("--%s says %q", flag.Name, flag.Usage)
				}
			})
		})
	})
}

func visit(command *cobra.Command, see func(*cobra.Command)) {
	if command.Hidden {
		return
	}
	see(command)
	for _, below := range command.Commands() {
		visit(below, see)
	}
}
