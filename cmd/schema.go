package cmd

import (
	_ "embed"

	"github.com/spf13/cobra"
)

// configSchema describes hookonce.yaml; a test makes it of run's flags and holds it to them.
//
//go:embed config.schema.json
var configSchema []byte

// schemaFile is where the schema lies beside hookonce.yaml, and schemaLine the line by which editors find it there.
const (
	schemaFile = "hookonce.schema.json"
	schemaLine = "# yaml-language-server: $schema=" + schemaFile
)

// NewSchemaCmd prints the JSON Schema of hookonce.yaml.
func NewSchemaCmd(s *Streams) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of hookonce.yaml, for editors", Args: cobra.NoArgs,
		Long: `Prints the JSON Schema of hookonce.yaml. An editor that has the YAML language server completes and checks the file
if its first line is:

  ` + schemaLine,
		Example: "  hookonce schema > hookonce.schema.json\n  hookonce schema | jq .properties.faults",
		RunE: func(*cobra.Command, []string) error {
			_, err := s.Out.Write(configSchema)
			return err
		},
	}
}
