package io.kvsqlite.kv.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;

/**
 * The Lua scripts. Each is one atomic step and one round trip; the file of the same name
 * says what it takes and what it answers.
 */
enum RedisScript {

	OPEN, READ, WRITE, RELEASE, DELETE, DELETE_OWNED, KEYS, SIZE, PROBE;

	private final byte[] source;

	private final String sha;

	RedisScript() {
		String file = name().toLowerCase(Locale.ROOT) + ".lua";
		try (InputStream stream = RedisScript.class.getResourceAsStream(file)) {
			if (stream == null) {
				throw new IllegalStateException("The script '%s' is missing from the class path".formatted(file));
			}
			this.source = stream.readAllBytes();
			this.sha = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(this.source));
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
		CompletionStage<List<Object>> bySha = commands.evalsha(this.sha, ScriptOutputType.MULTI, keys, arguments);
		return bySha.handle((reply, failure) -> {
			Throwable cause = (failure instanceof CompletionException) ? failure.getCause() : failure;
			if (cause instanceof RedisNoScriptException) {
				CompletionStage<List<Object>> bySource = commands.eval(this.source, ScriptOutputType.MULTI, keys,
						arguments);
				return bySource;
			}
			return (failure != null) ? CompletableFuture.<List<Object>>failedFuture(failure)
					: CompletableFuture.completedFuture(reply);
		}).thenCompose((stage) -> stage);
	}

}
