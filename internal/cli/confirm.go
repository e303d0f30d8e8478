package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// confirm lets a person type the name of what is to be deleted for good. Without a terminal it refuses.
func confirm(s Streams, name, what string) error {
	if input, ok := s.In.(*os.File); !ok || !term.IsTerminal(int(input.Fd())) {
		return invalidUsage("this deletes %s for good; say so with --yes", what)
	}
	fmt.Fprintf(s.Err, "This deletes %s for good.\nType %s to confirm: ", what, name)
	typed, err := bufio.NewReader(s.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the name: %w", err)
	}
	if strings.TrimSpace(typed) != name {
		return fmt.Errorf("that is not %s; nothing was deleted", name)
	}
	return nil
}
