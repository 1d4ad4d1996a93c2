package io.kvsqlite.spring.autoconfigure.routing;

import io.kvsqlite.spring.web.ActorContextFilter;
import io.kvsqlite.spring.web.ActorResolver;
import jakarta.servlet.Filter;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The actor of a request.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ Filter.class, OncePerRequestFilter.class })
@ConditionalOnWebApplication(type = Type.SERVLET)
@ConditionalOnBean(ActorResolver.class)
class RequestConfiguration {

	/**
	 * Behind Spring Security's filter, so that a resolver knows who is logged in.
	 */
	static final int ORDER = -90;

	@Bean
	@Order(ORDER)
	@ConditionalOnMissingBean
	ActorContextFilter actorContextFilter(ActorResolver resolver) {
		return new ActorContextFilter(resolver);
	}

}
