-- Deletes an actor. Redis frees the values in the background.
-- KEYS  owner record, values, key order, actors of the bucket
-- ARGV  actor id, 1 to delete it whoever holds it, a fence that may be taken over or ''
-- Answers ok, 1 if the actor existed
--      or held, fence, id and name of the holder
--      or foreign, a key that is none of ours, its type

for i, expected in ipairs({ 'hash', 'hash', 'zset', 'zset' }) do
	local found = redis.call('TYPE', KEYS[i]).ok
	if found ~= 'none' and found ~= expected then
		return { 'foreign', KEYS[i], found }
	end
end
local epoch, fence, owner, name, commit =
	unpack(redis.call('HMGET', KEYS[1], 'epoch', 'fence', 'owner', 'name', 'commit'))
if not epoch then
	for i = 1, 3 do
		if redis.call('EXISTS', KEYS[i]) == 1 then
			return { 'foreign', KEYS[i], redis.call('TYPE', KEYS[i]).ok }
		end
	end
	return { 'ok', 0 }
end
if owner and ARGV[2] ~= '1' and fence ~= ARGV[3] then
	return { 'held', fence, owner, name }
end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
return { 'ok', commit and 1 or 0 }
