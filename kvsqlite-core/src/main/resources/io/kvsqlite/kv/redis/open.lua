-- Takes an actor and reads some of its keys.
-- KEYS  owner record, values, key order, epochs of the bucket
-- ARGV  id of the new owner, its name, the new fence, a fence that may be taken over or '', keys to read
-- Answers ok, epoch, commit record, values in batches
--      or held, fence, id and name of the holder
--      or foreign, a key that is none of ours, its type

for i, expected in ipairs({ 'hash', 'hash', 'zset', 'string' }) do
	local found = redis.call('TYPE', KEYS[i]).ok
	if found ~= 'none' and found ~= expected then
		return { 'foreign', KEYS[i], found }
	end
end

local record = redis.call('HMGET', KEYS[1], 'epoch', 'fence', 'owner', 'name', 'commit')
local epoch, fence, owner, name, commit = unpack(record)
if not epoch then
	-- Values without an owner record were not written by us, or someone deleted half of an actor.
	for i = 1, 3 do
		if redis.call('EXISTS', KEYS[i]) == 1 then
			return { 'foreign', KEYS[i], redis.call('TYPE', KEYS[i]).ok }
		end
	end
end
if owner and owner ~= ARGV[1] and fence ~= ARGV[4] then
	return { 'held', fence, owner, name }
end

-- A repeated open, its first reply lost, keeps its epoch. Otherwise one more than that of the actor; of an actor
-- that is new, one more than any in the bucket, so that none comes back after a delete. Numbers of Lua are exact up
-- to 2^53 but print as if they were not.
if fence ~= ARGV[3] then
	local last = tonumber(redis.call('GET', KEYS[4]) or '0')
	local new = tonumber(epoch or last) + 1
	epoch = string.format('%.0f', new)
	if new > last then
		redis.call('SET', KEYS[4], epoch)
	end
	redis.call('HSET', KEYS[1], 'epoch', epoch, 'fence', ARGV[3], 'owner', ARGV[1], 'name', ARGV[2])
end

local reply = { 'ok', epoch, commit or '' }
for i = 5, #ARGV, 4000 do
	reply[#reply + 1] = redis.call('HMGET', KEYS[2], unpack(ARGV, i, math.min(i + 3999, #ARGV)))
end
return reply
