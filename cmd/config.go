package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// defaultConfig is read where --config names nothing and it is there.
const defaultConfig = "hookonce.yaml"

// maxConfig bounds a configuration file, in bytes.
const maxConfig = 1 << 20

// applyConfig sets the flags that a configuration file names and the command line
// does not, and returns the fixtures: the command line's, else the file's.
func applyConfig(c *cobra.Command, s *Streams, path string, args []string) ([]string, error) {
	named := path != ""
	if !named {
		path = defaultConfig
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return args, nil
	}
	if err != nil {
		return nil, usagef("--config: %w", err)
	}
	if len(text) > maxConfig {
		return nil, usagef("%s: larger than %d bytes: not a configuration", path, maxConfig)
	}
	fixtures, err := setFlags(c.Flags(), path, text, func(name string) string { return os.Expand(name, s.Getenv) })
	if err != nil {
		return nil, err
	}
	if len(args) > 0 {
		return args, nil
	}
	return fixtures, nil
}

// setFlags reads the settings of a YAML mapping. ${NAME} in values is the environment's.
func setFlags(flags *pflag.FlagSet, path string, text []byte, expand func(string) string) ([]string, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, usagef("%s: not YAML: %s", path, yamlMessage(err))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, nil
	}
	pairs, err := mappingOf(path, file.Docs[0].Body)
	if err != nil {
		return nil, err
	}
	var fixtures []string
	for _, pair := range pairs {
		name, line := pair.Key.String(), pair.Key.GetToken().Position.Line
		values, err := valuesOf(pair.Value, expand)
		if err != nil {
			return nil, usagef("%s:%d: %s: %w", path, line, name, err)
		}
		if name == "fixtures" {
			fixtures = values
			continue
		}
		f := flags.Lookup(name)
		if f == nil || name == "config" || name == "help" {
			return nil, usagef("%s:%d: there is no setting %q (the settings are the flags of hookonce run, and fixtures)", path, line, name)
		}
		if f.Changed {
			continue
		}
		for _, v := range values {
			if err := flags.Set(name, v); err != nil {
				return nil, usagef("%s:%d: %s: %w", path, line, name, err)
			}
		}
	}
	return fixtures, nil
}

func mappingOf(path string, body ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := body.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	case *ast.CommentGroupNode, *ast.NullNode:
		return nil, nil
	}
	return nil, usagef("%s: must be a list of settings, such as 'target: http://localhost:3000/webhooks'", path)
}

// valuesOf turns a YAML value into what the flag would be given: one text, or several.
func valuesOf(n ast.Node, expand func(string) string) ([]string, error) {
	var v any
	if err := yaml.NodeToValue(n, &v); err != nil {
		return nil, fmt.Errorf("%s", yamlMessage(err))
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, expand(fmt.Sprint(x)))
		}
		return out, nil
	case map[string]any:
		var out []string
		for k, x := range v {
			out = append(out, k+"="+expand(fmt.Sprint(x)))
		}
		slices.Sort(out)
		return out, nil
	}
	return []string{expand(scalar(n, v))}, nil
}

// scalar keeps a number's digits as they were written.
func scalar(n ast.Node, v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return n.GetToken().Value
}

// yamlMessage is the first line of a YAML error: the others draw the place.
func yamlMessage(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
