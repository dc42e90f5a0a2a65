-- COMPLETE  KEYS: event subject
-- ARGV:  1 token  2 result  3 retain_ms  4 version, 20 digits or ''  5 event  6 event that may be
--        overwritten at the same version, or ''  7 data  8 '1': tombstone  9 now_ms, '' = the server's TIME
-- reply: ok | lost | stale | tie
local now = moment(ARGV[9])
local retained = now + tonumber(ARGV[3])
local e = redis.call('HMGET', KEYS[1], 's', 't', 'x', 'c')
if not e[1] or tonumber(e[3]) <= now or e[2] ~= ARGV[1] then return 'lost' end
if e[1] == 'D' then return e[4] end -- sent again, because the reply was lost
if e[1] ~= 'P' then return 'lost' end

local out = 'ok'
if ARGV[4] ~= '' then
  local o = redis.call('HMGET', KEYS[2], 'v', 'e', 'x')
  local live = o[1] and tonumber(o[3]) > now
  if live and o[1] > ARGV[4] then
    out = 'stale'
  elseif live and o[1] == ARGV[4] and o[2] ~= ARGV[5] and (ARGV[6] == '' or o[2] ~= ARGV[6]) then
    return 'tie' -- done without its state would be a silent loss: the caller decides
  else
    local x = retained
    if live then x = math.max(x, tonumber(o[3])) end -- never forget a subject earlier than promised
    redis.call('HSET', KEYS[2], 'v', ARGV[4], 'e', ARGV[5], 'd', ARGV[7], 'z', ARGV[8], 'x', text(x))
    sweep(KEYS[2], x, now)
  end
end
redis.call('HSET', KEYS[1], 's', 'D', 'c', out, 'r', ARGV[2], 'x', text(retained))
redis.call('HDEL', KEYS[1], 'l', 'k', 'o')
sweep(KEYS[1], retained, now)
return out
