-- Tries every command that the other scripts use, on a key of its own, so that a user without the rights for one of
-- them is turned away at the start and not in the middle of a write.
-- KEYS  a key that does not exist
-- Answers ok

local key = KEYS[1]
redis.call('SET', key, '1')
redis.call('GET', key)
redis.call('PEXPIRE', key, '60000')
redis.call('UNLINK', key)
redis.call('HSET', key, 'a', '1', 'b', '2')
redis.call('HMGET', key, 'a', 'b')
redis.call('HGET', key, 'a')
redis.call('HSTRLEN', key, 'a')
redis.call('HDEL', key, 'a')
redis.call('TYPE', key)
redis.call('EXISTS', key)
redis.call('UNLINK', key)
redis.call('ZADD', key, '0', 'a', '0', 'b', '0', 'c')
redis.call('ZRANGEBYLEX', key, '-', '+', 'LIMIT', 0, 1)
redis.call('ZREM', key, 'a')
redis.call('ZREMRANGEBYLEX', key, '[b', '(c')
redis.call('UNLINK', key)
return { 'ok' }
