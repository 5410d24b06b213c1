/**
 * Whether Redis may have gone back behind what it has answered, as after a fail-over or a start from an older file: it goes
 * by another replication id then than the one noted in `lineage`, a hash: r replication id, f what a position of a
 * queue is above since. Positions, epochs, bodies and tickets that were given out and lost must not be given out again, for
 * workers and clients still know them: all go on above a number that follows from the time.
 */
export const LINEAGE = `
local PER_MS = 1024
local function lineage()
  local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
  local key = prefix .. 'lineage'
  local known, floor = unpack(redis.call('HMGET', key, 'r', 'f'))
  floor = tonumber(floor or 0)
  if known == id then return id, floor end
  if known or redis.call('EXISTS', prefix .. 'sessions') == 1 then
    floor = math.max(floor, now * PER_MS)
    for _, name in ipairs({ 'epoch', 'bodies', 'tickets' }) do
      local counter = prefix .. name
      redis.call('SET', counter, text(math.max(floor, tonumber(redis.call('GET', counter) or 0))))
    end
  end
  redis.call('HSET', key, 'r', id, 'f', text(floor))
  return id, floor
end
`
