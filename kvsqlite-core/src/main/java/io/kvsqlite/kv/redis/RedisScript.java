package io.kvsqlite.kv.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;

/**
 * The Lua scripts. Each is one atomic step and one round trip; the file of the same name
 * says what it takes and what it answers.
 */
enum RedisScript {

	OPEN, READ, WRITE, RELEASE, DELETE, DELETE_OWNED, KEYS, SIZE, PROBE;

	private final byte[] source;

	private final byte[] sha;

	RedisScript() {
		String file = name().toLowerCase(Locale.ROOT) + ".lua";
		try (InputStream stream = RedisScript.class.getResourceAsStream(file)) {
			if (stream == null) {
				throw new IllegalStateException("The script '%s' is missing from the class path".formatted(file));
			}
			this.source = stream.readAllBytes();
			String sha = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(this.source));
			this.sha = sha.getBytes(StandardCharsets.US_ASCII);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-1", ex);
		}
	}

	/**
	 * Run the script, and send it along when the server has forgotten it: which it says
	 * before it has run anything.
	 */
	CompletionStage<List<Object>> run(RedisClusterAsyncCommands<byte[], byte[]> commands, byte[][] keys,
			byte[]... arguments) {
		return send(commands, CommandType.EVALSHA, this.sha, keys, arguments)
			.exceptionallyCompose((failure) -> (RedisFailure.of(failure).cause() instanceof RedisNoScriptException)
					? send(commands, CommandType.EVAL, this.source, keys, arguments)
					: CompletableFuture.failedFuture(failure));
	}

	// Lettuce's own methods for scripts copy each argument into a buffer of its own
	// before they copy it into the request; what is bytes already they need not.
	private static CompletionStage<List<Object>> send(RedisClusterAsyncCommands<byte[], byte[]> commands,
			CommandType type, byte[] script, byte[][] keys, byte[][] arguments) {
		CommandArgs<byte[], byte[]> all = new CommandArgs<>(ByteArrayCodec.INSTANCE);
		all.add(script).add(keys.length);
		for (int i = 0; i < keys.length; i++) {
			if (i == 0) {
				// tells Lettuce the slot, which is that of all keys
				all.addKey(keys[i]);
			}
			else {
				all.add(keys[i]);
			}
		}
		for (byte[] argument : arguments) {
			all.add(argument);
		}
		return commands.dispatch(type, new NestedMultiOutput<>(ByteArrayCodec.INSTANCE), all);
	}

}
