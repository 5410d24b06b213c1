/**
 * Entries of `queue:<instance>`, a sorted set by position. An entry is: position (f64), kind (0: the message stands in
 * it; 1: it stands in `body:<number>`, with the number of its references before it), bytes that it counts (u32), time
 * of expiry (f64), the number of the body (f64, kind 1), how it is delivered, the message (kind 0).
 */
export const QUEUE_ENTRIES = `
local function kindAndBytes(entry) return struct.unpack('>BI4', entry, 9) end
local function bodyKey(number) return prefix .. 'body:' .. text(number) end
local function letBodyGo(entry)
  local key = bodyKey(struct.unpack('>d', entry, 22))
  local count = redis.call('GETRANGE', key, 0, 3)
  if #count < 4 then return end
  local references = struct.unpack('>I4', count)
  if references <= 1 then redis.call('UNLINK', key)
  else redis.call('SETRANGE', key, 0, struct.pack('>I4', references - 1)) end
end
local function letEntriesGo(s, entries)
  for _, entry in ipairs(entries) do
    local kind, bytes = kindAndBytes(entry)
    if kind == 1 then letBodyGo(entry) end
    s.messages = s.messages - 1
    s.bytes = s.bytes - bytes
  end
end
`
