// Package volumes gives every claim of the class "standard" a folder of its own, lets it grow, and removes the folder with the claim.
package volumes

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Name is the provisioner's name in a StorageClass.
const Name = "localkube.shopflow.dev/folder"

// folders creates and removes volumes below one folder of one node.
type folders struct {
	root, node string
}

// Run provisions volumes until the context ends. Its flags are --kubeconfig, --root and --node.
func Run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("volume-provisioner", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "`FILE`: how to reach the cluster")
	root := flags.String("root", "", "`DIR`: where the volumes are")
	node := flags.String("node", "", "`NAME` of the node that has them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("create client: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- grow(ctx, client) }()
	controller.NewProvisionController(ctx, client, Name, &folders{root: *root, node: *node},
		controller.LeaderElection(false),
		// A volume that is deleted before its claim keeps its name until its folder is gone.
		controller.AddFinalizer(true),
		controller.ResyncPeriod(time.Minute),
		controller.Threadiness(8),
		controller.FailedDeleteThreshold(0),
		controller.FailedProvisionThreshold(0),
	).Run(ctx)
	return <-ended
}

// Provision creates the folder of a volume. Every user may write there: which pod sees the folder is what protects it, and pods run with
// users that the node knows nothing about.
func (f *folders) Provision(_ context.Context, options controller.ProvisionOptions) (*corev1.PersistentVolume, controller.ProvisioningState, error) {
	if options.PVC.Spec.Selector != nil {
		return nil, controller.ProvisioningFinished, errors.New("a claim with a selector cannot be provisioned")
	}
	path, err := f.path(options.PVName)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	if err := os.MkdirAll(path, 0o777); err != nil { // #nosec G301 -- as said above
		return nil, controller.ProvisioningFinished, fmt.Errorf("create folder: %w", err)
	}
	// The process's umask has cut the mode.
	if err := os.Chmod(path, 0o777); err != nil { // #nosec G302 -- as said above
		return nil, controller.ProvisioningFinished, fmt.Errorf("open folder to all: %w", err)
	}
	return f.volume(options, path), controller.ProvisioningFinished, nil
}

func (f *folders) volume(options controller.ProvisionOptions, path string) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: corev1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			MountOptions:                  options.StorageClass.MountOptions,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: options.PVC.Spec.Resources.Requests[corev1.ResourceStorage]},
			// A local volume, unlike a host path, is given to the pod's fsGroup by the kubelet.
			PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{
					Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{f.node},
				}},
			}}}},
		},
	}
}

// Delete removes the folder of a volume with all that is in it.
func (f *folders) Delete(_ context.Context, volume *corev1.PersistentVolume) error {
	path, err := f.path(volume.Name)
	if err != nil {
		return err
	}
	if volume.Spec.Local == nil || volume.Spec.Local.Path != path {
		return &controller.IgnoredError{Reason: "the volume is not one of " + f.root}
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove folder: %w", err)
	}
	return nil
}

// path is the folder of a volume. A name that would lead elsewhere is refused.
func (f *folders) path(name string) (string, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return "", fmt.Errorf("volume name %q is not the name of a folder", name)
	}
	return filepath.Join(f.root, name), nil
}
