package cmd

import (
	"embed"
	"io/fs"
	"os"
)

// zooFixtures are the events of a made-up provider, and the hookonce.yaml that describes it: zoo --live sends them beside Stripe's.
//
//go:embed testdata/zoo
var zooFixtures embed.FS

// layOut writes them into a folder.
func layOut(dir string) error {
	files, err := fs.Sub(zooFixtures, "testdata/zoo")
	if err != nil {
		return err
	}
	return os.CopyFS(dir, files)
}
