/**
 * Reads a session and writes its queue state back. `session:<client>` is a hash: i instance (names the session's other
 * keys; the epoch of its first claim), e epoch, h home (absent: no connection), x Session Expiry Interval, z expires at
 * (absent: never), d delay of its will (absent: no will), t will due at, o digest of the owner, q packed: newest
 * position, messages, bytes, sent up to, read up to; s packed: when a full queue was last searched for expired messages, and
 * up to where (0: to its end). One that was claimed more than once goes on, and is persistent until its connection ends
 * whatever its interval.
 */
export const LOAD_SESSION = `
local function sessionKey(id) return prefix .. 'session:' .. id end
local function load(id)
  local f = redis.call('HMGET', sessionKey(id), 'i', 'e', 'h', 'x', 'z', 'd', 't', 'q')
  if not f[1] then return nil end
  local s = { id = id, instance = f[1], epoch = f[2], home = f[3], expirySeconds = tonumber(f[4]),
    expiresAt = f[5] and tonumber(f[5]) or nil, delay = f[6] and tonumber(f[6]) or nil,
    willDueAt = f[7] and tonumber(f[7]) or nil, last = 0, messages = 0, bytes = 0, sentUpTo = 0, readUpTo = 0 }
  s.persistent = s.expirySeconds > 0 or s.epoch ~= s.instance
  if f[8] then s.last, s.messages, s.bytes, s.sentUpTo, s.readUpTo = struct.unpack('>ddddd', f[8]) end
  return s
end
local function packedQueue(s) return struct.pack('>ddddd', s.last, s.messages, s.bytes, s.sentUpTo, s.readUpTo) end
local function saveQueue(s) redis.call('HSET', sessionKey(s.id), 'q', packedQueue(s)) end
local function isOver(s) return s.expiresAt ~= nil and s.expiresAt <= now end
local function claimed(id, epoch)
  local s = load(id)
  if s and not isOver(s) and s.epoch == epoch then return s end
  return nil
end
local STALE = { err = 'STALE_EPOCH' }
`

/**
 * Ends a session. Its keys are freed by a thread of Redis (UNLINK); a queue with messages is left to the cleaning,
 * which lets its bodies go in bounded steps.
 */
export const END_SESSION = `
local function endSession(s)
  if s.home then redis.call('SREM', prefix .. 'home:' .. s.home, s.id) end
  redis.call('ZREM', prefix .. 'due', s.id)
  redis.call('SREM', prefix .. 'sessions', s.id)
  redis.call('UNLINK', sessionKey(s.id), prefix .. 'will:' .. s.id, prefix .. 'subscriptions:' .. s.instance,
    prefix .. 'received:' .. s.instance, prefix .. 'released:' .. s.instance)
  if s.messages > 0 then redis.call('RPUSH', prefix .. 'trash', s.instance) end
end
local function schedule(s)
  local due = s.expiresAt
  if s.willDueAt and (due == nil or s.willDueAt < due) then due = s.willDueAt end
  if due then redis.call('ZADD', prefix .. 'due', text(due), s.id) else redis.call('ZREM', prefix .. 'due', s.id) end
end
local function forgetWill(s)
  if not s.delay then return end
  redis.call('DEL', prefix .. 'will:' .. s.id)
  redis.call('HDEL', sessionKey(s.id), 'd', 't')
  s.delay, s.willDueAt = nil, nil
end
`

/**
 * What a worker has taken out of what is due: `taken:<worker>`, a sorted set by ticket, until it is settled; `taken` has
 * what was given back. A member is packed: ticket, client, epoch, will or empty, whether a persistent session is gone.
 */
export const TAKEN = `
local function takenKey(taker) return prefix .. 'taken:' .. taker end
local function isDead(worker) return redis.call('ZSCORE', prefix .. 'dead', worker) end
local function give(taker, id, epoch, will, expired)
  local ticket = redis.call('INCR', prefix .. 'tickets')
  local due = { ticket, id, epoch, will, expired }
  redis.call('ZADD', takenKey(taker), ticket, cmsgpack.pack(due))
  return due
end
`

/**
 * The connection of a session has ended; one that is over then is kept until its will is taken, and a persistent one
 * until somebody learns that it is gone.
 */
export const LET_GO = `
local function letGo(s, expiresAt, willDueAt, sentUpTo)
  if s.home then redis.call('SREM', prefix .. 'home:' .. s.home, s.id) end
  s.home, s.expiresAt, s.sentUpTo = false, expiresAt, sentUpTo
  if willDueAt == nil then forgetWill(s) end
  if s.delay then
    s.willDueAt = willDueAt
    if expiresAt and expiresAt < willDueAt then s.willDueAt = expiresAt end
  end
  if isOver(s) and not s.delay and not s.persistent then return endSession(s) end
  local key = sessionKey(s.id)
  redis.call('HDEL', key, 'h', 'z')
  redis.call('HSET', key, 'q', packedQueue(s))
  if s.expiresAt then redis.call('HSET', key, 'z', text(s.expiresAt)) end
  if s.willDueAt then redis.call('HSET', key, 't', text(s.willDueAt)) end
  schedule(s)
end
`
