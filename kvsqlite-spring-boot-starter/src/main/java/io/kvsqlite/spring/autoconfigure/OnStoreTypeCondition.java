package io.kvsqlite.spring.autoconfigure;

import java.util.Map;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.Assert;

/**
 * Compares {@code kvsqlite.store.type} for {@link ConditionalOnStoreType}.
 */
class OnStoreTypeCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		Map<String, Object> attributes = metadata.getAnnotationAttributes(ConditionalOnStoreType.class.getName());
		Assert.state(attributes != null, "'attributes' must not be null");
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnStoreType.class);
		StoreType type = Binder.get(context.getEnvironment()).bind("kvsqlite.store.type", StoreType.class).orElse(null);
		if (type == null) {
			return new ConditionOutcome((boolean) attributes.get("byDefault"), message.because("no type is set"));
		}
		return new ConditionOutcome(type == attributes.get("value"), message.because("the type is " + type));
	}

}
