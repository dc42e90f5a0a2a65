package cmd

import "testing"

// Only what is written as documented is the environment's: a query or a regular expression has dollars of its own.
func TestExpand(t *testing.T) {
	getenv := func(name string) string { return "<" + name + ">" }
	for in, want := range map[string]string{
		"${HOOKONCE_SECRET}":         "<HOOKONCE_SECRET>",
		"http://${HOST}:${_port1}/":  "http://<HOST>:<_port1>/",
		`log:app.log#^id=(\S+)$`:     `log:app.log#^id=(\S+)$`,
		"exec:awk '{print $1, $2}'":  "exec:awk '{print $1, $2}'",
		"pa$$word$#$x":               "pa$$word$#$x",
		"${1} ${} ${a-b} ${UNCLOSED": "${1} ${} ${a-b} ${UNCLOSED",
		"$.data.object.id":           "$.data.object.id",
	} {
		if got := expand(in, getenv); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}
