-- Gives an actor up, and forgets it when nothing was ever written to it. Frees memory or leaves it as it is, so that
-- Redis does not refuse it for want of memory.
-- KEYS  owner record
-- ARGV  fence
-- Answers ok, or lost when another ownership is current, or none

local record = redis.call('HMGET', KEYS[1], 'fence', 'commit')
if record[1] ~= ARGV[1] then
	return { 'lost' }
end
if record[2] then
	redis.call('HDEL', KEYS[1], 'fence', 'owner', 'name')
else
	redis.call('UNLINK', KEYS[1])
end
return { 'ok' }
