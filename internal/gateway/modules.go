package gateway

import (
	"crypto/rand"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// register makes the gateway's parts known to Caddy and returns the name they have in the configuration.
//
// Caddy makes the parts of a configuration by name from a registry that all of the process shares and that only grows.
// That is meant for packages that register types when they are loaded, and leaves no way to hand a part its dependencies.
// So each gateway registers its own parts under a name that nobody else can have, with constructors that know its table:
// nothing of ours is global, and one gateway can follow another in the same process.
func register(handler *handler, upstreams *upstreams) string {
	name := "shopflow_" + strings.ToLower(rand.Text())
	caddy.RegisterModule(&handlerModule{handler: handler, name: name})
	caddy.RegisterModule(&upstreamsModule{upstreams: upstreams, name: name})
	caddy.RegisterModule(&selectionModule{name: name})
	return name
}

type handlerModule struct {
	*handler
	name string
}

// CaddyModule is called by Caddy.
func (m *handlerModule) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("http.handlers.", m.name, func() caddy.Module { return &handlerModule{handler: m.handler, name: m.name} })
}

type upstreamsModule struct {
	*upstreams
	name string
}

// CaddyModule is called by Caddy.
func (m *upstreamsModule) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("http.reverse_proxy.upstreams.", m.name, func() caddy.Module {
		return &upstreamsModule{upstreams: m.upstreams, name: m.name}
	})
}

type selectionModule struct {
	selection
	name string
}

// CaddyModule is called by Caddy.
func (m *selectionModule) CaddyModule() caddy.ModuleInfo {
	return moduleInfo("http.reverse_proxy.selection_policies.", m.name, func() caddy.Module { return &selectionModule{name: m.name} })
}

func moduleInfo(namespace, name string, make func() caddy.Module) caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: caddy.ModuleID(namespace + name), New: make}
}
