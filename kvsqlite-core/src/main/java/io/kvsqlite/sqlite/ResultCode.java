package io.kvsqlite.sqlite;

/**
 * The result codes of SQLite that the callbacks return.
 *
 * @see <a href="https://www.sqlite.org/rescode.html">Result and Error Codes</a>
 */
final class ResultCode {

	static final int OK = 0;

	static final int ERROR = 1;

	static final int NOTFOUND = 12;

	static final int FULL = 13;

	static final int CANTOPEN = 14;

	static final int IOERR_READ = 266;

	static final int IOERR_SHORT_READ = 522;

	static final int IOERR_WRITE = 778;

	static final int IOERR_FSYNC = 1034;

	static final int IOERR_TRUNCATE = 1546;

	static final int IOERR_FSTAT = 1802;

	static final int IOERR_DELETE = 2570;

	static final int IOERR_ACCESS = 3338;

	static final int IOERR_CLOSE = 4106;

	static final int IOERR_COMMIT_ATOMIC = 7690;

	static final int IOERR_CORRUPTFS = 8458;

	private ResultCode() {
	}

}
