package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

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

// config is what a configuration file says beside the flags.
type config struct {
	fixtures  []string
	providers []described
}

// configure sets what a configuration file says and the command line does not, and returns the paths of the fixtures: those
// named on the command line stand for all. own are flags of the command that mean something else than run's.
func (o *PlanningOptions) configure(c *cobra.Command, s *Streams, args []string, own ...string) ([]string, error) {
	config, err := readConfig(c, s, o.Config, own...)
	if err != nil {
		return nil, err
	}
	if o.Described = config.providers; len(args) == 0 {
		return config.fixtures, nil
	}
	for i := range o.Described {
		o.Described[i].Fixtures = nil
	}
	return args, nil
}

func (o *PlanningOptions) addConfig(f *pflag.FlagSet) {
	f.StringVar(&o.Config, "config", "", "`file` with the same settings (default: hookonce.yaml, if there is one); flags win")
}

// readConfig sets the flags that a configuration file names and the command line does not, but for the command's own.
func readConfig(c *cobra.Command, s *Streams, path string, own ...string) (config, error) {
	named := path != ""
	if !named {
		path = defaultConfig
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return config{}, nil
	}
	if err != nil {
		return config{}, usagef("--config: %w", err)
	}
	if len(text) > maxConfig {
		return config{}, usagef("%s: larger than %d bytes: not a configuration", path, maxConfig)
	}
	shared := pflag.NewFlagSet(c.Name(), pflag.ContinueOnError)
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(own, f.Name) {
			shared.AddFlag(f)
		}
	})
	return setFlags(shared, path, text, func(value string) string { return expand(value, s.Getenv) }, settingsOfRun(c))
}

// variable is how a value names what the environment is to give. Every other $ is the value's own, as in a query or a regular expression.
var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`) })

func expand(value string, getenv func(string) string) string {
	return variable().ReplaceAllStringFunc(value, func(v string) string { return getenv(v[len("${") : len(v)-len("}")]) })
}

// settingsOfRun are those that another command than run leaves aside where it has none of that name: one file serves all.
func settingsOfRun(c *cobra.Command) *pflag.FlagSet {
	run, _, err := c.Root().Find([]string{"run"})
	if err != nil {
		return c.Flags()
	}
	return run.Flags()
}

// setFlags reads the settings of a YAML mapping. ${NAME} in values is the environment's.
func setFlags(flags *pflag.FlagSet, path string, text []byte, expand func(string) string, elsewhere ...*pflag.FlagSet) (config, error) {
	var c config
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return c, usagef("%s: not YAML: %s", path, yamlMessage(err))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return c, nil
	}
	pairs, err := mappingOf(path, file.Docs[0].Body)
	if err != nil {
		return c, err
	}
	for _, pair := range pairs {
		name, line := pair.Key.String(), pair.Key.GetToken().Position.Line
		if name == "providers" {
			if c.providers, err = describedIn(path, pair.Value, expand); err != nil {
				return c, err
			}
			continue
		}
		values, err := valuesOf(pair.Value, expand)
		if err != nil {
			return c, usagef("%s:%d: %s: %w", path, line, name, err)
		}
		if name == "fixtures" {
			c.fixtures = values
			continue
		}
		f := flags.Lookup(name)
		if f == nil && slices.ContainsFunc(elsewhere, func(o *pflag.FlagSet) bool { return o.Lookup(name) != nil }) {
			continue
		}
		if f == nil || name == "config" || strings.HasPrefix(name, "help") {
			return c, usagef("%s:%d: there is no setting %q (the settings are the flags of hookonce run, fixtures and providers)", path, line, name)
		}
		if f.Changed {
			continue
		}
		for _, v := range values {
			if err := flags.Set(name, v); err != nil {
				return c, usagef("%s:%d: %s: %w", path, line, name, err)
			}
		}
	}
	return c, nil
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
