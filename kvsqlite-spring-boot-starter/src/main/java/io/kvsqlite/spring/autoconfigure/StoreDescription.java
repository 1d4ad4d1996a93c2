package io.kvsqlite.spring.autoconfigure;

/**
 * What the line at the start says of the store that was configured.
 *
 * @param place where it keeps its data: a directory, a server; without a password
 * @param durability what a commit that returned survives
 */
record StoreDescription(String place, String durability) {
}
