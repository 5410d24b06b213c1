import { script } from '../script.ts'
import { LINEAGE } from './lineage-piece.ts'
import { QUEUE_ENTRIES } from './queue-pieces.ts'
import { LOAD_SESSION } from './session-pieces.ts'

/**
 * Puts the messages of a batch into queues: the sessions of their targets and publishers, `queue:<instance>` of each
 * target, `received:<instance>` of publishers, `body:<number>` of messages that more than one queue gets or that are
 * large, `bodies` (the last number given out), and `appender:<name>`: the last batch of this worker with its answer, so
 * that a batch that is sent again after a broken connection is answered and not done twice.
 *
 * A session is read once and written once however many messages of the batch it gets. Where a queue is full, what has
 * expired makes room first.
 *
 * Nothing is taken from a worker among the dead: its clients are connected elsewhere, and it could wake nobody for what
 * it appends.
 *
 * Arguments: time, appender, number of the batch, limit of messages, limit of bytes, whether the oldest makes room, the
 * batch (see append-batch.ts). Answer: packed results, then the homes that they name.
 */
export const appendScript = script(
  'takes',
  LOAD_SESSION,
  QUEUE_ENTRIES,
  LINEAGE,
  `
local KEPT_SECONDS, INLINE_BYTES, ADDED_AT_ONCE, STALE_RESULT = 3600, 4096, 1000, 4294967295
local SEARCH_EVERY_MS, SEARCHED_AT_ONCE = 1000, 1000
local appender = prefix .. 'appender:' .. ARGV[2]
local batch, most, mostBytes, oldestFirst, blob = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1', ARGV[7]
local earlier = redis.call('GET', appender)
if earlier then
  local number, answer = unpack(cmsgpack.unpack(earlier))
  if number >= batch then
    -- A write, so that a WAIT behind it waits for what the first attempt wrote.
    redis.call('EXPIRE', appender, KEPT_SECONDS)
    return answer
  end
end
if redis.call('ZSCORE', prefix .. 'dead', ARGV[2]) then return STALE end

local _, floor = lineage()
local sessions, changed = {}, {}
local function session(id)
  local s = sessions[id]
  if s == nil then
    s = load(id) or false
    if s and isOver(s) then s = false end
    sessions[id] = s
  end
  return s
end
local function queueKey(s) return prefix .. 'queue:' .. s.instance end
local function flush(s)
  if #s.added == 0 then return end
  redis.call('ZADD', queueKey(s), unpack(s.added))
  s.added = {}
end
local function fits(messages, bytes, size) return messages < most and bytes + size <= mostBytes end

-- Removes what has expired and was not sent, once a second, and of so many messages; the next time it goes on behind them.
local function dropExpired(s)
  local state = redis.call('HGET', sessionKey(s.id), 's')
  local searchedAt, searchedUpTo = 0, 0
  if state then searchedAt, searchedUpTo = struct.unpack('>dd', state) end
  if now < searchedAt + SEARCH_EVERY_MS then return end
  flush(s)
  local after = math.max(s.sentUpTo, s.readUpTo, searchedUpTo)
  local page = redis.call('ZRANGE', queueKey(s), '(' .. text(after), '+inf', 'BYSCORE', 'LIMIT', 0, SEARCHED_AT_ONCE)
  local gone = {}
  for _, entry in ipairs(page) do
    local expiresAt = struct.unpack('>d', entry, 14)
    if expiresAt > 0 and expiresAt <= now then gone[#gone + 1] = entry end
  end
  letEntriesGo(s, gone)
  if #gone > 0 then redis.call('ZREM', queueKey(s), unpack(gone)) end
  local last = #page == SEARCHED_AT_ONCE and struct.unpack('>d', page[#page]) or 0
  redis.call('HSET', sessionKey(s.id), 's', struct.pack('>dd', now, last))
end

-- Removes the oldest that were not sent, as many as the new one needs; false: there is no room to be made.
local function makeRoom(s, size)
  flush(s)
  local gone, messages, bytes = {}, s.messages, s.bytes
  local after = math.max(s.sentUpTo, s.readUpTo)
  while not fits(messages, bytes, size) do
    local page = redis.call('ZRANGE', queueKey(s), '(' .. text(after), '+inf', 'BYSCORE', 'LIMIT', 0, 16)
    if #page == 0 then return false end
    for _, entry in ipairs(page) do
      if fits(messages, bytes, size) then break end
      local _, entryBytes = kindAndBytes(entry)
      gone[#gone + 1] = entry
      messages, bytes, after = messages - 1, bytes - entryBytes, struct.unpack('>d', entry)
    end
  end
  letEntriesGo(s, gone)
  redis.call('ZREMRANGEBYSCORE', queueKey(s), '(' .. text(math.max(s.sentUpTo, s.readUpTo)), text(after))
  return #gone
end

local homes, homeNumbers, results = {}, {}, {}
local function homeNumber(home)
  if not homeNumbers[home] then
    homes[#homes + 1] = home
    homeNumbers[home] = #homes
  end
  return homeNumbers[home]
end

local count, at = struct.unpack('>I4', blob, 1)
for _ = 1, count do
  local marked, refused
  marked, at = struct.unpack('B', blob, at)
  if marked == 1 then
    local id, epoch, packetId
    id, epoch, packetId, at = struct.unpack('>I4c0I4c0I4', blob, at)
    local publisher = session(id)
    if publisher and publisher.epoch == epoch then
      redis.call('SADD', prefix .. 'received:' .. publisher.instance, packetId)
    else refused = true end
  end
  local expiresAt, body, targets
  expiresAt, body, targets, at = struct.unpack('>dI4c0I4', blob, at)
  local size, number, references, dropped, wakes = #body, nil, 0, 0, {}
  local shared = targets > 1 or size > INLINE_BYTES
  for target = 0, targets - 1 do
    local id, delivery
    id, delivery, at = struct.unpack('>I4c0I4c0', blob, at)
    local s = not refused and session(id)
    if s and s.persistent then
      if not changed[id] then
        changed[id] = s
        s.added = {}
      end
      local room = fits(s.messages, s.bytes, size) and 0
      if not room then
        dropExpired(s)
        room = fits(s.messages, s.bytes, size) and 0
      end
      if not room and oldestFirst and size <= mostBytes then room = makeRoom(s, size) end
      if room then
        dropped = dropped + room
        s.last, s.messages, s.bytes = math.max(s.last, floor) + 1, s.messages + 1, s.bytes + size
        local entry
        if shared then
          number = number or redis.call('INCR', prefix .. 'bodies')
          references = references + 1
          entry = struct.pack('>dBI4dd', s.last, 1, size, expiresAt, number) .. delivery
        else entry = struct.pack('>dBI4d', s.last, 0, size, expiresAt) .. delivery .. body end
        local added = s.added
        added[#added + 1] = s.last
        added[#added + 1] = entry
        if #added >= ADDED_AT_ONCE then flush(s) end
        if s.home then wakes[#wakes + 1] = struct.pack('>I4I4', target, homeNumber(s.home)) end
      else dropped = dropped + 1 end
    end
  end
  if references > 0 then redis.call('SET', bodyKey(number), struct.pack('>I4', references) .. body) end
  results[#results + 1] = struct.pack('>I4I4', refused and STALE_RESULT or dropped, #wakes)
  for _, wake in ipairs(wakes) do results[#results + 1] = wake end
end

for _, s in pairs(changed) do
  flush(s)
  saveQueue(s)
end
local answer = { table.concat(results), unpack(homes) }
redis.call('SET', appender, cmsgpack.pack({ batch, answer }), 'EX', KEPT_SECONDS)
return answer
`,
)
