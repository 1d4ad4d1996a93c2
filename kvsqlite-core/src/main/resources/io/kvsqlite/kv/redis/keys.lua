-- Lists keys of an actor in order, as of a commit.
-- KEYS  owner record, key order
-- ARGV  commit record, where to begin in the words of ZRANGEBYLEX, how many at most
-- Answers ok, keys
--      or moved, the commit record that is current

local commit = redis.call('HGET', KEYS[1], 'commit') or ''
if commit ~= ARGV[1] then
	return { 'moved', commit }
end
return { 'ok', redis.call('ZRANGEBYLEX', KEYS[2], ARGV[2], '+', 'LIMIT', 0, ARGV[3]) }
