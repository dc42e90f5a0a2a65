-- STATE  KEYS: subject
-- ARGV:  1 now_ms, '' = the server's TIME
-- reply: {version, event, data, tombstone}, or {} where there is none
local o = redis.call('HMGET', KEYS[1], 'v', 'e', 'd', 'z', 'x')
if not o[1] or tonumber(o[5]) <= moment(ARGV[1]) then return {} end
return {o[1], o[2], o[3], o[4]}
