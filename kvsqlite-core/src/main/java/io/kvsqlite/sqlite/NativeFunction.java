package io.kvsqlite.sqlite;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Closure;
import com.kenai.jffi.ClosureManager;
import com.kenai.jffi.ClosureMagazine;
import com.kenai.jffi.Type;

/**
 * A method that C calls: its machine code, and what must stay reachable for it.
 *
 * <p>
 * Between C's call and the first instruction of the method is jffi's native code and the
 * virtual machine's, nothing else: no proxy in Java that could fail. An exception that
 * leaves the method is dropped there, at the latest when the next function is called, and
 * C gets 0, out of which {@link MachineCode} makes a failure.
 *
 * @param address where C calls it
 * @param reachable what is not to be collected as long as C may call it
 */
record NativeFunction(long address, List<Object> reachable) {

	/**
	 * Make a method of an object callable by C.
	 * @param target the object
	 * @param name the one method of this name, whose parameters are {@code long} and
	 * {@code int}, and its result {@code int}
	 */
	static NativeFunction of(Object target, String name) {
		Method method = method(target.getClass(), name);
		Type[] parameters = Arrays.stream(method.getParameterTypes()).map(NativeFunction::type).toArray(Type[]::new);
		CallContext context = new CallContext(type(method.getReturnType()), parameters, CallingConvention.DEFAULT,
				false);
		ClosureMagazine magazine = ClosureManager.getInstance().newClosureMagazine(context, method);
		Closure.Handle handle = magazine.allocate(target);
		if (handle == null) {
			throw new IllegalStateException("No room for the function " + name);
		}
		List<Object> reachable = new ArrayList<>(List.of(target, context, magazine, handle));
		return new NativeFunction(handle.getAddress(), reachable);
	}

	private static Method method(Class<?> type, String name) {
		for (Method method : type.getDeclaredMethods()) {
			if (method.getName().equals(name)) {
				return method;
			}
		}
		throw new IllegalArgumentException("There is no method '%s' in %s".formatted(name, type));
	}

	private static Type type(Class<?> type) {
		if (type == long.class) {
			return Type.SINT64;
		}
		if (type == int.class) {
			return Type.SINT32;
		}
		throw new IllegalArgumentException("'%s' is neither long nor int".formatted(type));
	}

}
