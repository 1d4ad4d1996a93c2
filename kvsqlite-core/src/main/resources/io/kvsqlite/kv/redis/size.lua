-- Adds up the keys and values of a part of an actor.
-- KEYS  values, key order
-- ARGV  where to begin in the words of ZRANGEBYLEX, how many at most
-- Answers number of keys, their bytes and their values' bytes, the last of them

local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], '+', 'LIMIT', 0, ARGV[2])
local bytes = 0
for _, key in ipairs(keys) do
	bytes = bytes + #key + redis.call('HSTRLEN', KEYS[1], key)
end
return { #keys, bytes, keys[#keys] or '' }
