import { script } from '../script.ts'

/**
 * Looks through a stretch of `retained:names` for those that a Topic Filter matches, so that only matches travel. Names
 * are read in chunks; where the last one of a chunk shows that nothing up to some name can match, the next chunk starts
 * there: a search through deep trees leaps over whole branches, one through flat ones reads them name by name.
 *
 * Arguments: time, lower bound, upper bound, names to look at, matches, bytes of them, then the parts of the filter
 * (see retained-filter.ts). Answer: the lower bound to go on from (empty: done), then the messages.
 */
export const matchRetainedScript = script(
  'makes',
  `
local CHUNK, SLASH, DOLLAR = 128, 47, 36
local from, to = ARGV[2], ARGV[3]
local namesLeft, most, bytesLeft = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local parts = {}
for i = 7, #ARGV do parts[#parts + 1] = ARGV[i] end
local byte, find, sub = string.byte, string.find, string.sub
local startsWild = parts[1] == '+' or parts[1] == '#'

-- Whether the name matches; if not, what no name before it can match any more, where that is known.
local function judge(name)
  -- v5 [MQTT-4.7.2-1]
  if startsWild and byte(name, 1) == DOLLAR then return false, '%' end
  local at, levelEnd = 1, nil
  -- Nothing else below this level matches: '0' is what follows '/'. Without a level before it, nothing at all.
  local function leap() return levelEnd and sub(name, 1, levelEnd - 1) .. '0' or '\\255' end
  for index, part in ipairs(parts) do
    if part == '+' then
      levelEnd = find(name, '/', at, true) or #name + 1
      at = levelEnd
    elseif part == '#' then
      if index == 1 or at > #name or byte(name, at) == SLASH then return true end
      if byte(name, at) < SLASH then return false, sub(name, 1, at - 1) .. '/' end
      return false, leap()
    else
      local there = sub(name, at, at + #part - 1)
      if there ~= part then
        if levelEnd and byte(name, levelEnd) ~= SLASH then return false end
        if there < part then return false, sub(name, 1, at - 1) .. part end
        return false, leap()
      end
      at = at + #part
    end
  end
  if at > #name then return true end
  if levelEnd and byte(name, levelEnd) ~= SLASH then return false end
  return false, leap()
end

local page = { '' }
while true do
  local names = redis.call('ZRANGE', prefix .. 'retained:names', from, to, 'BYLEX', 'LIMIT', 0, math.min(CHUNK, namesLeft))
  if #names == 0 then return page end
  local leapTo
  for _, name in ipairs(names) do
    local matches
    matches, leapTo = judge(name)
    from = '(' .. name
    if matches then
      local body = redis.call('HGET', prefix .. 'retained', name)
      page[#page + 1] = body
      most, bytesLeft = most - 1, bytesLeft - #body
      if most == 0 or bytesLeft <= 0 then
        page[1] = from
        return page
      end
    end
  end
  if leapTo then from = '[' .. leapTo end
  namesLeft = namesLeft - #names
  if namesLeft <= 0 then
    page[1] = from
    return page
  end
end
`,
)
