package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shopflow.dev/shopflow/internal/audit"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// TestAuditLog takes actions of every kind, and looks at what the audit log says of each.
func TestAuditLog(t *testing.T) {
	const unknown = "00000000-0000-4000-8000-999999999999"
	platform := servertest.New(t, servertest.Options{})
	ann, admin := newPage(t, platform), newPage(t, platform)
	seen := 0
	// do sends a request, and compares the entries that it leaves.
	do := func(p page, operation, body string, status int, want ...string) string {
		t.Helper()
		method, path, _ := strings.Cut(operation, " ")
		headers := []string{}
		if p == admin {
			headers = []string{"Authorization", "Bearer " + servertest.Token}
		}
		_, content := p.ask(t, method, path, body, status, headers...)
		entries, err := platform.Audit.List(t.Context(), audit.Filter{}, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, entry := range slices.Backward(entries[:len(entries)-seen]) {
			got = append(got, entry.Action+" "+entry.Target+" by "+entry.ActorEmail+": "+string(entry.Outcome))
		}
		seen = len(entries)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", operation, body, diff)
		}
		return content
	}
	by := " by ann@example.com: "
	do(ann, "POST /api/v1/users", credentials, http.StatusCreated, "user.create ann@example.com"+by+"done")
	do(ann, "POST /api/v1/session", credentials, http.StatusOK, "session.create ann@example.com"+by+"done")
	do(ann, "POST /api/v1/stores", `{"name":"fern","engine":"medusa"}`, http.StatusCreated, "store.create fern"+by+"done")
	do(ann, "POST /api/v1/stores", `{"name":"fern","engine":"medusa","plan":"large"}`, http.StatusConflict, "store.create fern"+by+"refused")
	do(ann, "POST /api/v1/stores", `{`, http.StatusBadRequest)
	do(ann, "PATCH /api/v1/stores/fern", `{"plan":"large"}`, http.StatusAccepted, "store.update fern"+by+"done")
	do(ann, "POST /api/v1/stores/fern/retry", "", http.StatusAccepted, "store.retry fern"+by+"done")
	do(ann, "POST /api/v1/stores/fern/credentials", "", http.StatusConflict, "store.credentials fern"+by+"refused")
	do(ann, "GET /api/v1/stores/fern", "", http.StatusOK)
	do(ann, "DELETE /api/v1/stores/fern", "", http.StatusAccepted, "store.delete fern"+by+"done")
	do(ann, "POST /api/v1/logins", loginBody(t, false, loginWaits), http.StatusOK, "login.refuse laptop"+by+"done")
	do(ann, "POST /api/v1/logins", loginBody(t, true, loginWaits), http.StatusOK, "login.allow laptop"+by+"done")
	do(ann, "POST /api/v1/tokens", `{"name":"ci","scopes":["stores:read"]}`, http.StatusCreated, "token.create ci"+by+"done")
	do(ann, "DELETE /api/v1/tokens/"+unknown, "", http.StatusNotFound, "token.revoke "+unknown+by+"refused")
	do(ann, "PATCH /api/v1/account", `{"name":"Ann"}`, http.StatusOK, "account.rename ann@example.com"+by+"done")
	do(ann, "PATCH /api/v1/account", `{"currentPassword":"wrong","newPassword":"a new password","name":"A"}`, http.StatusUnprocessableEntity,
		"account.password ann@example.com"+by+"refused", "account.rename ann@example.com"+by+"refused")
	do(ann, "PATCH /api/v1/users/"+unknown, `{"disabled":true}`, http.StatusForbidden)

	by = " by Bootstrap token: "
	user, err := platform.Accounts.Users(t.Context())
	if err != nil || len(user) != 1 {
		t.Fatalf("%d users: %v", len(user), err)
	}
	do(admin, "PATCH /api/v1/users/"+user[0].ID, `{"name":"A","role":"admin","password":"another password"}`, http.StatusOK,
		"user.rename ann@example.com"+by+"done", "user.password ann@example.com"+by+"done", "user.role.admin ann@example.com"+by+"done")
	do(admin, "PATCH /api/v1/users/"+unknown, `{"disabled":false}`, http.StatusNotFound, "user.enable "+unknown+by+"refused")
	do(admin, "PATCH /api/v1/users/"+user[0].ID, `{}`, http.StatusOK)
	do(admin, "DELETE /api/v1/users/"+unknown, "", http.StatusNotFound, "user.delete "+unknown+by+"refused")
	do(admin, "POST /api/v1/users", `{"email":"bob@example.com","password":"short"}`, http.StatusUnprocessableEntity, "user.create bob@example.com"+by+"refused")
	do(admin, "DELETE /api/v1/session", "", http.StatusNoContent, "session.delete "+by+"done")
}
