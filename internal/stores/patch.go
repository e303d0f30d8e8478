package stores

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// patch changes a store as it was read, and reads it again into store. verb says what for.
func (s *Service) patch(ctx context.Context, store *v1alpha1.Store, verb string, metadata, rest map[string]any) error {
	name, fields := store.Name, map[string]any{"uid": store.UID}
	maps.Copy(fields, metadata)
	content := map[string]any{"metadata": fields}
	maps.Copy(content, rest)
	data, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("%s store %s: %w", verb, name, err)
	}
	err = s.objects.Patch(ctx, store, client.RawPatch(types.MergePatchType, data))
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return notFound(name) // It was deleted between the two requests; another store may have its name.
	}
	if err != nil {
		return FromKubernetes(fmt.Errorf("%s store %s: %w", verb, name, err))
	}
	return nil
}

// request returns an annotation by which a person requests something of the controller now.
func (s *Service) request(annotation string) map[string]any {
	return map[string]any{"annotations": map[string]string{annotation: s.platform.Clock.Now().UTC().Format(time.RFC3339Nano)}}
}
