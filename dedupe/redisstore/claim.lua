-- CLAIM  KEYS: event subject
-- ARGV:  1 token  2 lease_ms  3 retain_ms  4 fingerprint  5 version, 20 digits or ''  6 event
--        7 '1': a tie may be claimed  8 now_ms, '' = the server's TIME
-- reply: {kind, fence, busy_ms, result, version, tied}
local now = moment(ARGV[8])
local retained = now + tonumber(ARGV[3])
local e = redis.call('HMGET', KEYS[1], 's', 't', 'l', 'x', 'p', 'n', 'k', 'o', 'r', 'v')
local s = e[1]
if s and tonumber(e[4]) <= now then
  redis.call('DEL', KEYS[1])
  s = false
end

if s then
  if ARGV[4] ~= '' and e[5] and e[5] ~= '' and e[5] ~= ARGV[4] then return {'mismatch', '0', '0', '', '', ''} end
  if s == 'D' then return {'done', '0', '0', e[9], '', ''} end
  if s == 'S' then return {'stale', '0', '0', '', e[10], ''} end
  if s == 'P' and e[2] == ARGV[1] then -- sent again, because the reply was lost
    redis.call('HSET', KEYS[1], 'l', text(now + tonumber(ARGV[2])), 'x', text(retained))
    sweep(KEYS[1], retained, now)
    return {e[7], e[6], '0', '', '', e[8]}
  end
  if s == 'P' and tonumber(e[3]) > now then return {'busy', '0', text(tonumber(e[3]) - now), '', '', ''} end
end

local tied = ''
if ARGV[5] ~= '' then
  local o = redis.call('HMGET', KEYS[2], 'v', 'e', 'z', 'x')
  if o[1] and tonumber(o[4]) > now and o[1] >= ARGV[5] and not (o[1] == ARGV[5] and o[2] == ARGV[6]) then
    if o[1] == ARGV[5] and ARGV[7] ~= '1' then return {'tie', '0', '0', '', o[1], o[2]} end
    if o[1] > ARGV[5] or o[3] == '1' then -- nothing comes after a deletion at the same version
      redis.call('HSET', KEYS[1], 's', 'S', 't', ARGV[1], 'v', o[1], 'x', text(retained))
      if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'p', ARGV[4]) end
      sweep(KEYS[1], retained, now)
      return {'stale', '0', '0', '', o[1], ''}
    end
    tied = o[2]
  end
end

local kind = 'claimed'
if s == 'P' then kind = 'takeover' end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('HSET', KEYS[1], 's', 'P', 't', ARGV[1], 'l', text(now + tonumber(ARGV[2])), 'x', text(retained),
  'k', kind, 'o', tied)
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'p', ARGV[4]) end
sweep(KEYS[1], retained, now)
return {kind, text(n), '0', '', '', tied}
