package io.kvsqlite.sqlite;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Function;
import com.kenai.jffi.HeapInvocationBuffer;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.PageManager;
import com.kenai.jffi.Type;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The few machine instructions that stand between SQLite and our callbacks.
 *
 * <p>
 * A callback that vanishes, in an {@link Error} that strikes before its first instruction
 * for example, gives C the result 0, and 0 is SQLite's word for success. So what a
 * callback returns is not what SQLite gets: {@linkplain #guard these instructions} call
 * it and take the exclusive or of its result and {@link #MASK}. A vanished callback is
 * SQLITE_IOERR by that, whatever it was and wherever it ended, and success has to be
 * said. They keep no state, touch no memory, and do nothing else. The functions whose
 * answer is always the same {@linkplain #constant need no callback}.
 *
 * <p>
 * The page is writable first and executable then, never both: what the virtual machine
 * does for its own code, and refused where that is refused. (On aarch64 the kernel makes
 * the instruction cache agree when a page becomes executable.) Whether it became so is
 * asked of the kernel, and what it does is tried before SQLite may call it. There is none
 * on systems where it was never tried.
 */
final class MachineCode {

	/**
	 * What the result of a guarded callback is combined with: SQLITE_IOERR.
	 */
	static final int MASK = 10;

	private static final Logger logger = LoggerFactory.getLogger(MachineCode.class);

	private static final MemoryIO memory = MemoryIO.getInstance();

	private static final Path MAPPINGS = Path.of("/proc/self/maps");

	private static final int ALIGNMENT = 16;

	private final Architecture architecture;

	private final long page;

	private int used;

	private MachineCode(Architecture architecture, long page) {
		this.architecture = architecture;
		this.page = page;
	}

	/**
	 * Return room for machine code, to be {@linkplain #finish() finished}.
	 * @return the room, {@code null} on a system on which there is none
	 */
	static @Nullable MachineCode allocate() {
		Architecture architecture = Architecture.ofThisProcess();
		if (architecture == null) {
			return null;
		}
		long page = PageManager.getInstance().allocatePages(1, PageManager.PROT_READ | PageManager.PROT_WRITE);
		return (page != 0) ? new MachineCode(architecture, page) : null;
	}

	/**
	 * Add a function that calls another with the arguments it gets, at most five, none of
	 * them a floating-point number, and returns the exclusive or of its result and
	 * {@link #MASK}.
	 * @param function the address of the other
	 * @return its address
	 */
	long guard(long function) {
		return add(this.architecture.guard(function));
	}

	/**
	 * Add a function that returns a number, whatever its arguments.
	 * @param result the number, from 0 to 65,535
	 * @return its address
	 */
	long constant(int result) {
		if (result < 0 || result > 0xffff) {
			throw new IllegalArgumentException("'result' must be from 0 to 65535, but is " + result);
		}
		return add(this.architecture.constant(result));
	}

	private long add(byte[] code) {
		if (this.used + code.length > PageManager.getInstance().pageSize()) {
			throw new IllegalStateException("No room for %d bytes behind %d".formatted(code.length, this.used));
		}
		long address = this.page + this.used;
		memory.putByteArray(address, code, 0, code.length);
		this.used += (code.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
		return address;
	}

	/**
	 * Make what was added callable, and add no more.
	 * @return whether it is; if not, nothing may call it
	 */
	boolean finish() {
		NativeFunction echo = NativeFunction.of(new Echo(), "echo");
		long guarded = guard(echo.address());
		long fixed = constant(0x4321);
		PageManager.getInstance().protectPages(this.page, 1, PageManager.PROT_READ | PageManager.PROT_EXEC);
		boolean works = isExecutable(this.page) && call(guarded, 0) == MASK && call(guarded, MASK) == 0
				&& call(guarded, -1) == ~MASK && call(fixed, 1) == 0x4321;
		Reference.reachabilityFence(echo);
		if (!works) {
			logger.warn("This system does not run a page of machine code as it is: that a callback of SQLite's "
					+ "vanished in an error is noticed later, or not at all");
		}
		return works;
	}

	private static int call(long function, int argument) {
		CallContext context = new CallContext(Type.SINT32, new Type[] { Type.SINT64, Type.SINT32 },
				CallingConvention.DEFAULT, false);
		Function called = new Function(function, context);
		HeapInvocationBuffer arguments = new HeapInvocationBuffer(called);
		arguments.putLong(Long.MIN_VALUE + 1);
		arguments.putInt(argument);
		return Invoker.getInstance().invokeInt(called, arguments);
	}

	private static boolean isExecutable(long address) {
		try {
			for (String line : Files.readAllLines(MAPPINGS)) {
				int dash = line.indexOf('-');
				int space = line.indexOf(' ');
				if (dash > 0 && space > dash
						&& Long.compareUnsigned(Long.parseUnsignedLong(line.substring(0, dash), 16), address) <= 0
						&& Long.compareUnsigned(address,
								Long.parseUnsignedLong(line.substring(dash + 1, space), 16)) < 0) {
					return line.startsWith("r-x", space + 1);
				}
			}
			return false;
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("The mappings of this process cannot be read", ex);
			return false;
		}
	}

	/**
	 * Returns its second argument, if the first came through whole.
	 */
	static final class Echo {

		int echo(long first, int second) {
			return (first == Long.MIN_VALUE + 1) ? second : 77;
		}

	}

	/**
	 * The instructions of the processors that there are for.
	 */
	enum Architecture {

		X86_64 {

			@Override
			byte[] guard(long function) {
				return ByteBuffer.allocate(28)
					.order(ByteOrder.LITTLE_ENDIAN)
					.putInt(0xfa1e0ff3) // endbr64
					.putInt(0x08ec8348) // sub $8, %rsp
					.putShort((short) 0xb848) // movabs $function, %rax
					.putLong(function)
					.putShort((short) 0xd0ff) // call *%rax
					.put((byte) 0x83) // xor $MASK, %eax
					.put((byte) 0xf0)
					.put((byte) MASK)
					.putInt(0x08c48348) // add $8, %rsp
					.put((byte) 0xc3) // ret
					.array();
			}

			@Override
			byte[] constant(int result) {
				return ByteBuffer.allocate(10)
					.order(ByteOrder.LITTLE_ENDIAN)
					.putInt(0xfa1e0ff3) // endbr64
					.put((byte) 0xb8) // mov $result, %eax
					.putInt(result)
					.put((byte) 0xc3) // ret
					.array();
			}

		},

		AARCH64 {

			@Override
			byte[] guard(long function) {
				return ByteBuffer.allocate(40)
					.order(ByteOrder.LITTLE_ENDIAN)
					.putInt(0xa9bf7bfd) // stp x29, x30, [sp, #-16]!
					.putInt(0x910003fd) // mov x29, sp
					.putInt(0x580000d0) // ldr x16, the eight bytes behind ret
					.putInt(0xd63f0200) // blr x16
					.putInt(0x52800009 | MASK << 5) // mov w9, #MASK
					.putInt(0x4a090000) // eor w0, w0, w9
					.putInt(0xa8c17bfd) // ldp x29, x30, [sp], #16
					.putInt(0xd65f03c0) // ret
					.putLong(function)
					.array();
			}

			@Override
			byte[] constant(int result) {
				return ByteBuffer.allocate(8)
					.order(ByteOrder.LITTLE_ENDIAN)
					.putInt(0x52800000 | result << 5) // mov w0, #result
					.putInt(0xd65f03c0) // ret
					.array();
			}

		};

		abstract byte[] guard(long function);

		abstract byte[] constant(int result);

		static @Nullable Architecture ofThisProcess() {
			if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux")
					|| ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
				return null;
			}
			String name = System.getProperty("os.arch", "");
			if (List.of("amd64", "x86_64").contains(name)) {
				return X86_64;
			}
			return name.equals("aarch64") ? AARCH64 : null;
		}

	}

}
