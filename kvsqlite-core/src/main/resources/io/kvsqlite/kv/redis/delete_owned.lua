-- Deletes an actor for the session that owns it. Redis frees the values in the background.
-- KEYS  owner record, values, key order, actors of the bucket, epochs of the bucket
-- ARGV  fence, actor id, 1 if an earlier attempt of this very deletion may have been run
-- Answers ok, also when the actor is gone and an earlier attempt may have done it
--      or lost: another ownership is current, or none; epoch, commit record and fence that are current
--      or unknown: another ownership is current, of this actor or of one that came after the deletion
--      or foreign, a key that is none of ours, its type

local repeated = ARGV[3] == '1'
local fence = redis.call('HGET', KEYS[1], 'fence')
if fence ~= ARGV[1] then
	if not repeated then
		local found = redis.call('HMGET', KEYS[1], 'epoch', 'commit')
		return { 'lost', found[1] or '', found[2] or '', fence or '' }
	end
	if redis.call('EXISTS', KEYS[1]) == 1 then
		return { 'unknown' }
	end
	-- A change, so that waiting for replicas on this connection means the deletion, which came before it.
	-- And a replica, which may not know of the actor yet, refuses it.
	redis.call('SET', KEYS[5], redis.call('GET', KEYS[5]) or '0')
	return { 'ok' }
end
for i, expected in ipairs({ 'hash', 'hash', 'zset', 'zset' }) do
	local found = redis.call('TYPE', KEYS[i]).ok
	if found ~= 'none' and found ~= expected then
		return { 'foreign', KEYS[i], found }
	end
end
redis.call('ZREM', KEYS[4], ARGV[2])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
return { 'ok' }
