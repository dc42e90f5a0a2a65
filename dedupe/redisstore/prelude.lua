-- Comes before every script. A record is live until its field x, by the same clock that rules the
-- leases; PEXPIRE only sweeps up, an hour later, so that no second clock ever decides.
--
-- event   s state P(rocessing) D(one) F(ailed) S(tale)   t token      l lease until, ms
--         x retained until, ms    p fingerprint           n fence      k kind of the owner's claim
--         o event it was tied with   c completion's answer   r result   v newest version, when stale
-- subject v version, 20 digits, compared as text   e event that set it   d data   z 1: tombstone   x retained until, ms
local GRACE = 3600000

local function moment(given)
  if given ~= '' then return tonumber(given) end
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function text(n) return string.format('%.0f', n) end

local function sweep(key, retained, now)
  redis.call('PEXPIRE', key, text(retained - now + GRACE))
end

