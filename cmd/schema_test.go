package cmd

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/pflag"

	"hookonce/replay/provider"
)

var updateSchema = flag.Bool("update-schema", false, "write cmd/config.schema.json anew")

type object = map[string]any

// flagSchema is what the YAML value of a flag may be.
func flagSchema(f *pflag.Flag) object {
	_, usage := pflag.UnquoteUsage(f)
	text := object{"type": "string"}
	s := object{"type": "string"}
	switch f.Value.Type() {
	case "bool":
		s = object{"type": "boolean"}
	case "bursts":
		s = object{"anyOf": []any{object{"type": "integer"}, object{"const": "auto"}}}
	case "int":
		s = object{"type": "integer"}
	case "uint64":
		s = object{"type": "integer", "minimum": 0}
	case "float64":
		s = object{"type": "number"}
	case "duration":
		s = object{"$ref": "#/$defs/duration"}
	case "durationSlice":
		s = object{"anyOf": []any{object{"$ref": "#/$defs/duration"}, object{"type": "array", "items": object{"$ref": "#/$defs/duration"}}}}
	case "stringSlice", "stringArray":
		s = object{"$ref": "#/$defs/texts"}
	case "stringToString":
		s = object{"type": "object", "additionalProperties": object{"type": []string{"integer", "string"}}}
	}
	switch f.Name {
	case "provider":
		s["examples"] = provider.Names()
	case "faults":
		s = object{"anyOf": []any{text, object{"type": "array", "items": text}}}
	}
	s["description"] = usage
	return s
}

// schemaOfFlags is the schema as run's flags would have it.
func schemaOfFlags(t *testing.T) []byte {
	t.Helper()
	base, err := os.ReadFile("testdata/config.base.json") // what no flag says: fixtures, providers and the definitions
	if err != nil {
		t.Fatal(err)
	}
	var s object
	if err := json.Unmarshal(base, &s); err != nil {
		t.Fatal(err)
	}
	properties := s["properties"].(object)
	NewRunCmd(&Streams{}).Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "config" && f.Name != "help" {
			properties[f.Name] = flagSchema(f)
		}
	})
	built := object{}
	for _, name := range provider.Names() {
		built[name] = object{"$ref": "#/$defs/builtIn"}
	}
	properties["providers"].(object)["properties"] = built
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The published schema knows every setting, and no other.
func TestSchemaIsThatOfTheFlags(t *testing.T) {
	want := schemaOfFlags(t)
	if *updateSchema {
		if err := os.WriteFile("config.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(configSchema, want) {
		t.Error("config.schema.json does not fit the flags of run: go test ./cmd -run TestSchema -update-schema")
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(configSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What hookonce takes the schema takes, and what the schema refuses hookonce refuses.
func TestSchemaAgreesWithTheReader(t *testing.T) {
	schema := compiledSchema(t)
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(readme), "```yaml\n# yaml-language-server")
	if example, _, _ = strings.Cut(example, "```"); !found {
		t.Error("the README has no example")
	}
	for text, ok := range map[string]bool{
		"#" + example: true,
		"target: http://localhost:3000/hook\nfixtures: ./a\nseed: 7\nlate: [70s, 1h]\nexpect-effects: {invoice.paid: 2}\n": true,
		"providers:\n  stripe: {route: /s, secret: [a, b]}\n  shopify:\n    route: /x\n    fixtures: f\n":                  true,
		acmeYAML:                                                     true,
		"sede: 1\n":                                                  false,
		"providers: {stripe: {rout: /x}}\n":                          false,
		"providers: {stripe: {route: x}}\n":                          false,
		"providers: {acme: {route: /x}}\n":                           false,
		"providers: {stripe: {generic: {id: a}}}\n":                  false,
		"providers: {acme: {generic: {type: a}}}\n":                  false,
		"providers: {acme: {generic: {id: a, patience: soon}}}\n":    false,
		"providers: [stripe]\n":                                      false,
		"providers: {acme: {generic: {id: a, signature: {x: y}}}}\n": false,
		"copies: many\n":                                             false,
		"providers: {acme: {generic: {id: a, signature: {header: H, hash: md5}}}}\n": false,
	} {
		_, err := setFlags(NewRunCmd(&Streams{}).Flags(), defaultConfig, []byte(text), func(s string) string { return s })
		if (err == nil) != ok {
			t.Errorf("the reader says %v of %s", err, text)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %q", err)
		}
		asJSON, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); (err == nil) != ok {
			t.Errorf("the schema says %v of %s", err, text)
		}
	}
}
