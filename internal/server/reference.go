package server

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"shopflow.dev/shopflow/api"
)

//go:embed reference.html
var referencePage string

//go:embed reference.css
var referenceStyle string

// GetOpenAPI answers GET /openapi.yaml.
func (s *server) GetOpenAPI(w http.ResponseWriter, _ *http.Request) {
	writeText(w, "application/yaml", api.OpenAPI())
}

// GetReference answers GET /docs/api.
func (s *server) GetReference(w http.ResponseWriter, r *http.Request) {
	page, err := s.reference()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	hash := sha256.Sum256([]byte(referenceStyle))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'")
	w.Header().Set("Cache-Control", "no-cache")
	writeText(w, "text/html; charset=utf-8", page)
}

// contract is the part of an OpenAPI document that the page shows.
type contract struct {
	OpenAPI string
	Info    struct{ Title, Version, Description string }
	Tags    []struct{ Name, Description string }
	Paths   map[string]struct {
		Parameters                    []parameter
		Get, Post, Put, Patch, Delete *operation
	}
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
		Schemas    map[string]schema
	}
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          *[]any
	Parameters                        []parameter
	RequestBody                       struct {
		Content map[string]struct{ Schema schema }
	}
	Responses map[string]response
}

type parameter struct {
	Ref                   string `json:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                schema
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]struct{ Schema schema }
}

type schema struct {
	Ref                       string `json:"$ref"`
	Type, Format, Description string
	Enum, Required            []string
	Items                     *schema
	AllOf                     []schema
	Properties                map[string]schema
}

// The parts of the page.
type (
	section struct {
		Name, Description string
		Operations        []entry
	}
	entry struct {
		ID, Method, Path, Summary, Description string
		Open                                   bool
		Parameters                             []parameter
		Body                                   *schema
		Answers                                []reply
	}
	reply struct {
		Status, Description, Type string
		Schema                    schema
	}
	shape struct {
		Name   string
		Schema schema
		Fields []field
	}
	field struct {
		Name     string
		Required bool
		Schema   schema
	}
)

// renderReference makes the page from the contract.
func renderReference() ([]byte, error) {
	var c contract
	if err := yaml.Unmarshal(api.OpenAPI(), &c); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	page, err := template.New("reference").Funcs(template.FuncMap{"prose": prose, "line": line, "kind": typeName}).Parse(referencePage)
	if err != nil {
		return nil, fmt.Errorf("read the reference page: %w", err)
	}
	var html bytes.Buffer
	err = page.Execute(&html, map[string]any{
		"OpenAPI": c.OpenAPI, "Info": c.Info, "Groups": c.groups(), "Shapes": c.shapes(),
		"Style": template.CSS(referenceStyle), // #nosec G203 -- the file beside this one
	})
	if err != nil {
		return nil, fmt.Errorf("write the reference page: %w", err)
	}
	return html.Bytes(), nil
}

// groups returns the operations by tag, in the order of the tags and, within one, of the paths.
func (c *contract) groups() []section {
	var groups []section
	for _, tag := range c.Tags {
		group := section{Name: tag.Name, Description: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(c.Paths)) {
			item := c.Paths[path]
			for _, method := range []struct {
				name string
				op   *operation
			}{{"GET", item.Get}, {"POST", item.Post}, {"PUT", item.Put}, {"PATCH", item.Patch}, {"DELETE", item.Delete}} {
				if method.op != nil && slices.Contains(method.op.Tags, tag.Name) {
					group.Operations = append(group.Operations, c.entry(method.name, path, method.op, item.Parameters))
				}
			}
		}
		groups = append(groups, group)
	}
	return groups
}

func (c *contract) entry(method, path string, op *operation, shared []parameter) entry {
	e := entry{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description, Open: op.Security != nil && len(*op.Security) == 0,
	}
	for _, p := range slices.Concat(shared, op.Parameters) {
		if p.Ref != "" {
			p = c.Components.Parameters[last(p.Ref)]
		}
		e.Parameters = append(e.Parameters, p)
	}
	if body, ok := op.RequestBody.Content["application/json"]; ok {
		e.Body = &body.Schema
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		answer := op.Responses[status]
		if answer.Ref != "" {
			answer = c.Components.Responses[last(answer.Ref)]
		}
		shown := reply{Status: cmp.Or(map[string]string{"default": "else"}[status], status), Description: answer.Description}
		for kind, content := range answer.Content {
			shown.Type, shown.Schema = kind, content.Schema
		}
		e.Answers = append(e.Answers, shown)
	}
	return e
}

func (c *contract) shapes() []shape {
	var shapes []shape
	for _, name := range slices.Sorted(maps.Keys(c.Components.Schemas)) {
		s := shape{Name: name, Schema: c.Components.Schemas[name]}
		for _, property := range slices.Sorted(maps.Keys(s.Schema.Properties)) {
			s.Fields = append(s.Fields, field{Name: property, Required: slices.Contains(s.Schema.Required, property), Schema: s.Schema.Properties[property]})
		}
		shapes = append(shapes, s)
	}
	return shapes
}

func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// typeName names a schema's type, with a link where it has a place of its own.
func typeName(s schema) template.HTML {
	switch {
	case len(s.AllOf) > 0:
		return typeName(s.AllOf[0])
	case s.Ref != "":
		name := template.HTMLEscapeString(last(s.Ref))
		return template.HTML(`<a href="#schema-` + name + `">` + name + `</a>`) // #nosec G203 -- escaped above
	case s.Items != nil:
		return "list of " + typeName(*s.Items)
	case len(s.Enum) > 0:
		return template.HTML(`<code>` + strings.Join(escaped(s.Enum), `</code> <code>`) + `</code>`) // #nosec G203 -- escaped above
	default:
		return template.HTML(template.HTMLEscapeString(cmp.Or(s.Format, s.Type))) // #nosec G203 -- escaped
	}
}

func escaped(texts []string) []string {
	for i := range texts {
		texts[i] = template.HTMLEscapeString(texts[i])
	}
	return texts
}

// prose makes paragraphs of a description; a table stays as it was written.
func prose(text string) template.HTML {
	var html strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		switch {
		case paragraph == "":
		case strings.HasPrefix(paragraph, "|"):
			html.WriteString("<pre>" + template.HTMLEscapeString(paragraph) + "</pre>")
		default:
			html.WriteString("<p>" + string(line(paragraph)) + "</p>")
		}
	}
	return template.HTML(html.String()) // #nosec G203 -- escaped above
}

// line shows text in backquotes as code.
func line(text string) template.HTML {
	parts := strings.Split(template.HTMLEscapeString(text), "`")
	for i := 1; i < len(parts)-1; i += 2 {
		parts[i] = "<code>" + parts[i] + "</code>"
	}
	return template.HTML(strings.Join(parts, "")) // #nosec G203 -- escaped above
}
