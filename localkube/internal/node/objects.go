package node

import (
	"context"
	_ "embed" // objects.yaml
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

//go:embed objects.yaml
var objectsYAML string

// objects returns what the node needs from its API server. The authority is the cluster's, as PEM.
func objects(l layout, authority []byte) ([]*unstructured.Unstructured, error) {
	content := strings.NewReplacer("${NODE}", l.address.String(), "${CA}", base64.StdEncoding.EncodeToString(authority)).Replace(objectsYAML)
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq(content, "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			return nil, fmt.Errorf("read objects: %w", err)
		}
		all = append(all, object)
	}
	return all, nil
}

// resources names the resource of each kind in objects.yaml.
func resources() map[string]string {
	return map[string]string{
		"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings", "StorageClass": "storageclasses",
		"Service": "services", "EndpointSlice": "endpointslices", "RoleBinding": "rolebindings", "APIService": "apiservices",
	}
}

// applyObjects brings the objects into the cluster. A young API server refuses some of them for a moment, while it creates its own.
func applyObjects(ctx context.Context, l layout) error {
	config, err := clientcmd.BuildConfigFromFlags("", l.adminKubeconfig())
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS, config.Burst = 100, 100
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("create client: %w", err)
	}
	authority, err := os.ReadFile(l.pki("ca.crt"))
	if err != nil {
		return fmt.Errorf("read the cluster's authority: %w", err)
	}
	all, err := objects(l, authority)
	if err != nil {
		return err
	}
	for _, object := range all {
		kind := object.GroupVersionKind()
		resource := schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: resources()[kind.Kind]}
		err := until(ctx, 100*time.Millisecond, func(ctx context.Context) error {
			_, err := client.Resource(resource).Namespace(object.GetNamespace()).
				Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "localkube", Force: true})
			return err
		})
		if err != nil {
			return fmt.Errorf("apply %s %s: %w", kind.Kind, object.GetName(), err)
		}
	}
	return nil
}
