package io.kvsqlite.jdbc;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;

/**
 * Makes sure of stack before a call of SQLite's code: where there is too little, the
 * {@link StackOverflowError} comes up here, where Java can unwind and nothing has begun.
 *
 * <p>
 * Java has no way to ask how much there is. But the virtual machine makes sure of a whole
 * frame when a method is entered, and beyond it of what native code may need (80 KiB on
 * most systems). So a probe is a call of a method with that many local variables, which
 * it does not use. (Compiled code takes no room for them, but makes sure of it, since it
 * may have to go on in the interpreter. That it may is what the branch is for that each
 * of the methods has and never takes.) Its cost is that of touching each page.
 *
 * <p>
 * The methods are made at run time, since no source text should have thousands of names.
 */
abstract class StackProbe {

	/**
	 * What an execution is made sure of, beyond what the virtual machine makes sure of
	 * itself. Measured: what SQLite takes to run an ordinary statement and our callback
	 * below it, in bytes.
	 */
	static final int EXECUTION = 16 << 10;

	/**
	 * What SQLite's parser and code generator take at most for a character of SQL, in
	 * bytes. Measured with expressions, compounds and chains of subqueries.
	 */
	private static final int PER_CHARACTER = 650;

	static final int MEDIUM = 128 << 10;

	/**
	 * The most that a method can ask for: it has 65,535 local variables at most.
	 */
	static final int LARGEST = (512 << 10) - Long.BYTES;

	private static final StackProbe instance = make();

	/**
	 * Make sure of stack for an execution.
	 * @throws StackOverflowError if there is too little
	 */
	static void execution() {
		instance.small(0);
	}

	/**
	 * Make sure of stack for preparing SQL, as far as that is to be seen by its length.
	 * @param length how long it is, in characters
	 * @throws StackOverflowError if there is too little
	 */
	static void preparation(int length) {
		long need = EXECUTION + (long) PER_CHARACTER * length;
		if (need <= MEDIUM) {
			instance.medium(0);
		}
		else {
			instance.large(0);
		}
	}

	StackProbe() {
	}

	abstract void small(int never);

	abstract void medium(int never);

	abstract void large(int never);

	private static StackProbe make() {
		try {
			MethodHandles.Lookup lookup = MethodHandles.lookup();
			return (StackProbe) lookup.defineHiddenClass(classFile(), true)
				.lookupClass()
				.getDeclaredConstructor()
				.newInstance();
		}
		catch (IOException | ReflectiveOperationException ex) {
			throw new IllegalStateException("The methods that probe the stack cannot be made", ex);
		}
	}

	/**
	 * Return the class file of a subclass, by the format of Java 6, which asks for no
	 * maps of its frames.
	 */
	private static byte[] classFile() throws IOException {
		String[] names = { "io/kvsqlite/jdbc/StackProbe$Frames", "io/kvsqlite/jdbc/StackProbe", "Code", "<init>", "()V",
				"(I)V", "small", "medium", "large" };
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		DataOutputStream out = new DataOutputStream(bytes);
		out.writeInt(0xcafebabe);
		out.writeInt(50);
		// constants: the names from 1, then two classes, and for each method to be called
		// a name with its type, and the method
		int thisClass = names.length + 1;
		int superClass = thisClass + 1;
		int superInit = superClass + 2;
		int firstMethod = superInit + 2;
		out.writeShort(firstMethod + 2 * 3 - 1);
		for (String name : names) {
			out.writeByte(1);
			out.writeUTF(name);
		}
		writeClass(out, 1);
		writeClass(out, 2);
		writeMethodReference(out, superClass, superInit - 1, 4, 5);
		for (int i = 0; i < 3; i++) {
			writeMethodReference(out, thisClass, firstMethod - 1 + 2 * i, 7 + i, 6);
		}
		out.writeShort(0x0030); // final super
		out.writeShort(thisClass);
		out.writeShort(superClass);
		out.writeShort(0);
		out.writeShort(0);
		out.writeShort(4);
		writeMethod(out, 4, 5, 1, new byte[] { 0x2a, (byte) 0xb7, 0, (byte) superInit, (byte) 0xb1 });
		int[] sizes = { EXECUTION, MEDIUM, LARGEST };
		for (int i = 0; i < 3; i++) {
			// if (never != 0) this.itself(never); and as many nops as keep it from being
			// made a part of its caller
			byte[] code = new byte[400];
			byte[] start = { 0x1b, (byte) 0x99, 0, 8, 0x2a, 0x1b, (byte) 0xb6, 0, (byte) (firstMethod + 2 * i) };
			System.arraycopy(start, 0, code, 0, start.length);
			code[code.length - 1] = (byte) 0xb1;
			writeMethod(out, 7 + i, 6, sizes[i] / Long.BYTES, code);
		}
		out.writeShort(0);
		return bytes.toByteArray();
	}

	private static void writeClass(DataOutputStream out, int name) throws IOException {
		out.writeByte(7);
		out.writeShort(name);
	}

	private static void writeMethodReference(DataOutputStream out, int type, int own, int name, int descriptor)
			throws IOException {
		out.writeByte(12);
		out.writeShort(name);
		out.writeShort(descriptor);
		out.writeByte(10);
		out.writeShort(type);
		out.writeShort(own);
	}

	private static void writeMethod(DataOutputStream out, int name, int descriptor, int locals, byte[] code)
			throws IOException {
		out.writeShort(0);
		out.writeShort(name);
		out.writeShort(descriptor);
		out.writeShort(1);
		out.writeShort(3);
		out.writeInt(12 + code.length);
		out.writeShort(2);
		out.writeShort(locals);
		out.writeInt(code.length);
		out.write(code);
		out.writeShort(0);
		out.writeShort(0);
	}

}
