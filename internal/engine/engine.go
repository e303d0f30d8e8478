// Package engine describes a kind of shop. One Engine value says everything that the platform knows about it: the texts that
// people read, its chart, images, components and plans, the secrets that it needs, and how to buy in its shops.
//
// Each engine has a package of its own below this one; package all lists them. What all engines share is here, once. Everything
// is pure except the generation of credentials, which takes its randomness from the caller.
package engine

import (
	"io"
	"io/fs"
	"slices"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/shopper"
)

// Database is the name of the component that keeps a shop's data, in every engine that has one.
const Database = "database"

// Engine is a kind of shop.
type Engine struct {
	// Name is what a store's spec calls the engine: a DNS label.
	Name v1alpha1.Engine
	// Title is its name for people, and Description says in one or two sentences what it is and for whom.
	Title, Description string
	// Version is that of the software in Images.
	Version string
	// Chart is the Helm chart of its stores. It takes the values that Recipe writes.
	Chart fs.FS
	// Images are those that its stores run.
	Images []Image
	// Installer installs a shop into an empty database. Only the baseline of the benchmark runs it; the zero Image means that
	// there is none.
	Installer Image
	// AdminPath is where the administration is, below the store's address.
	AdminPath string
	// Components are its parts, in the order in which people read them.
	Components []Component
	// Frontend names the component that customers' requests go to.
	Frontend string
	// Plans are its sizes.
	Plans map[v1alpha1.Plan]Size
	// Keys are the credentials that people are shown beside the administrator's e-mail and password.
	Keys []Key
	// Secrets adds what only this engine needs to the credentials that all engines have. nil means nothing.
	Secrets func(random io.Reader, credentials map[string]string) error
	// Machine tells that its shops know the platform by the token in v1alpha1.MachineSecret, whose name is in the chart's value
	// machineSecret: such shops can be checked while they live, and their titles can be changed.
	Machine bool
	// NewShop returns one of its shops for the proof of sale. Credentials are those of the store's Secret.
	NewShop func(client *shopper.Client, credentials map[string]string) shopper.Shop
}

// Image is an image that an engine needs.
type Image struct {
	// Role is what the chart's values and the catalog call it.
	Role string
	// Name is that of the image in images/images.yaml.
	Name string
}

// Component is a part of a store: one workload.
type Component struct {
	// Name is that of the workload, of its label app.kubernetes.io/component and of its values; Title is for people.
	Name, Title string
	// RequiredForSale components must be ready before the store can sell.
	RequiredForSale bool
}

// Key is a credential that people are shown.
type Key struct {
	// Name is its key in the store's Secret; Title is for people.
	Name, Title string
}

// RequiredForSale names the components that must be ready before a store can sell.
func (e Engine) RequiredForSale() []string {
	var names []string
	for _, component := range e.Components {
		if component.RequiredForSale {
			names = append(names, component.Name)
		}
	}
	return names
}

// roles names the images that a store needs.
func (e Engine) roles() []string {
	var roles []string
	for _, image := range e.Images {
		roles = append(roles, image.Role)
	}
	return roles
}

// Find returns the engine that has a name.
func Find(engines []Engine, name v1alpha1.Engine) (Engine, bool) {
	at := slices.IndexFunc(engines, func(e Engine) bool { return e.Name == name })
	if at < 0 {
		return Engine{}, false
	}
	return engines[at], true
}
