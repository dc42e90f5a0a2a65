-- RENEW  KEYS: event
-- ARGV:  1 token  2 lease_ms  3 retain_ms  4 now_ms, '' = the server's TIME
-- reply: 1 held, 0 not held any more
local now = moment(ARGV[4])
local retained = now + tonumber(ARGV[3])
local e = redis.call('HMGET', KEYS[1], 's', 't', 'x')
if e[1] ~= 'P' or e[2] ~= ARGV[1] or tonumber(e[3]) <= now then return 0 end
redis.call('HSET', KEYS[1], 'l', text(now + tonumber(ARGV[2])), 'x', text(retained))
sweep(KEYS[1], retained, now)
return 1
