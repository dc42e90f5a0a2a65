package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set at build time with -ldflags "-X hookonce/cmd.version=v1.2.3".
var version = "dev"

// toolVersion is the version as journals and reports tell it.
func toolVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "dev" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return version + "-" + s.Value[:12]
			}
		}
	}
	return version
}

// NewVersionCmd prints the version.
func NewVersionCmd(s *Streams) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Example: "  hookonce version\n  hookonce version | cut -d' ' -f2",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(s.Out, "hookonce %s (%s, %s/%s)\n", toolVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
