import { script } from '../script.ts'
import { LINEAGE } from './lineage-piece.ts'
import { END_SESSION, LOAD_SESSION, TAKEN } from './session-pieces.ts'

/**
 * One claim decides who holds a session. Touches `dead` (a claim of a worker that was given up is refused), the keys of
 * the session, `sessions`, the sets of the earlier and the new home, `due`, `taken:<home>` and `epoch`.
 *
 * Arguments: time, client, home, clean start, digest of the owner, expiry interval, delay of the will or empty, the
 * will, limit of sessions. Answer: 1 owned by another, or epoch, persistent before, present, previous home, sent up
 * to, will that is due, its ticket, received packet ids, subscriptions.
 */
export const claimScript = script(
  'takes',
  LOAD_SESSION,
  END_SESSION,
  TAKEN,
  LINEAGE,
  `
local id, home, cleanStart, owner = ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[5]
local expirySeconds, delay, will, sessionsMax = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
if isDead(home) then return STALE end

local key = sessionKey(id)
local earlier = load(id)
local over = earlier and isOver(earlier)
if earlier and not over and redis.call('HGET', key, 'o') ~= owner then return 1 end

local persistentBefore = earlier ~= nil and earlier.persistent
local continued = earlier ~= nil and earlier.expirySeconds > 0 and not cleanStart and not over
local previousHome = earlier and earlier.home or ''

-- v5 [MQTT-3.1.3-9]: a will that is not due yet is not sent when the session goes on. Where a connection is still open
-- and its will has no delay, the home publishes it when it lets go.
local dueWill = false
if earlier and earlier.delay then
  local due = earlier.willDueAt and earlier.willDueAt <= now
  if not continued then due = not earlier.home or math.min(earlier.delay, earlier.expirySeconds) > 0 end
  if due then dueWill = redis.call('GET', prefix .. 'will:' .. id) end
end

if not earlier and redis.call('SCARD', prefix .. 'sessions') >= sessionsMax then return { err = 'SESSIONS_FULL' } end
lineage()
local ticket = dueWill and give(home, id, earlier.epoch, dueWill, 0)[1] or 0
local epoch = text(redis.call('INCR', prefix .. 'epoch'))
local s = earlier
if not continued then
  if earlier then endSession(earlier) end
  s = { id = id, instance = epoch, last = 0, messages = 0, bytes = 0, sentUpTo = 0, readUpTo = 0 }
  redis.call('SADD', prefix .. 'sessions', id)
else
  -- A home that has not let go may have sent everything, or does so before it learns of the claim.
  if s.home then
    s.sentUpTo = s.last
    redis.call('SREM', prefix .. 'home:' .. s.home, id)
  end
  redis.call('HDEL', key, 'z')
  redis.call('ZREM', prefix .. 'due', id)
  forgetWill(s)
end
redis.call('HSET', key, 'i', s.instance, 'o', owner, 'e', epoch, 'h', home, 'x', expirySeconds, 'q', packedQueue(s))
redis.call('SADD', prefix .. 'home:' .. home, id)
if delay ~= '' then
  redis.call('HSET', key, 'd', delay)
  redis.call('SET', prefix .. 'will:' .. id, will)
end

local received, subscriptions = {}, {}
if continued then
  received = redis.call('SMEMBERS', prefix .. 'received:' .. s.instance)
  subscriptions = redis.call('HVALS', prefix .. 'subscriptions:' .. s.instance)
end
return { epoch, persistentBefore and 1 or 0, continued and 1 or 0, previousHome, text(s.sentUpTo), dueWill or '',
  ticket, received, subscriptions }
`,
)
