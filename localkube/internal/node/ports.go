package node

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// reservePorts finds free ports of the loopback for the control plane and keeps them: the sockets are bound but do not listen, so that no one
// else is given the port, while the components, which ask for shared ports, can listen on it.
func reservePorts() (found ports, release func(), err error) {
	var sockets []int
	release = func() {
		for _, socket := range sockets {
			_ = unix.Close(socket)
		}
	}
	for _, into := range []*int{&found.api, &found.etcd, &found.etcdPeer, &found.controllers} {
		socket, port, err := reservePort()
		if err != nil {
			release()
			return ports{}, nil, fmt.Errorf("find a free port: %w", err)
		}
		sockets, *into = append(sockets, socket), port
	}
	return found, release, nil
}

func reservePort() (socket, port int, err error) {
	socket, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, err
	}
	err = unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err == nil {
		err = unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		_ = unix.Close(socket)
		return 0, 0, err
	}
	address, err := unix.Getsockname(socket)
	if err != nil {
		_ = unix.Close(socket)
		return 0, 0, err
	}
	return socket, address.(*unix.SockaddrInet4).Port, nil
}
