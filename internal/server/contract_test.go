package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api"
	"shopflow.dev/shopflow/internal/auth"
	"shopflow.dev/shopflow/internal/server"
	"shopflow.dev/shopflow/internal/server/servertest"
)

// contract is the part of api/openapi.yaml that requests are made from.
type contract struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Parameters map[string]contractParameter
		Schemas    map[string]contractSchema
	}
}

type contractOperation struct {
	Parameters  []contractParameter
	RequestBody struct {
		Content map[string]struct{ Schema contractSchema }
	}
}

type contractParameter struct {
	Ref      string `json:"$ref"`
	Name, In string
	Required bool
	Schema   contractSchema
}

type contractSchema struct {
	Ref                            string `json:"$ref"`
	Type, Format, Pattern          string
	Enum, Required                 []string
	Examples                       []any
	Minimum, Maximum               *int
	MinLength, MaxLength, MinItems *int
	Items                          *contractSchema
	AllOf                          []contractSchema
	Properties                     map[string]contractSchema
	AdditionalProperties           *bool
}

func readContract(t *testing.T) contract {
	t.Helper()
	var c contract
	if err := yaml.Unmarshal(api.OpenAPI(), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// resolve follows references of a schema.
func (c contract) resolve(schema contractSchema) contractSchema {
	for schema.Ref != "" || len(schema.AllOf) > 0 {
		if schema.Ref == "" {
			schema = schema.AllOf[0]
			continue
		}
		schema = c.Components.Schemas[strings.TrimPrefix(schema.Ref, "#/components/schemas/")]
	}
	return schema
}

// example returns a value that the schema allows.
func (c contract) example(schema contractSchema) any {
	schema = c.resolve(schema)
	switch {
	case len(schema.Examples) > 0:
		return schema.Examples[0]
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Items != nil:
		return []any{c.example(*schema.Items)}
	case schema.Properties != nil:
		object := map[string]any{}
		for _, name := range schema.Required {
			object[name] = c.example(schema.Properties[name])
		}
		return object
	case schema.Type == "integer":
		return 1
	case schema.Type == "boolean":
		return true
	default:
		return "x"
	}
}

// violations returns values that the schema does not allow, by the rule that they break.
func (c contract) violations(schema contractSchema) map[string]any {
	schema = c.resolve(schema)
	values := map[string]any{}
	if schema.Minimum != nil {
		values["minimum"] = *schema.Minimum - 1
	}
	if schema.Maximum != nil {
		values["maximum"] = *schema.Maximum + 1
	}
	if schema.Type == "integer" || schema.Type == "boolean" {
		values["type"] = "nonsense"
	}
	if schema.MinLength != nil && *schema.MinLength > 0 {
		values["minLength"] = strings.Repeat("a", *schema.MinLength-1)
	}
	if schema.MaxLength != nil {
		values["maxLength"] = strings.Repeat("a", *schema.MaxLength+1)
	}
	if schema.Pattern != "" {
		values["pattern"] = "\u00a7\u00a7 no such \u00a7\u00a7"
	}
	if len(schema.Enum) > 0 {
		values["enum"] = "nonsense"
	}
	if schema.MinItems != nil {
		values["minItems"] = []any{}
	}
	if schema.Items != nil {
		for rule, value := range c.violations(*schema.Items) {
			values["items."+rule] = []any{value}
		}
	}
	return values
}

// badRequest is a request that breaks one rule of the contract.
type badRequest struct {
	operation, rule, field string
	query                  url.Values
	header                 http.Header
	path                   map[string]string
	body                   any
}

// badRequests returns a request for every rule of every parameter and every field of a body.
func (c contract) badRequests(t *testing.T) []badRequest {
	t.Helper()
	var all []badRequest
	for path, item := range c.Paths {
		var shared []contractParameter
		if content, ok := item["parameters"]; ok {
			unmarshal(t, content, &shared)
		}
		for method, content := range item {
			if method == "parameters" {
				continue
			}
			var operation contractOperation
			unmarshal(t, content, &operation)
			name := strings.ToUpper(method) + " " + path
			good := badRequest{operation: name, query: url.Values{}, header: http.Header{}, path: map[string]string{}}
			if body, ok := operation.RequestBody.Content["application/json"]; ok {
				good.body = c.example(body.Schema)
				all = append(all, c.badBodies(good, c.resolve(body.Schema))...)
			}
			all = append(all, c.badParameters(good, slices.Concat(shared, operation.Parameters))...)
		}
	}
	return all
}

func (c contract) badParameters(good badRequest, parameters []contractParameter) []badRequest {
	var all []badRequest
	for _, parameter := range parameters {
		if parameter.Ref != "" {
			parameter = c.Components.Parameters[strings.TrimPrefix(parameter.Ref, "#/components/parameters/")]
		}
		for rule, value := range c.violations(parameter.Schema) {
			bad := good
			bad.rule, bad.field = rule, parameter.Name
			text := fmt.Sprint(value)
			switch parameter.In {
			case "query":
				bad.query = url.Values{parameter.Name: {text}}
			case "header":
				bad.header = http.Header{parameter.Name: {text}}
			default:
				bad.path, bad.field = map[string]string{parameter.Name: text}, "" // A name that cannot exist is not found.
			}
			all = append(all, bad)
		}
		if parameter.Required && parameter.In == "query" {
			bad := good
			bad.rule, bad.field = "required", parameter.Name
			all = append(all, bad)
		}
	}
	return all
}

func (c contract) badBodies(good badRequest, schema contractSchema) []badRequest {
	var all []badRequest
	add := func(field, rule string, change func(body map[string]any)) {
		bad := good
		body := maps.Clone(good.body.(map[string]any))
		change(body)
		bad.body, bad.rule, bad.field = body, rule, field
		all = append(all, bad)
	}
	for field, property := range schema.Properties {
		for rule, value := range c.violations(property) {
			add(field, rule, func(body map[string]any) { body[field] = value })
		}
		named := field
		if property.Format == "date-time" {
			named = "" // encoding/json does not say where a time is not one.
		}
		add(named, "type", func(body map[string]any) { body[field] = map[string]any{} })
	}
	if schema.AdditionalProperties != nil && !*schema.AdditionalProperties {
		add("unknown", "additionalProperties", func(body map[string]any) { body["unknown"] = 1 })
	}
	for _, field := range schema.Required {
		if field == "allow" {
			continue // Without it a login is refused, which is safe.
		}
		add(field, "required", func(body map[string]any) { delete(body, field) })
	}
	return all
}

func unmarshal(t *testing.T, content []byte, value any) {
	t.Helper()
	if err := json.Unmarshal(content, value); err != nil {
		t.Fatal(err)
	}
}

// vague reports whether an operation does not say which of its fields is wrong, since that would help to guess.
func (r badRequest) vague() bool {
	return r.operation == "POST /api/v1/session" || (r.operation == "POST /api/v1/logins/exchange" && r.field == "redirect")
}

// TestEveryRuleOfTheContractIsEnforced breaks each rule of the contract in a request of its own, as an administrator at a browser.
func TestEveryRuleOfTheContractIsEnforced(t *testing.T) {
	c := readContract(t)
	platform := servertest.New(t, servertest.Options{})
	user := platform.User(t, "ann@example.com", auth.Admin)
	admin := newPage(t, platform)
	admin.ask(t, "POST", "/api/v1/session", credentials, http.StatusOK)
	admin.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	requests := c.badRequests(t)
	if len(requests) < 80 {
		t.Errorf("the contract has %d rules", len(requests))
	}
	for _, bad := range requests {
		t.Run(bad.operation+" "+bad.field+" "+bad.rule, func(t *testing.T) {
			status, problem := admin.send(t, bad, user.ID)
			if status < 400 || status > 499 || problem.Status != status || problem.Detail == "" {
				t.Fatalf("answered %d %+v", status, problem)
			}
			names := slices.ContainsFunc(problem.Errors, func(e server.FieldError) bool { return e.Field == bad.field && e.Message != "" })
			if bad.field != "" && !names && !bad.vague() {
				t.Errorf("answered %d %+v, which does not name the field", status, problem)
			}
		})
	}
}

// send sends the request, which is about the user where it has an id, and returns the answer's status and problem.
func (p page) send(t *testing.T, bad badRequest, user string) (int, server.Problem) {
	t.Helper()
	method, path, _ := strings.Cut(bad.operation, " ")
	for _, name := range []string{"name", "id"} {
		value := bad.path[name]
		if value == "" {
			value = user
		}
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	body := io.Reader(nil)
	if bad.body != nil {
		content, err := json.Marshal(bad.body)
		if err != nil {
			t.Fatal(err)
		}
		body = strings.NewReader(string(content))
	}
	r, err := http.NewRequestWithContext(t.Context(), method, p.platform.URL+path+"?"+bad.query.Encode(), body)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, bad.header)
	r.Header.Set("Content-Type", "application/json")
	answer, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var problem server.Problem
	if answer.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil {
			t.Fatal(err)
		}
	}
	return answer.StatusCode, problem
}
