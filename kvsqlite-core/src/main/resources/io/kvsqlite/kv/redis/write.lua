-- Applies one write, all of it or nothing.
-- KEYS  owner record, values, key order, actors of the bucket
-- ARGV  fence, commit record, new commit record, actor id, number of ranges, number of deletes;
--       then the ranges' ends in pairs, the keys to delete, keys and values to put in pairs
-- Answers ok, also when the new commit record is there already: the write was applied and its reply lost
--      or lost: another ownership is current, or none; epoch, commit record and fence that are current
--      or moved, the commit record that is current
--      or foreign, a key that is none of ours, its type
--
-- Redis does not undo what a script did before it failed. So everything that may be refused is asked first, and the
-- first change is one that Redis refuses when it is out of memory, read-only or cannot persist: after it, nothing is.

local record = redis.call('HMGET', KEYS[1], 'fence', 'commit')
if record[1] ~= ARGV[1] then
	return { 'lost', redis.call('HGET', KEYS[1], 'epoch') or '', record[2] or '', record[1] or '' }
end
local commit = record[2] or ''
if commit == ARGV[3] then
	-- A change, so that waiting for replicas on this connection means this write.
	redis.call('HSET', KEYS[1], 'commit', ARGV[3])
	return { 'ok' }
end
if commit ~= ARGV[2] then
	return { 'moved', commit }
end
-- The owner record is a hash, or nothing could have been read of it.
local values = redis.call('TYPE', KEYS[2]).ok
if values ~= 'hash' and values ~= 'none' then
	return { 'foreign', KEYS[2], values }
end
local order = redis.call('TYPE', KEYS[3]).ok
if order ~= 'zset' and order ~= 'none' then
	return { 'foreign', KEYS[3], order }
end
if commit == '' then
	local actors = redis.call('TYPE', KEYS[4]).ok
	if actors ~= 'zset' and actors ~= 'none' then
		return { 'foreign', KEYS[4], actors }
	end
end

redis.call('HSET', KEYS[1], 'commit', ARGV[3])
if commit == '' then
	redis.call('ZADD', KEYS[4], 0, ARGV[4])
end

local i = 7
for _ = 1, tonumber(ARGV[5]) do
	local from, to = '[' .. ARGV[i], '(' .. ARGV[i + 1]
	local keys = redis.call('ZRANGEBYLEX', KEYS[3], from, to)
	for k = 1, #keys, 4000 do
		redis.call('HDEL', KEYS[2], unpack(keys, k, math.min(k + 3999, #keys)))
	end
	redis.call('ZREMRANGEBYLEX', KEYS[3], from, to)
	i = i + 2
end

local puts = i + tonumber(ARGV[6])
while i < puts do
	local last = math.min(i + 3999, puts - 1)
	redis.call('HDEL', KEYS[2], unpack(ARGV, i, last))
	redis.call('ZREM', KEYS[3], unpack(ARGV, i, last))
	i = last + 1
end

while i <= #ARGV do
	local last = math.min(i + 1999, #ARGV)
	if redis.call('HSET', KEYS[2], unpack(ARGV, i, last)) > 0 then
		local order = {}
		for k = i, last, 2 do
			order[#order + 1] = '0'
			order[#order + 1] = ARGV[k]
		end
		redis.call('ZADD', KEYS[3], unpack(order))
	end
	i = last + 1
end
return { 'ok' }
