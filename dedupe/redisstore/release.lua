-- RELEASE  KEYS: event
-- ARGV:  1 token  2 retain_ms  3 now_ms, '' = the server's TIME
-- reply: 1 released (also when sent again), 0 not held any more
-- The record stays: its fence and its fingerprint outlive the run.
local now = moment(ARGV[3])
local retained = now + tonumber(ARGV[2])
local e = redis.call('HMGET', KEYS[1], 's', 't', 'x')
if not e[1] or e[2] ~= ARGV[1] or tonumber(e[3]) <= now then return 0 end
if e[1] == 'F' then return 1 end
if e[1] ~= 'P' then return 0 end
redis.call('HSET', KEYS[1], 's', 'F', 'l', '0', 'x', text(retained))
sweep(KEYS[1], retained, now)
return 1
