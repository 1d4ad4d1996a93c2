package io.kvsqlite.data;

/**
 * What a copy or a move did.
 *
 * @param sourceId the actor that was copied
 * @param targetId the copy
 * @param bytes the size of the database in bytes
 * @param contentHash SHA-256 over the database, in hexadecimal, compared with what was
 * read back from the target
 * @param written whether anything was written: not if the target was equal already
 */
public record CopiedActor(String sourceId, String targetId, long bytes, String contentHash, boolean written) {
}
