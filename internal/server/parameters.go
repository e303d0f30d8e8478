package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api"
	"shopflow.dev/shopflow/internal/problem"
)

// contractURL names the contract where its parts refer to each other.
const contractURL = "https://shopflow.dev/openapi.json"

// parameterSchema is the contract's schema of a parameter's values.
type parameterSchema struct {
	name, in string
	schema   *jsonschema.Schema
	number   bool
}

// parameterSchemas returns the schemas of the parameters of every operation, by its pattern. The generated code only parses parameters.
//
//nolint:gochecknoglobals // immutable: read once from a file in the program
var parameterSchemas = sync.OnceValues(func() (map[string][]parameterSchema, error) { return readParameters(api.OpenAPI()) })

// parameterObject is a parameter in an OpenAPI document.
type parameterObject struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
}

// readParameters reads the schemas of parameters in an OpenAPI document. In OpenAPI 3.1 those are plain JSON Schema.
func readParameters(document []byte) (map[string][]parameterSchema, error) {
	content, err := yaml.YAMLToJSON(document)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(contractURL, resource); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	var parsed struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Parameters map[string]parameterObject }
	}
	if err := json.Unmarshal(content, &parsed); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	compile := func(pointer string, object parameterObject) (parameterSchema, error) {
		if name, isRef := strings.CutPrefix(object.Ref, "#/components/parameters/"); isRef {
			object, pointer = parsed.Components.Parameters[name], "/components/parameters/"+name
		}
		schema, err := compiler.Compile(contractURL + "#" + pointer + "/schema")
		if err != nil {
			return parameterSchema{}, fmt.Errorf("read parameter %s of the contract: %w", object.Name, err)
		}
		return parameterSchema{name: object.Name, in: object.In, schema: schema, number: isNumber(schema)}, nil
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	schemas := map[string][]parameterSchema{}
	for path, item := range parsed.Paths {
		for method, content := range item {
			if method == "parameters" {
				continue // Those of a path are in it; the multiplexer has matched them.
			}
			var operation struct{ Parameters []parameterObject }
			if err := json.Unmarshal(content, &operation); err != nil {
				return nil, fmt.Errorf("read %s %s of the contract: %w", method, path, err)
			}
			pattern := strings.ToUpper(method) + " " + path
			for i, object := range operation.Parameters {
				schema, err := compile(fmt.Sprintf("/paths/%s/%s/parameters/%d", escape.Replace(path), method, i), object)
				if err != nil {
					return nil, err
				}
				schemas[pattern] = append(schemas[pattern], schema)
			}
		}
	}
	return schemas, nil
}

func isNumber(schema *jsonschema.Schema) bool {
	for schema.Ref != nil {
		schema = schema.Ref
	}
	return schema.Types != nil && (slices.Contains(schema.Types.ToStrings(), "integer") || slices.Contains(schema.Types.ToStrings(), "number"))
}

// checkParameters returns a problem that names every parameter whose value the contract does not allow; nil if there is none. An empty
// value is like none, and a value of the wrong type is left to the generated code.
func checkParameters(r *http.Request, schemas []parameterSchema) error {
	if len(schemas) == 0 {
		return nil
	}
	var fields problem.Fields
	query := r.URL.Query()
	for _, parameter := range schemas {
		text := query.Get(parameter.name)
		if parameter.in == "header" {
			text = r.Header.Get(parameter.name)
		}
		if text == "" {
			continue
		}
		value := any(text)
		if parameter.number {
			if _, err := strconv.ParseInt(text, 10, 64); err != nil {
				continue
			}
			value = json.Number(text)
		}
		fields.Add(parameter.name, violation(parameter.schema.Validate(value)))
	}
	return fields.Err()
}

// violation says in plain words which rule of its schema a value breaks; empty if none.
func violation(err error) string {
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return ""
	}
	for _, cause := range invalid.Causes {
		if message := violation(cause); message != "" {
			return message
		}
	}
	switch broken := invalid.ErrorKind.(type) {
	case *kind.Minimum:
		return "Must be at least " + broken.Want.RatString()
	case *kind.Maximum:
		return "Must be at most " + broken.Want.RatString()
	case *kind.MinLength:
		return fmt.Sprintf("Must have at least %d characters", broken.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("Must have at most %d characters", broken.Want)
	case *kind.Enum:
		choices := make([]string, 0, len(broken.Want))
		for _, choice := range broken.Want {
			choices = append(choices, fmt.Sprint(choice))
		}
		return "Choose one of " + strings.Join(choices, ", ")
	case *kind.Pattern:
		return "Must match " + broken.Want
	default:
		return ""
	}
}

// badParameter answers a request whose parameters the generated code could not parse.
func (s *server) badParameter(w http.ResponseWriter, r *http.Request, err error) {
	p := &problem.Error{Kind: problem.Malformed, Message: "Invalid parameter: " + err.Error()}
	name := ""
	if missing, ok := errors.AsType[*RequiredParamError](err); ok {
		name, p.Message = missing.ParamName, "Parameter "+missing.ParamName+" is required"
	} else if malformed, ok := errors.AsType[*InvalidParamFormatError](err); ok {
		name = malformed.ParamName
	}
	if name != "" {
		p.Fields.Add(name, p.Message)
	}
	s.fail(w, r, p)
}
