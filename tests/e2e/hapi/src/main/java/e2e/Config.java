package e2e;

import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.batch2.jobs.imprt.BulkDataImportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binary.api.IBinaryStorageSvc;
import ca.uhn.fhir.jpa.binstore.MemoryBinaryStorageSvcImpl;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.dao.FulltextSearchSvcImpl;
import ca.uhn.fhir.jpa.dao.IFulltextSearchSvc;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirPostgresDialect;
import ca.uhn.fhir.jpa.provider.DaoRegistryResourceSupportedSvc;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.search.IStaleSearchDeletingSvc;
import ca.uhn.fhir.jpa.search.StaleSearchDeletingSvcImpl;
import ca.uhn.fhir.jpa.dao.search.HSearchSortHelperImpl;
import ca.uhn.fhir.jpa.dao.search.IHSearchSortHelper;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.match.config.SubscriptionProcessorConfig;
import ca.uhn.fhir.jpa.subscription.match.deliver.email.IEmailSender;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.fhir.jpa.util.ResourceCountCache;
import ca.uhn.fhir.narrative.DefaultThymeleafNarrativeGenerator;
import ca.uhn.fhir.rest.api.IResourceSupportedSvc;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.persistence.EntityManagerFactory;
import java.util.Map;
import java.util.Properties;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.transaction.annotation.EnableTransactionManagement;

/**
 * Everything that both releases need, on PostgreSQL. The settings are the defaults of the project's own starter: searches
 * are reused for a minute, references must lead somewhere, narratives are made on reading. No full text, no subscriptions.
 */
@Configuration
@EnableTransactionManagement
@Import({
    ThreadPoolFactoryConfig.class,
    JpaBatch2Config.class,
    Batch2JobsConfig.class,
    SubscriptionChannelConfig.class,
    SubscriptionProcessorConfig.class,
    SubscriptionSubmitterConfig.class
})
public class Config {
  @Bean
  public JpaStorageSettings storageSettings() {
    JpaStorageSettings settings = new JpaStorageSettings();
    settings.setReuseCachedSearchResultsForMillis(60_000L);
    settings.setExpireSearchResultsAfterMillis(60 * 60 * 1000L);
    settings.setAllowContainsSearches(true);
    settings.setAllowMultipleDelete(false);
    settings.setAllowExternalReferences(false);
    settings.setAutoCreatePlaceholderReferenceTargets(false);
    settings.setEnforceReferentialIntegrityOnWrite(true);
    settings.setEnforceReferentialIntegrityOnDelete(true);
    settings.setExpungeEnabled(true);
    settings.setFilterParameterEnabled(true);
    settings.setDefaultSearchParamsCanBeOverridden(true);
    settings.setFetchSizeDefaultMaximum(Integer.MAX_VALUE);
    settings.setResourceClientIdStrategy(JpaStorageSettings.ClientIdStrategyEnum.ALPHANUMERIC);
    settings.setBundleBatchPoolSize(100);
    return settings;
  }

  @Bean
  public PartitionSettings partitionSettings() {
    return new PartitionSettings();
  }

  @Bean
  public SubscriptionSettings subscriptionSettings() {
    return new SubscriptionSettings();
  }

  @Bean
  public IBinaryStorageSvc binaryStorage() {
    return new MemoryBinaryStorageSvcImpl();
  }

  /** As many connections as the starter keeps. */
  @Bean
  public DataSource dataSource() {
    BasicDataSource data = new BasicDataSource();
    data.setUrl(System.getProperty("e2e.database"));
    data.setMaxTotal(10);
    return data;
  }

  @Primary
  @Bean
  public LocalContainerEntityManagerFactoryBean entityManagerFactory(
      ConfigurableListableBeanFactory beans, FhirContext fhir, JpaStorageSettings settings, DataSource data) {
    Properties properties = new Properties();
    properties.put("hibernate.dialect", HapiFhirPostgresDialect.class.getName());
    properties.put("hibernate.hbm2ddl.auto", "update");
    properties.put("hibernate.jdbc.batch_size", "20");
    properties.put("hibernate.search.enabled", "false");
    LocalContainerEntityManagerFactoryBean factory =
        HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, settings);
    factory.setPersistenceUnitName("fhir");
    factory.setDataSource(data);
    factory.setJpaProperties(properties);
    return factory;
  }

  @Primary
  @Bean
  public JpaTransactionManager transactionManager(EntityManagerFactory factory) {
    return new JpaTransactionManager(factory);
  }

  @Bean
  public IFulltextSearchSvc fullText() {
    return new FulltextSearchSvcImpl();
  }

  @Bean
  public IHSearchSortHelper sortHelper(ISearchParamRegistry parameters) {
    return new HSearchSortHelperImpl(parameters);
  }

  @Bean
  public IStaleSearchDeletingSvc staleSearches() {
    return new StaleSearchDeletingSvcImpl();
  }

  @Bean
  public IEmailSender emailSender() {
    return new IEmailSender() {
      @Override
      public void send(ca.uhn.fhir.jpa.subscription.match.deliver.email.EmailDetails details) {}
    };
  }

  @Bean
  public IResourceSupportedSvc supported(DaoRegistry registry) {
    return new DaoRegistryResourceSupportedSvc(registry);
  }

  /** The CapabilityStatement asks for it by name. */
  @Bean("myResourceCountsCache")
  public ResourceCountCache resourceCounts() {
    return new ResourceCountCache(Map::of);
  }

  @Bean
  public DatabaseBackedPagingProvider paging() {
    return new DatabaseBackedPagingProvider();
  }

  @Bean
  public RestfulServer restfulServer(
      IFhirSystemDao<?, ?> system,
      ResourceProviderFactory resources,
      IJpaSystemProvider systemProvider,
      JpaStorageSettings settings,
      ISearchParamRegistry parameters,
      IValidationSupport validation,
      DatabaseBackedPagingProvider paging,
      BulkDataImportProvider bulkImport) {
    RestfulServer server = new RestfulServer(system.getContext());
    system.getContext().setNarrativeGenerator(new DefaultThymeleafNarrativeGenerator());
    server.registerProviders(resources.createProviders());
    server.registerProvider(systemProvider);
    server.registerProvider(bulkImport);
    server.setDefaultPageSize(20);
    server.setDefaultPrettyPrint(true);
    server.setPagingProvider(paging);
    server.setServerConformanceProvider(
        new JpaCapabilityStatementProvider(server, system, settings, parameters, validation));
    return server;
  }
}
