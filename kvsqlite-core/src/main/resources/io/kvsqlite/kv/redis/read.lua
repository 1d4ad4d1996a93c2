-- Reads keys of an actor as of a commit.
-- KEYS  owner record, values
-- ARGV  the fence of the owner, or '' for a reader that is none; commit record; keys to read
-- Answers ok, values in batches
--      or lost: another ownership is current, or none; epoch, commit record and fence that are current
--      or moved, the commit record that is current

local record = redis.call('HMGET', KEYS[1], 'fence', 'commit')
if ARGV[1] ~= '' and record[1] ~= ARGV[1] then
	return { 'lost', redis.call('HGET', KEYS[1], 'epoch') or '', record[2] or '', record[1] or '' }
end
if (record[2] or '') ~= ARGV[2] then
	return { 'moved', record[2] or '' }
end
local reply = { 'ok' }
for i = 3, #ARGV, 4000 do
	reply[#reply + 1] = redis.call('HMGET', KEYS[2], unpack(ARGV, i, math.min(i + 3999, #ARGV)))
end
return reply
