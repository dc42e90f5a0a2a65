package cmd

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestTransportOfATLSTarget: an https target that offers HTTP/2 gets some races in it, and one that does not gets none and is told from it.
func TestTransportOfATLSTarget(t *testing.T) {
	for _, offered := range []bool{true, false} {
		var inH2 atomic.Int32
		e := &endpoint{}
		effects := serveEndpoint(t, e)
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor == 2 {
				inH2.Add(1)
			}
			e.ServeHTTP(w, r)
		}))
		s.EnableHTTP2 = offered
		s.StartTLS()
		t.Cleanup(s.Close)
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		code, report, stderr := runAgainst(t, s.URL, "--faults", "race", "--cacert", ca, "--effects", effects)
		want, says := "raw", "offers no HTTP/2"
		if offered {
			want, says = "mixed", "every third race in HTTP/2"
		}
		if code != exitPass || report.Get("transport").Str != want || !strings.Contains(stderr, says) || (inH2.Load() > 0) != offered {
			t.Errorf("offered %t: exit %d, transport %s, %d requests in HTTP/2\n%s", offered, code, report.Get("transport"), inH2.Load(), stderr)
		}
		if code, _, stderr := runAgainst(t, s.URL, "--faults", "race", "--cacert", ca, "--effects", effects, "--transport", "h2"); !offered &&
			(code != exitUsage || !strings.Contains(stderr, "--transport raw does without")) {
			t.Errorf("exit %d: %s", code, stderr)
		}
	}
}
