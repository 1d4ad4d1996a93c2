package io.kvsqlite.data;

import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The permissions of files with users' data: they are their owner's alone, from the
 * moment at which they exist. Where a file system has no such permissions, its own rules
 * apply.
 */
public final class OwnerOnly {

	private static final FileAttribute<?>[] NONE = {};

	private OwnerOnly() {
	}

	/**
	 * Return the attributes of a new file.
	 * @param path where it will be
	 * @return the attributes to make it with, none where there are no permissions
	 */
	public static FileAttribute<?>[] file(Path path) {
		return attributes(path, "rw-------");
	}

	/**
	 * Return the attributes of a new directory.
	 * @param path where it will be
	 * @return the attributes to make it with, none where there are no permissions
	 */
	public static FileAttribute<?>[] directory(Path path) {
		return attributes(path, "rwx------");
	}

	private static FileAttribute<?>[] attributes(Path path, String permissions) {
		if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
			return NONE;
		}
		return new FileAttribute<?>[] {
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)) };
	}

}
