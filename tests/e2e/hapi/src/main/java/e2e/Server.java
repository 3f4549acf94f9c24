package e2e;

import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.r5.JpaR5Config;
import ca.uhn.fhir.rest.server.RestfulServer;
import java.net.InetSocketAddress;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** A HAPI FHIR JPA server on loopback: {@code -De2e.database=URL Server PORT r4|r5}. */
public class Server {
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    Class<?> release = arguments[1].equals("r5") ? JpaR5Config.class : JpaR4Config.class;
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    context.setAllowBeanDefinitionOverriding(true);
    context.register(Config.class, release);
    context.refresh();

    ServletContextHandler handler = new ServletContextHandler("/");
    handler.addServlet(new ServletHolder(context.getBean(RestfulServer.class)), "/fhir/*");
    org.eclipse.jetty.server.Server server =
        new org.eclipse.jetty.server.Server(new InetSocketAddress("127.0.0.1", port));
    server.setHandler(handler);
    server.start();
    System.out.println("ready");
    server.join();
  }
}
