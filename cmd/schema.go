package cmd

import (
	_ "embed"

	"github.com/spf13/cobra"
)

// configSchema describes hookonce.yaml; a test makes it of run's flags and holds it to them.
//
//go:embed config.schema.json
var configSchema []byte

// NewSchemaCmd prints the JSON Schema of hookonce.yaml.
func NewSchemaCmd(s *Streams) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of hookonce.yaml, for editors", Args: cobra.NoArgs,
		Long: `Prints the JSON Schema of hookonce.yaml. An editor that has the YAML language server completes and checks the file
if its first line is:

  # yaml-language-server: $schema=hookonce.schema.json`,
		Example: "  hookonce schema > hookonce.schema.json\n  hookonce schema | jq .properties.faults",
		RunE: func(*cobra.Command, []string) error {
			_, err := s.Out.Write(configSchema)
			return err
		},
	}
}
