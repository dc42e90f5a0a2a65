package redisstore

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed prelude.lua
	preludeLua string
	//go:embed claim.lua
	claimLua string
	//go:embed complete.lua
	completeLua string
	//go:embed renew.lua
	renewLua string
	//go:embed release.lua
	releaseLua string
	//go:embed state.lua
	stateLua string
)

// scripts are the protocol's steps. Each runs by its digest, and in full where the server
// does not know it (any more).
type scripts struct {
	claim, complete, renew, release, state *redis.Script
}

func newScripts() scripts {
	load := func(lua string) *redis.Script { return redis.NewScript(preludeLua + lua) }
	return scripts{load(claimLua), load(completeLua), load(renewLua), load(releaseLua), load(stateLua)}
}
