package gateway

import (
	"encoding/json"
	"fmt"
	"time"

	// Caddy's own parts, which register themselves.
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode/gzip"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/encode/zstd"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// The bounds on clients and pods.
const (
	readHeaderTimeout = 10 * time.Second
	clientIdleTimeout = 2 * time.Minute
	maxHeaderBytes    = 64 << 10

	dialTimeout = 2 * time.Second
	// answerTimeout is how long a pod may take to begin its answer. Imports and reports are slow.
	answerTimeout = 2 * time.Minute
	// podIdleTimeout is how long an unused connection to a pod is kept. Node.js and Apache close theirs after five
	// seconds; the gateway had better be first.
	podIdleTimeout = 4 * time.Second
	maxIdlePerPod  = 64

	// A request that found no connection is tried again, whatever its method: nobody has seen it. One that broke later is
	// tried again only if it is safe.
	maxRetries    = 3
	retryInterval = 100 * time.Millisecond
	// retryTime is when the last try may begin.
	retryTime = 5 * time.Second
	// failureMemory is how long a pod that failed comes after those that did not.
	failureMemory = 2 * time.Second

	// minCompressed is the size from which an answer is compressed.
	minCompressed = 1 << 10
)

// object is a JSON object of Caddy's configuration.
type object map[string]any

// caddyConfig returns the one configuration that Caddy runs. name is that of the gateway's own parts.
//
// Everything about certificates is off for now. They will be a matter of the app "tls": its permission module for
// certificates on demand asks the table whether a host is known.
func caddyConfig(o Options, name string) ([]byte, error) {
	compress := object{
		"handler":   "encode",
		"encodings": object{"gzip": object{"level": 4}, "zstd": object{"level": "fastest"}},
		"prefer":    []string{"zstd", "gzip"}, "minimum_length": minCompressed,
	}
	server := object{
		"listen": []string{"tcp/" + o.ListenAddress}, "protocols": []string{"h1"},
		"read_header_timeout": readHeaderTimeout, "idle_timeout": clientIdleTimeout, "max_header_bytes": maxHeaderBytes,
		"automatic_https": object{"disable": true},
		"routes": []object{
			{"handle": []object{{"handler": name}, compress}},
			{"match": safe(), "handle": []object{proxyConfig(name, true)}, "terminal": true},
			{"handle": []object{proxyConfig(name, false)}},
		},
	}
	if len(o.TrustedProxies) > 0 {
		server["trusted_proxies"] = object{"source": "static", "ranges": o.TrustedProxies}
	}
	config, err := json.Marshal(object{
		"admin": object{"disabled": true, "config": object{"persist": false}},
		// Caddy logs whole requests, with their query, as warnings. Its errors carry none, and the metrics tell the rest.
		"logging": object{"logs": object{"default": object{"level": "ERROR"}}},
		"apps": object{
			"http": object{
				"servers":      object{"stores": server},
				"grace_period": drainTimeout, "shutdown_delay": o.DrainDelay,
			},
			"tls": object{"disable_storage_clean": true, "disable_storage_check": true},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("write the configuration of Caddy: %w", err)
	}
	return config, nil
}

// proxyConfig returns a reverse proxy with or without connections to pods that are kept for more than one request.
//
// A pod may close a kept connection at any moment, as it does when it ends. A request that was sent into it by then is
// lost, and nobody can say whether the pod has read it. For reading that means another try. An order gets a connection of
// its own: either it can be made, or the order has not been sent.
func proxyConfig(name string, keep bool) object {
	return object{
		"handler":           "reverse_proxy",
		"dynamic_upstreams": object{"source": name},
		"load_balancing": object{
			"selection_policy": object{"policy": name},
			"retries":          maxRetries, "try_interval": retryInterval, "try_duration": retryTime,
			"retry_match": safe(),
		},
		// The count of failures is for the selection policy. It never puts a pod out of service.
		"health_checks": object{"passive": object{"fail_duration": failureMemory, "max_fails": 1 << 30}},
		"transport": object{
			"protocol": "http", "versions": []string{"1.1"},
			// Clients negotiate compression with the pod, or else with the gateway.
			"compression":  false,
			"dial_timeout": dialTimeout, "response_header_timeout": answerTimeout, "max_response_header_size": maxHeaderBytes,
			"keep_alive": object{"enabled": keep, "idle_timeout": podIdleTimeout, "max_idle_conns_per_host": maxIdlePerPod},
		},
	}
}

// safe matches the requests that change nothing, so that twice is the same as once.
func safe() []object {
	return []object{{"method": []string{"GET", "HEAD", "OPTIONS"}}}
}
