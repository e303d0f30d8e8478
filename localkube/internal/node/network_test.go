package node

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestLinkGone(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"not found by its name":            {fmt.Errorf("find: %w", netlink.LinkNotFoundError{}), true},
		"gone between finding and removal": {unix.ENODEV, true},
		"not permitted":                    {unix.EPERM, false},
		"something else":                   {errors.New("no such device"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := linkGone(tc.err); got != tc.want {
				t.Errorf("linkGone(%v) = %v, want %v", tc.err, got, tc.want)
			}
		})
	}
}

// TestRemovingALinkThatIsGone shows which error the kernel itself gives.
func TestRemovingALinkThatIsGone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("removing links needs root")
	}
	const unusedIndex = 1 << 30
	if err := netlink.LinkDel(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: unusedIndex}}); !linkGone(err) {
		t.Errorf("removing a link that is gone: %v is not taken for that", err)
	}
}
