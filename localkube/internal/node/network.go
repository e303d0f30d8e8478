package node

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// nodeRange is for tests of network devices (RFC 2544): no real network has these addresses.
const nodeRange = "198.18.0.0/15"

// chooseAddresses returns the host's and the node's address for an instance: the middle two of a block of four, chosen by the name, and the
// next block where others have that one.
func chooseAddresses(name string, taken func(netip.Prefix) bool) (host, node netip.Addr, err error) {
	within := netip.MustParsePrefix(nodeRange)
	blocks := uint32(1) << (32 - within.Bits() - 2)
	sum := sha256.Sum256([]byte(name))
	first := binary.BigEndian.Uint32(sum[:]) % blocks
	base := binary.BigEndian.Uint32(within.Addr().AsSlice())
	const tries = 64
	for i := range uint32(tries) {
		start := base + (first+i)%blocks*4
		block := netip.PrefixFrom(addressOf(start), 30)
		if !taken(block) {
			return addressOf(start + 1), addressOf(start + 2), nil
		}
	}
	return netip.Addr{}, netip.Addr{}, fmt.Errorf("no free addresses in %s: other instances or networks have them", nodeRange)
}

func addressOf(number uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, number)))
}

// takenAddresses tells which blocks this machine uses already.
func takenAddresses() (func(netip.Prefix) bool, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("read own addresses: %w", err)
	}
	return func(block netip.Prefix) bool {
		for _, address := range addresses {
			if own, err := netip.ParsePrefix(address.String()); err == nil && own.Overlaps(block) {
				return true
			}
		}
		return false
	}, nil
}

// linkName is the name of the machine's end of the link to the node. The kernel allows 15 bytes.
func linkName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "lk-" + hex.EncodeToString(sum[:5])
}

// isolateNetwork gives the calling thread, and all that it starts, a network of its own with a link to the machine.
func isolateNetwork(l layout) error {
	home, err := netlink.NewHandle()
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer home.Close()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("create network namespace: %w", err)
	}
	if err := nameNamespace(l.run("netns"), namespaceLink(l.Name)); err != nil {
		return err
	}
	if err := attach(home, linkName(l.Name)); err != nil {
		return err
	}
	if err := configureLink(home, linkName(l.Name), l.host); err != nil {
		return err
	}
	inside, err := netlink.NewHandle()
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer inside.Close()
	if err := configureLink(inside, "lo", netip.Addr{}); err != nil {
		return err
	}
	if err := configureLink(inside, "eth0", l.address); err != nil {
		return err
	}
	if err := inside.RouteAdd(&netlink.Route{Gw: l.host.AsSlice()}); err != nil {
		return fmt.Errorf("add route: %w", err)
	}
	return setForwarding("1")
}

// attach creates a link between the machine and the calling thread's network, where its end is eth0.
func attach(home *netlink.Handle, name string) error {
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err)
	}
	defer own.Close()
	link := netlink.NewVeth(netlink.LinkAttrs{Name: name})
	link.PeerName, link.PeerNamespace = "eth0", netlink.NsFd(int(own.Fd()))
	if err := home.LinkAdd(link); err != nil {
		return fmt.Errorf("create link to the node: %w", err)
	}
	return nil
}

// configureLink gives a link an address of a /30 block, if one is given, and switches it on.
func configureLink(handle *netlink.Handle, name string, address netip.Addr) error {
	link, err := handle.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find link %s: %w", name, err)
	}
	if address.IsValid() {
		block := &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(30, 32)}
		if err := handle.AddrAdd(link, &netlink.Addr{IPNet: block}); err != nil {
			return fmt.Errorf("set address of %s: %w", name, err)
		}
	}
	if err := handle.LinkSetUp(link); err != nil {
		return fmt.Errorf("switch on %s: %w", name, err)
	}
	return nil
}

// packetRules let the node reach the outside under this machine's address, and keep the outside from reaching the node.
func packetRules(l layout) string {
	return fmt.Sprintf(`%[1]s
table ip %[2]s {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr %[3]s oifname != "%[4]s" masquerade
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		oifname "%[4]s" ct state new drop
	}
}
`, noPacketRules(l.Name), instance(l.Name), l.address, linkName(l.Name))
}

// podRules let pods reach the outside under the node's address.
func podRules() string {
	return fmt.Sprintf(`table ip localkube {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr %[1]s ip daddr != %[1]s oifname "eth0" masquerade
	}
}
`, podNetwork)
}

// noPacketRules remove the rules, if there are any: a table must exist to be deleted.
func noPacketRules(name string) string {
	return fmt.Sprintf("table ip %[1]s {}\ndelete table ip %[1]s", instance(name))
}

func applyPacketRules(ctx context.Context, rules string) error {
	cmd := exec.CommandContext(ctx, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apply packet rules: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// removeNetwork removes the link and the name of the namespace. The namespace itself goes with its last process.
func removeNetwork(name string) error {
	link, err := netlink.LinkByName(linkName(name))
	if err == nil {
		err = netlink.LinkDel(link)
	}
	if err != nil && !linkGone(err) {
		return fmt.Errorf("remove link: %w", err)
	}
	return removeNamespaceLink(namespaceLink(name))
}

// linkGone tells whether err says that there is no such link. The kernel removes it together with the namespace,
// which may happen between finding the link and removing it.
func linkGone(err error) bool {
	return errors.As(err, new(netlink.LinkNotFoundError)) || errors.Is(err, unix.ENODEV)
}
