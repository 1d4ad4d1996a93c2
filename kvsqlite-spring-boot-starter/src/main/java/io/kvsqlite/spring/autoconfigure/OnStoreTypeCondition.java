package io.kvsqlite.spring.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Compares {@code kvsqlite.store.type} for {@link ConditionalOnStoreType}.
 */
class OnStoreTypeCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		MergedAnnotation<ConditionalOnStoreType> annotation = metadata.getAnnotations()
			.get(ConditionalOnStoreType.class);
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnStoreType.class);
		StoreType type = Binder.get(context.getEnvironment()).bind("kvsqlite.store.type", StoreType.class).orElse(null);
		if (type == null) {
			return new ConditionOutcome(annotation.getBoolean("byDefault"), message.because("no type is set"));
		}
		return new ConditionOutcome(type == annotation.getEnum("value", StoreType.class),
				message.because("the type is " + type));
	}

}
