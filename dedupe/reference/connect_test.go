package reference

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestConnectSaysNoSecrets(t *testing.T) {
	for _, url := range []string{"redis://:hunter2@127.0.0.1:1", "http://:hunter2@127.0.0.1", "redis://:hunter2@127.0.0.1:port"} {
		_, err := Connect(t.Context(), url)
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", url, err)
		}
	}
}

func TestPrefixKeys(t *testing.T) {
	tests := map[string]struct{ args, want []any }{
		"set":      {[]any{"set", "k", "v", "ex", 60, "nx"}, []any{"set", "p:k", "v", "ex", 60, "nx"}},
		"del":      {[]any{"del", "k", "l"}, []any{"del", "p:k", "p:l"}},
		"eval":     {[]any{"eval", "src", 2, "k", "l", "arg"}, []any{"eval", "src", 2, "p:k", "p:l", "arg"}},
		"evalsha":  {[]any{"evalsha", "sha", "1", "k", "arg"}, []any{"evalsha", "sha", "1", "p:k", "arg"}},
		"bad eval": {[]any{"eval", "src", 9, "k"}, []any{"eval", "src", 9, "p:k"}},
		"ping":     {[]any{"ping"}, []any{"ping"}},
		"script":   {[]any{"script", "load", "src"}, []any{"script", "load", "src"}},
	}
	for name, tt := range tests {
		cmd := redis.NewCmd(t.Context(), tt.args...)
		PrefixKeys("p:", []redis.Cmder{cmd})
		for i, want := range tt.want {
			if cmd.Args()[i] != want {
				t.Errorf("%s: %v, want %v", name, cmd.Args(), tt.want)
				break
			}
		}
	}
}
