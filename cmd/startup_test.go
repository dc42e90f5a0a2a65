package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What every start would pay for is made at first use: no package of ours compiles a pattern while it is
// initialised, and no library is linked whose initialisation alone was seen to cost milliseconds.
func TestStartIsLean(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "node_modules" || e.Name() == "testdata"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if v, ok := d.(*ast.GenDecl); ok && v.Tok == token.VAR && compilesAtOnce(v) {
				t.Errorf("%s: a pattern is compiled at every start: wrap it in sync.OnceValue", path)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files were read: %v", files, err)
	}
	out, err := exec.Command("go", "list", "-deps", "hookonce").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	for _, heavy := range []string{"github.com/russross/blackfriday/v2", "go.yaml.in/yaml/v3", "github.com/spf13/cobra/doc"} {
		if slices.Contains(linked, heavy) {
			t.Errorf("%s is linked: its initialisation delays every start", heavy)
		}
	}
}

// compilesAtOnce says that a declaration compiles a pattern outside of any function.
func compilesAtOnce(v *ast.GenDecl) bool {
	found := false
	ast.Inspect(v, func(n ast.Node) bool {
		if _, later := n.(*ast.FuncLit); later {
			return false
		}
		if s, ok := n.(*ast.SelectorExpr); ok {
			x, _ := s.X.(*ast.Ident)
			found = found || x != nil && x.Name == "regexp" && strings.HasPrefix(s.Sel.Name, "MustCompile")
		}
		return true
	})
	return found
}
